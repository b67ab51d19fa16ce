"""Bodies of deleting an account, of linking a Google account and of limits (contract 14.2, own)."""

from pydantic import BaseModel, ConfigDict, Field


class Proof(BaseModel):
    """Confirms the request with the password."""

    model_config = ConfigDict(strict=True, json_schema_extra={"example": {"password": "correct horse battery"}})

    password: str = Field(
        "",
        max_length=1_024,
        description="Password of the account. One with Google sign-in alone has none: sign in again and send {}.",
    )


class Linking(BaseModel):
    """The address to open in the browser."""

    authorization_url: str


class LimitsChange(BaseModel):
    """The new limits of a tenant."""

    model_config = ConfigDict(strict=True, json_schema_extra={"example": {"concurrent_sessions": 25}})

    concurrent_sessions: int = Field(ge=0, le=1_000_000, description="Calls at the same time.")


class TenantLimits(BaseModel):
    """The limits of a tenant."""

    tenant_id: str
    concurrent_sessions: int
