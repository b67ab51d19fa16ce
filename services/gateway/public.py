"""Endpoints for pages: as whom a request is made, and whether the page may read the answer (contract 14.3, 14.12)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.gateway.credentials import Presented
from services.gateway.gateway import Gateway
from services.gateway.names import existing
from services.kit.errors import CallboxError, Code

Answer = TypeVar("Answer")

_WHAT = "The character"
# Refusals that a service gives only after the character was found and its origins were asked.
_PAST_ORIGIN = frozenset(
    {Code.VALIDATION_FAILED, Code.CONFLICT, Code.RATE_LIMITED, Code.CONCURRENCY_LIMIT_REACHED, Code.AT_CAPACITY}
)


@dataclass(frozen=True)
class Asked(Generic[Answer]):
    """What came of a request. readable_by: origin whose pages may read it, if any."""

    answer: Answer | CallboxError
    readable_by: str | None = None


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
