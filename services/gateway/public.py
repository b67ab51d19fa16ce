"""Endpoints for pages: as whom a request is made, and whether the page may read the answer (contract 14.3, 14.12)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from callbox.characters.v1 import appearance_pb2

from services.gateway.credentials import Presented
from services.gateway.gateway import Gateway
from services.kit.client import call
from services.kit.errors import CallboxError, Code

Answer = TypeVar("Answer")


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
    """Sends a request as who asks.

    A key or access token that is presented must be good. An access token of somebody else than the owner counts as none
    when there is an `Origin`. Without either, the origin must be listed. send: takes an identity token.
    """
    try:
        if credential is None:
            return await _as_visitor(gateway, origin, send)
        caller = await gateway.credentials.exchange(credential)
        readable_by = origin if origin and not caller.by_key and await _is_listed(gateway, agent, origin) else None
        try:
            return Asked(await send(caller.token), readable_by)
        except CallboxError as error:
            if origin and not caller.by_key and error.code is Code.NOT_FOUND:
                return await _as_visitor(gateway, origin, send)
            return Asked(error, readable_by)
    except CallboxError as error:
        return Asked(error)


async def _as_visitor(gateway: Gateway, origin: str | None, send: Callable[[str], Awaitable[Answer]]) -> Asked[Answer]:
    token = gateway.visitors.token(origin)
    try:
        return Asked(await send(token), origin)
    except CallboxError as error:
        # Everything else that is refused is refused after the origin was found good.
        past_origin = error.code in (Code.VALIDATION_FAILED, Code.CONFLICT, Code.RATE_LIMITED)
        return Asked(error, origin if past_origin else None)


async def _is_listed(gateway: Gateway, agent: str, origin: str) -> bool:
    try:
        request = appearance_pb2.GetAppearanceRequest(agent=agent)
        await call(gateway.backends.appearance.GetAppearance, request, identity=gateway.visitors.token(origin))
    except CallboxError:
        return False
    return True
