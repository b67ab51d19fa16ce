"""What the routes work with, and the dependencies that hand it to them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from services.gateway.backends import Backends
from services.gateway.credentials import Caller, Credentials, presented
from services.gateway.visitor import Visitors
from services.kit.errors import CallboxError, Code
from services.kit.identity import Signer

_bearer = HTTPBearer(
    auto_error=False, scheme_name="access token", bearerFormat="JWT", description="`access` of /api/auth/login/."
)
_api_key = APIKeyHeader(
    name="X-API-Key", auto_error=False, scheme_name="API key", description="A key of /api/auth/api-keys/, `sk_…`."
)


@dataclass(frozen=True)
class Gateway:
    """The services behind, how callers are known to them, and the gateway's own signature."""

    backends: Backends
    credentials: Credentials
    visitors: Visitors
    signer: Signer


def gateway_of(request: Request) -> Gateway:
    """The gateway that serves this request."""
    gateway = request.app.state.gateway
    assert isinstance(gateway, Gateway)
    return gateway


async def _gateway(request: Request) -> Gateway:
    # A dependency that is no coroutine costs each request a turn in a thread.
    return gateway_of(request)


async def required_caller(request: Request) -> Caller:
    """Who asks, by API key or access token.

    Raises: CallboxError `not_authenticated`, `token_expired`.
    """
    credential = presented(request)
    if credential is None:
        raise CallboxError(
            Code.NOT_AUTHENTICATED,
            "Sign in first: send `Authorization: Bearer <access>` or an `X-API-Key` header.",
        )
    return await gateway_of(request).credentials.exchange(credential)


# FastAPI documents a security scheme by depending on it; who is let in is decided by `required_caller`.
documented = [Depends(_api_key), Depends(_bearer)]
documented_token_only = [Depends(_bearer)]

GatewayOf = Annotated[Gateway, Depends(_gateway)]
CallerOf = Annotated[Caller, Depends(required_caller)]
