"""Bodies of accounts and credentials (contract 1.2, 1.4, 14.2, 14.12)."""

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

    # Judged by accounts, with the address.
    password: str = Field(max_length=1_024, description="10 to 1,024 characters.", json_schema_extra={"minLength": 10})


class Refresh(BaseModel):
    """A refresh token."""

    model_config = ConfigDict(strict=True)

    refresh: str = Field(min_length=1, max_length=1_024)


class Tokens(BaseModel):
    """`access` lives 10 days; `refresh` lives 30 days and is good for one use."""

    access: str = Field(description="For `Authorization: Bearer`.")
    refresh: str = Field(description="For /api/auth/refresh/; using one twice revokes its whole family.")


class User(BaseModel):
    """A person who can sign in."""

    id: int
    email: str
    tenant_id: str
    is_staff: bool
    created_at: datetime


class SignedUp(Tokens):
    """The new user and their first tokens."""

    user: User


class Limits(BaseModel):
    """What the tenant may use at one moment."""

    concurrent_sessions: int


class Me(User):
    """The user who asks."""

    limits: Limits


class NewApiKey(BaseModel):
    """A key to make."""

    model_config = ConfigDict(strict=True, json_schema_extra={"example": {"name": "Backend of the shop"}})

    name: str = Field(min_length=1, max_length=100, description="Human label.")
    is_active: bool = Field(True, description="False makes a key that does not authenticate.")


class ApiKeyChange(BaseModel):
    """What to change; a field that is not sent stays as it is."""

    model_config = ConfigDict(strict=True, json_schema_extra={"example": {"is_active": False}})

    name: str = Field("", min_length=1, max_length=100)
    is_active: bool = True


class ApiKey(BaseModel):
    """A key without its value."""

    id: str
    name: str
    key_preview: str = Field(description="First five and last four characters.", examples=["sk_a1...6789"])
    is_active: bool
    last_used_at: datetime | None = Field(description="Latest request the key authenticated; null if never.")
    created_at: datetime


class ApiKeyWithValue(ApiKey):
    """A new key with its value, which is shown this once."""

    key: str = Field(examples=["sk_" + "0123456789abcdef" * 4])
