"""Bodies of users, tokens and API keys (contract 1.2, 1.4, 14.2, 14.12)."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class SignIn(BaseModel):
    """E-mail address and password."""

    model_config = ConfigDict(
        strict=True, json_schema_extra={"example": {"email": "ada@shop.example", "password": "correct horse battery"}}
    )

    email: str = Field(max_length=254)
    password: str = Field(max_length=1_024)


class SignUp(SignIn):
    """E-mail address and password of a new account."""

    # Accounts checks it, because the rule depends on the e-mail address too.
    password: str = Field(max_length=1_024, description="10 to 1,024 characters.", json_schema_extra={"minLength": 10})


class Refresh(BaseModel):
    """A refresh token."""

    model_config = ConfigDict(strict=True)

    refresh: str = Field(min_length=1, max_length=1_024)


class Tokens(BaseModel):
    """`access` is valid for 10 days, `refresh` for 30 days and one use."""

    access: str = Field(description="For `Authorization: Bearer`.")
    refresh: str = Field(
        description="For /api/auth/refresh/. Using one twice revokes it and all tokens that came from it."
    )


class User(BaseModel):
    """A person who can log in."""

    id: int
    email: str
    tenant_id: str
    is_staff: bool
    created_at: datetime


class SignedUp(Tokens):
    """The new user and their first tokens."""

    user: User


class Limits(BaseModel):
    """What a tenant may use at the same time."""

    concurrent_sessions: int


class Me(User):
    """The user of the credential."""

    limits: Limits


class NewApiKey(BaseModel):
    """An API key to create."""

    model_config = ConfigDict(strict=True, json_schema_extra={"example": {"name": "Backend of the shop"}})

    name: str = Field(min_length=1, max_length=100, description="A label for people.")
    is_active: bool = Field(True, description="False creates a key that does not authenticate.")


class ApiKeyChange(BaseModel):
    """The fields to change. A field that you do not send stays as it is."""

    model_config = ConfigDict(strict=True, json_schema_extra={"example": {"is_active": False}})

    name: str = Field("", min_length=1, max_length=100)
    is_active: bool = True


class ApiKey(BaseModel):
    """An API key without its value."""

    id: str
    name: str
    key_preview: str = Field(description="The first five and last four characters.", examples=["sk_a1...6789"])
    is_active: bool
    last_used_at: datetime | None = Field(description="Time of the latest request with this key; null if never.")
    created_at: datetime


class ApiKeyWithValue(ApiKey):
    """A new API key with its value, which is shown only now."""

    key: str = Field(examples=["sk_" + "0123456789abcdef" * 4])
