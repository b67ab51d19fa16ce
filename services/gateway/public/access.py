"""Endpoints for pages: as whom a request is made, and whether the page may read the answer (contract 14.3, 14.12)."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, Never, TypeVar

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.answers.errors import answer, of_fields
from services.gateway.gateway import Gateway, gateway_of
from services.gateway.public import cors
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.credentials import Presented, presented
from services.gateway.requests.path_names import existing
from services.kit.errors import CallboxError, Code
from services.kit.rpc import context

Answer = TypeVar("Answer")

_WHAT = "The character"
# Who starts a call is answered or refused within a second, a body that is no good included.
_REFUSING_SECONDS = 0.9
# Refusals that come only after the character was found and its origins were asked.
_PAST_ORIGIN = frozenset(
    {
        Code.INVALID_REQUEST,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.PAYLOAD_TOO_LARGE,
        Code.VALIDATION_FAILED,
        # Of what is the character's own: a form.
        Code.NOT_FOUND,
        Code.CONFLICT,
        Code.RATE_LIMITED,
        Code.CONCURRENCY_LIMIT_REACHED,
        Code.AT_CAPACITY,
    }
)


@dataclass(frozen=True)
class Asked(Generic[Answer]):
    """What came of a request. readable_by: origin whose pages may read it, if any."""

    answer: Answer | CallboxError
    readable_by: str | None = None


class PublicRoute(StrictBodyRoute):
    """A route for pages, which may read what is wrong with their body as they may read any other refusal.

    The character is the `slug` of the path, else the `agent` of the body.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with faults of the body answered for who asks."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except CallboxError as fault:
                # Whoever sends it: what is no JSON object is said first.
                asked = await _judged(request, request.path_params.get("slug"), fault)
                return cors.mark(answer(fault), asked.readable_by if asked.answer is fault else None)
            except RequestValidationError as fault:
                refusal = of_fields(fault)
                known = "agent" not in refusal.fields
                agent = request.path_params.get("slug") or (fault.body["agent"] if known else None)
                asked = await _judged(request, agent, refusal)
                return cors.mark(answer(asked.answer), asked.readable_by)

        return handle


async def _judged(request: Request, agent: str | None, fault: CallboxError) -> Asked[Never]:
    """A fault of a request, unless its credential or its origin is no good: then that.

    agent: None when the request does not tell; then no page may read the fault.
    """
    context.set_deadline(_REFUSING_SECONDS)
    gateway, credential, origin = gateway_of(request), presented(request), request.headers.get("origin")

    if agent is not None:
        name = agent

        async def refuse(_: str) -> Never:
            if credential is None and origin:
                # No service will judge the page again.
                await gateway.gates.check(existing(name, _WHAT), origin, as_of_now=True)
            raise fault

        return await ask(gateway, agent, credential, origin, refuse)
    try:
        if credential is None:
            gateway.visitors.token(origin)
        else:
            await gateway.credentials.exchange(credential)
    except CallboxError as error:
        return Asked(error)
    return Asked(fault)


async def ask(
    gateway: Gateway,
    agent: str,
    credential: Presented | None,
    origin: str | None,
    send: Callable[[str], Awaitable[Answer]],
) -> Asked[Answer]:
    """Sends a request about a character as who asks.

    A key or access token that is presented must be good. An access token of somebody else than the owner counts as none
    when there is an `Origin`. Without either, the origin must be listed. send: takes an identity token.
    """
    try:
        if credential is None:
            return await _as_visitor(gateway, agent, origin, send)
        caller = await gateway.credentials.exchange(credential)
        readable_by = origin if origin and not caller.by_key and await _is_listed(gateway, agent, origin) else None
        try:
            return Asked(await send(caller.token), readable_by)
        except CallboxError as error:
            if origin and not caller.by_key and error.code is Code.NOT_FOUND:
                return await _as_visitor(gateway, agent, origin, send)
            return Asked(error, readable_by)
    except CallboxError as error:
        return Asked(error)


async def _as_visitor(
    gateway: Gateway, agent: str, origin: str | None, send: Callable[[str], Awaitable[Answer]]
) -> Asked[Answer]:
    token = await _at_the_door(gateway, agent, origin)
    try:
        return Asked(await send(token), origin)
    except CallboxError as error:
        return Asked(error, origin if error.code in _PAST_ORIGIN else None)


async def _at_the_door(gateway: Gateway, agent: str, origin: str | None) -> str:
    """The identity token of a visitor whose page may go on.

    Raises: CallboxError `not_found`, `origin_not_allowed`, `upstream_unavailable`.
    """
    token = gateway.visitors.token(origin)
    if origin:
        await gateway.gates.check(existing(agent, _WHAT), origin)
    return token


async def _is_listed(gateway: Gateway, agent: str, origin: str) -> bool:
    try:
        await _at_the_door(gateway, agent, origin)
    except CallboxError:
        return False
    return True
