"""Public endpoints: whose identity a request gets, and whether a page may read the answer (contract 14.3, 14.12)."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, Never, TypeVar

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.answers.errors import error_response, validation_error
from services.gateway.gateway import Gateway, gateway_of
from services.gateway.public import cors
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.credentials import Credential, credential_of
from services.gateway.requests.path_names import require_name
from services.kit.errors import CallboxError, Code
from services.kit.net.origins import normalised
from services.kit.rpc import context

Answer = TypeVar("Answer")

_WHAT = "The character"
# A request to start a call is answered within a second, also when its body is wrong.
_REFUSAL_SECONDS = 0.9
# Errors that can only come after the service found the character and checked the origin.
_AFTER_ORIGIN_CHECK = frozenset(
    {
        Code.INVALID_REQUEST,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.PAYLOAD_TOO_LARGE,
        Code.VALIDATION_FAILED,
        # Not of the character: of one of its forms.
        Code.NOT_FOUND,
        Code.CONFLICT,
        Code.RATE_LIMITED,
        Code.CONCURRENCY_LIMIT_REACHED,
        Code.AT_CAPACITY,
    }
)


@dataclass(frozen=True)
class Outcome(Generic[Answer]):
    """An answer or an error. readable_by: the origin whose pages may read it, if any."""

    answer: Answer | CallboxError
    readable_by: str | None = None


class PublicRoute(StrictBodyRoute):
    """A public route: a page that may read its answers may also read the errors of its request body.

    The character is the `slug` of the path, else the `agent` of the body.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler; answers errors of the body with the CORS headers that the caller is due."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except CallboxError as error:
                # A body that is not a JSON object is reported even to a caller whose credential is wrong.
                outcome = await _check_caller(request, request.path_params.get("slug"), error)
                readable_by = outcome.readable_by if outcome.answer is error else None
                return cors.allow_origin(error_response(error), readable_by)
            except RequestValidationError as invalid:
                refusal = validation_error(invalid)
                names_agent = "agent" not in refusal.fields
                agent = request.path_params.get("slug") or (invalid.body["agent"] if names_agent else None)
                outcome = await _check_caller(request, agent, refusal)
                return cors.allow_origin(error_response(outcome.answer), outcome.readable_by)

        return handle


async def _check_caller(request: Request, agent: str | None, error: CallboxError) -> Outcome[Never]:
    """The error of a request body, or the error of the credential or origin if that is wrong too.

    agent: None when the request does not name one; then no page may read the error.
    """
    context.set_deadline(_REFUSAL_SECONDS)
    gateway, credential, origin = gateway_of(request), credential_of(request), request.headers.get("origin")

    if agent is not None:
        name = agent

        async def refuse(_: str) -> Never:
            if credential is None and origin:
                # No service checks the origin after this, so a cached list will not do.
                await gateway.origin_cache.check(require_name(name, _WHAT), origin, fresh=True)
            raise error

        return await send_as_caller(gateway, agent, credential, origin, refuse)
    try:
        if credential is None:
            gateway.visitor_tokens.token(origin)
        else:
            await gateway.credentials.exchange(credential)
    except CallboxError as refusal:
        return Outcome(refusal, _reader_of(refusal, origin))
    return Outcome(error)


def page_origin(request: Request) -> str | None:
    """The origin of the page that sends a GET.

    A browser sends no `Origin` when a page reads from its own origin, but says so, and names the page.
    """
    if "origin" not in request.headers and request.headers.get("sec-fetch-site") == "same-origin":
        return normalised(request.headers.get("referer", ""))
    return request.headers.get("origin")


async def send_as_caller(
    gateway: Gateway,
    agent: str,
    credential: Credential | None,
    origin: str | None,
    send: Callable[[str], Awaitable[Answer]],
) -> Outcome[Answer]:
    """Sends a request about a character with the identity of the caller.

    A credential that is sent must be valid. With an `Origin`, the access token of somebody who is not the owner counts
    as no credential. Without a credential, the character must list the origin. send: takes an identity token.
    """
    try:
        if credential is None:
            return await _send_as_visitor(gateway, agent, origin, send)
        caller = await gateway.credentials.exchange(credential)
        readable_by = origin if origin and not caller.by_key and await _is_allowed(gateway, agent, origin) else None
        try:
            return Outcome(await send(caller.token), readable_by)
        except CallboxError as error:
            if origin and not caller.by_key and error.code is Code.NOT_FOUND:
                return await _send_as_visitor(gateway, agent, origin, send)
            return Outcome(error, readable_by)
    except CallboxError as error:
        return Outcome(error, _reader_of(error, origin))


async def _send_as_visitor(
    gateway: Gateway, agent: str, origin: str | None, send: Callable[[str], Awaitable[Answer]]
) -> Outcome[Answer]:
    token = await _admit_visitor(gateway, agent, origin)
    try:
        return Outcome(await send(token), origin)
    except CallboxError as error:
        return Outcome(error, origin if error.code in _AFTER_ORIGIN_CHECK else _reader_of(error, origin))


def _reader_of(error: CallboxError, origin: str | None) -> str | None:
    """The origin whose pages may read an error that came before or with the check of the origin.

    A page may read that its origin is not listed; this says nothing about the character (contract 14.13).
    """
    return origin if error.code is Code.ORIGIN_NOT_ALLOWED else None


async def _admit_visitor(gateway: Gateway, agent: str, origin: str | None) -> str:
    """The identity token of a visitor whose page the character lists.

    Raises: CallboxError `not_found`, `origin_not_allowed`, `upstream_unavailable`.
    """
    token = gateway.visitor_tokens.token(origin)
    if origin:
        await gateway.origin_cache.check(require_name(agent, _WHAT), origin)
    return token


async def _is_allowed(gateway: Gateway, agent: str, origin: str) -> bool:
    try:
        await _admit_visitor(gateway, agent, origin)
    except CallboxError:
        return False
    return True
