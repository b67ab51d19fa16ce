"""What the routes work with, and the dependencies that hand it to them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from services.gateway.answers.envelope import ORIGIN
from services.gateway.backends import Backends
from services.gateway.public.origin_cache import Gates
from services.gateway.public.visitor import Visitors
from services.gateway.requests.client_address import Network, client_address
from services.gateway.requests.credentials import Caller, Credentials, Presented, presented
from services.gateway.requests.upload import Uploads
from services.kit.catalogue_file import CatalogueFile
from services.kit.errors import CallboxError, Code
from services.kit.identity import Signer

_bearer = HTTPBearer(
    auto_error=False, scheme_name="accessToken", bearerFormat="JWT", description="`access` of /api/auth/login/."
)
_api_key = APIKeyHeader(
    name="X-API-Key", auto_error=False, scheme_name="apiKey", description="A key of /api/auth/api-keys/, `sk_…`."
)
_origin = APIKeyHeader(
    name="Origin",
    auto_error=False,
    scheme_name=ORIGIN,
    description="No credential: what a browser sends of the page, which must be in the character's `allowed_origins`.",
)


@dataclass(frozen=True)
class Gateway:
    """The services behind, how callers are known to them, the gateway's own signature, the voice catalogue, and whom it
    believes where a request comes from.

    closing: set when the gateway is to stop; answers without an end end then.
    """

    backends: Backends
    credentials: Credentials
    visitors: Visitors
    signer: Signer
    catalogue: CatalogueFile
    gates: Gates
    trusted_proxies: tuple[Network, ...] = ()
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    uploads: Uploads = field(default_factory=Uploads)


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
    return await gateway_of(request).credentials.exchange(required_credential(request))


def required_credential(request: Request) -> Presented:
    """The credential of a request, not yet believed.

    Raises: CallboxError `not_authenticated` when there is none.
    """
    credential = presented(request)
    if credential is None:
        raise CallboxError(
            Code.NOT_AUTHENTICATED,
            "Sign in first: send `Authorization: Bearer <access>` or an `X-API-Key` header.",
        )
    return credential


async def required_token(request: Request) -> str:
    """The access token of a request that no API key will do for, good when it came in.

    Raises: CallboxError `not_authenticated`, `permission_denied` for a key.
    """
    credential = required_credential(request)
    if credential.by_key:
        raise CallboxError(Code.PERMISSION_DENIED, "An API key will not do for this; sign in and use the access token.")
    return credential.value


def address_of(request: Request) -> str:
    """The address of the client."""
    peer = request.client.host if request.client else ""
    return client_address(peer, request.headers.getlist("x-forwarded-for"), gateway_of(request).trusted_proxies)


async def changes_gates(request: Request) -> AsyncIterator[None]:
    """A dependency of routes that may change what a character allows."""
    try:
        yield
    finally:
        if request.method != "GET":
            gateway_of(request).gates.forget()


# Before the answer is sent, so that who has it finds the change in force.
forgets_gates = Depends(changes_gates, scope="function")
# FastAPI documents a security scheme by depending on it; who is let in is decided by `required_caller`.
documented = [Depends(_api_key), Depends(_bearer)]
documented_token_only = [Depends(_bearer)]
documented_public = [*documented, Depends(_origin)]


async def _address(request: Request) -> str:
    return address_of(request)


async def _credential(request: Request) -> Presented:
    return required_credential(request)


GatewayOf = Annotated[Gateway, Depends(_gateway)]
AddressOf = Annotated[str, Depends(_address)]
CredentialOf = Annotated[Presented, Depends(_credential)]
TokenOf = Annotated[str, Depends(required_token)]
CallerOf = Annotated[Caller, Depends(required_caller)]
