"""The parts that routes use, and the FastAPI dependencies that give them to a route."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from services.gateway.answers.envelope import ORIGIN
from services.gateway.backends import Backends
from services.gateway.public.origin_cache import OriginCache
from services.gateway.public.visitor_tokens import VisitorTokens
from services.gateway.requests.client_address import Network, client_address
from services.gateway.requests.credentials import Caller, Credential, CredentialExchange, credential_of
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
    description="No credential: the browser sends the origin of the page, which must be in `allowed_origins`.",
)


@dataclass(frozen=True)
class Gateway:
    """The parts of a gateway.

    signer: signs as the gateway itself. trusted_proxies: whose `X-Forwarded-For` is believed. closing: set when the
    gateway stops; event streams end then.
    """

    backends: Backends
    credentials: CredentialExchange
    visitor_tokens: VisitorTokens
    signer: Signer
    catalogue: CatalogueFile
    origin_cache: OriginCache
    trusted_proxies: tuple[Network, ...] = ()
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    uploads: Uploads = field(default_factory=Uploads)


def gateway_of(request: Request) -> Gateway:
    """The gateway that serves this request."""
    gateway = request.app.state.gateway
    assert isinstance(gateway, Gateway)
    return gateway


async def _gateway(request: Request) -> Gateway:
    # A coroutine, because FastAPI runs other dependencies in a thread.
    return gateway_of(request)


async def required_caller(request: Request) -> Caller:
    """The caller, by API key or access token.

    Raises: CallboxError `not_authenticated`, `token_expired`.
    """
    return await gateway_of(request).credentials.exchange(required_credential(request))


def required_credential(request: Request) -> Credential:
    """The credential of a request, not verified.

    Raises: CallboxError `not_authenticated` when there is none.
    """
    credential = credential_of(request)
    if credential is None:
        raise CallboxError(
            Code.NOT_AUTHENTICATED,
            "Sign in first: send `Authorization: Bearer <access>` or an `X-API-Key` header.",
        )
    return credential


async def required_token(request: Request) -> str:
    """The access token of a request that does not work with an API key, not verified.

    Raises: CallboxError `not_authenticated`, `permission_denied` for a key.
    """
    credential = required_credential(request)
    if credential.by_key:
        raise CallboxError(
            Code.PERMISSION_DENIED, "This does not work with an API key; sign in and send the access token."
        )
    return credential.value


def address_of(request: Request) -> str:
    """The IP address of the client."""
    peer = request.client.host if request.client else ""
    return client_address(peer, request.headers.getlist("x-forwarded-for"), gateway_of(request).trusted_proxies)


async def _clear_origin_cache(request: Request) -> AsyncIterator[None]:
    """Runs with routes that may change the allowed origins of a character."""
    try:
        yield
    finally:
        if request.method != "GET":
            gateway_of(request).origin_cache.clear()


# Before the response is sent, so that a client that has it finds its change in force.
clears_origin_cache = Depends(_clear_origin_cache, scope="function")
# FastAPI documents a security scheme for a route that depends on it. `required_caller` is what checks the credential.
documented = [Depends(_api_key), Depends(_bearer)]
documented_token_only = [Depends(_bearer)]
documented_public = [*documented, Depends(_origin)]


async def _address(request: Request) -> str:
    return address_of(request)


async def _credential(request: Request) -> Credential:
    return required_credential(request)


GatewayOf = Annotated[Gateway, Depends(_gateway)]
AddressOf = Annotated[str, Depends(_address)]
CredentialOf = Annotated[Credential, Depends(_credential)]
TokenOf = Annotated[str, Depends(required_token)]
CallerOf = Annotated[Caller, Depends(required_caller)]
