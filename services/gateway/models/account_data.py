"""Bodies of a user's departure, of linking a sign-in and of limits (contract 14.2, own)."""

from pydantic import BaseModel, ConfigDict, Field


class Proof(BaseModel):
    """Proves once more who asks."""

    model_config = ConfigDict(strict=True, json_schema_extra={"example": {"password": "correct horse battery"}})

    password: str = Field(
        "",
        max_length=1_024,
        description="Of the account. One that signs in with Google alone has none: sign in there anew and send {}.",
    )


class Linking(BaseModel):
    """Where to send the browser."""

    authorization_url: str


class LimitsChange(BaseModel):
    """New limits of a tenant."""

    model_config = ConfigDict(strict=True, json_schema_extra={"example": {"concurrent_sessions": 25}})

    concurrent_sessions: int = Field(ge=0, le=1_000_000, description="Calls under way at the same moment.")


class TenantLimits(BaseModel):
    """Limits of a tenant."""

    tenant_id: str
    concurrent_sessions: int
