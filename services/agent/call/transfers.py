"""Hands a call over to other characters while it goes on."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

import structlog

from services.agent.call.cast import Cast
from services.agent.call.conversation import Conversation
from services.agent.moments import HandedOver, TurnBegan
from services.agent.tools.handoff import handoff_tools
from services.agent.tools.tool import Outcome, Tool, failure
from services.kit.errors import CallboxError, Code
from services.kit.tasks import end

# Characters that send a call round in a circle are stopped by these.
_MAX_IN_TURN, _MAX_IN_CALL = 3, 20
_log = structlog.get_logger(__name__)

# Makes the character of a slug ready. Raises: CallboxError.
MakeReady = Callable[[str], Awaitable[Cast]]


class Transfers:
    """The handovers of one call."""

    def __init__(self, make_ready: MakeReady) -> None:
        self._make_ready = make_ready
        self._conversation: Conversation | None = None
        self._in_turn = self._in_call = 0
        self._under_way: asyncio.Task[None] | None = None

    def tools(self, targets: Iterable[str]) -> list[Tool]:
        """The functions of a character that may hand the call over. targets: slugs."""
        return handoff_tools(targets, self._hand_over)

    def follow(self, conversation: Conversation) -> None:
        """Sets the conversation that is handed over, before it runs."""
        self._conversation = conversation
        conversation.moments.turn_began.add(self._on_turn)

    async def close(self) -> None:
        """Cancels a handover that is under way."""
        if self._under_way is not None:
            await end(self._under_way)

    def _on_turn(self, event: TurnBegan) -> None:
        if not event.continued:
            self._in_turn = 0

    async def _hand_over(self, slug: str, reason: str) -> Outcome:
        conversation = self._conversation
        if conversation is None or (self._under_way is not None and not self._under_way.done()):
            return failure("busy", "The call is being handed over already. Say nothing more.")
        if self._in_turn >= _MAX_IN_TURN or self._in_call >= _MAX_IN_CALL:
            return failure("too_many_handoffs", "The call was handed over too often. Help the caller yourself.")
        try:
            cast = await self._make_ready(slug)
        except CallboxError as fault:
            _log.warning("the call cannot be handed over", target=slug, code=fault.code)
            if fault.code is Code.NOT_FOUND:
                return failure("not_found", f"{slug} is not there any more. Tell the caller, and help them yourself.")
            return failure("unavailable", f"{slug} cannot be reached now. Tell the caller, and help them yourself.")
        self._in_turn += 1
        self._in_call += 1
        said_goodbye = conversation.has_said_something
        self._under_way = asyncio.create_task(self._switch(conversation, cast, reason), name=f"hand over to {slug}")
        told = f"The call goes to {cast.name or slug} when you have spoken. Tell the caller so in one short sentence."
        return Outcome("" if said_goodbye else told, is_last=said_goodbye)

    async def _switch(self, conversation: Conversation, cast: Cast, reason: str) -> None:
        before = conversation.cast
        why = f" The reason: {reason}" if reason else ""
        note = f"You have taken over this call from {before.name or before.slug or 'a colleague'}.{why}"
        try:
            await conversation.hand_over(replace(cast, prompt=f"{cast.prompt}\n\n{note}"))
        except (TimeoutError, RuntimeError) as fault:
            # The call has ended meanwhile, or the session hangs.
            _log.warning("the call was not handed over", target=cast.slug, fault=repr(fault))
            return
        conversation.moments.handed_over.tell(HandedOver(before.slug, cast.slug, reason))
