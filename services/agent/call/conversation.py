"""One caller's conversation with a character, independent of the transport: a LiveKit room, or text only in a test."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import get_args

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import ConversationItemAddedEvent, FunctionToolsExecutedEvent, llm

from services.agent.call.cast import Cast
from services.agent.call.ending import Ending
from services.agent.call.ports import Clients, Journal, Live, Sound
from services.agent.call.scribe import Scribe
from services.agent.client.messages import Error, State, UserText
from services.agent.moments import Ended, Joined, Moments, Reason, ReplySpoken, ToolCalled, TurnBegan, TurnComplete
from services.agent.speech.phrases import Line
from services.agent.thinking.reading_ahead import ReadingAhead, opening
from services.agent.turns.greeting import Greeting
from services.agent.turns.guard import TurnGuard
from services.agent.turns.memory import Memory
from services.agent.turns.persona import Persona
from services.agent.turns.replies import Replies
from services.agent.turns.turn_taking import TurnTaking, make_session
from services.agent.turns.typed import TypedMessages

_PUBLISH_SECONDS = 1.0
_FAREWELL_SECONDS = 6.0
# Longest wait for the end of the current reply and for the new character's engines.
_CHANGE_SECONDS = 60.0
# Longest wait for the session to close, with a turn that was cut off. A session that hangs longer is abandoned.
_CLOSE_SECONDS = 3.0
_FAREWELLS = {pb.END_REASON_MAX_CALL_SECONDS: Line.TIME_IS_UP, pb.END_REASON_IDLE_TIMEOUT: Line.STILL_THERE}
_NOTICES = {
    pb.END_REASON_ERROR: "The agent has lost its connection; start a new call.",
    pb.END_REASON_AGENT_LOST: "The agent had to stop; start a new call.",
}
_STATES = get_args(State.model_fields["state"].annotation)
_ENGINE_ERRORS = ("llm_error", "stt_error", "tts_error")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Limits:
    """Time limits in seconds. For a call and for silence, 0 means no limit."""

    turn_seconds: float = 35.0
    call_seconds: float = 0.0
    idle_seconds: float = 0.0


class Conversation:
    """A claimed call, without its transport.

    sound, turns: None for a text-only conversation. Optional parts register at `moments` before `run`.
    """

    def __init__(
        self,
        cast: Cast,
        clients: Clients,
        journal: Journal,
        live: Live,
        limits: Limits,
        sound: Sound | None = None,
        turns: TurnTaking | None = None,
    ) -> None:
        self.cast = cast
        self.moments = Moments()
        self.ending = Ending()
        self._clients = clients
        self._live = live
        self._limits = limits
        self._sound = sound
        self._state = ""
        self._in_charge = asyncio.Event()
        self._memory = Memory()
        self._reading = ReadingAhead()
        self._session = make_session(turns)
        self._scribe = Scribe(clients, journal, live, lambda: self._persona.generation, lambda: self.cast.llm_provider)
        self._replies = Replies(self._scribe.speaking)
        self._typed = TypedMessages(self._session, self._on_typed_turn, self._on_typed_turn_complete)
        self._persona = self._persona_of(cast, None)
        self._guard = TurnGuard(self._session, lambda: self.cast.lines, self._on_failure, limits.turn_seconds)
        self._greeting = Greeting(cast.greeting, cast.voice)

    async def run(self, caller_joined: Callable[[], Awaitable[bool]]) -> None:
        """Prepares, waits for the caller, holds the conversation, and stores how it ended.

        caller_joined: returns True when the caller is there, or False when the caller will not come.
        """
        reason: Reason | None = None
        try:
            await self._prepare()
            if not await caller_joined():
                return
            self._begin()
            reason = await self.ending.reason
            _log.info("call ends", reason=pb.EndReason.Name(reason))
            await self._part(reason)
        except asyncio.CancelledError:
            reason = pb.END_REASON_AGENT_LOST
            await self._part(reason)
            raise
        finally:
            self.ending.stop()
            await self._reading.close()
            await self._typed.close()
            await self._guard.close()
            await self._close_session()
            self._replies.close()
            # What was heard of the last reply is known only now.
            await self._clients.drain(_PUBLISH_SECONDS)
            # Closing the session also stores a turn that was cut off.
            if reason is not None:
                self.moments.ended.tell(Ended(reason))
            if self._sound is not None:
                await self._sound.close()

    def caller_returned(self) -> None:
        """Tells a new connection of the caller what the agent does: it missed the messages before."""
        if self._state:
            self._clients.send(State.model_validate({"state": self._state}))

    async def change_cast(self, cast: Cast) -> None:
        """Hands the call over to another character, which knows what was said so far.

        The current reply is finished first. Returns when the new character listens. Raises: TimeoutError.
        """
        self._unfollow_engines(self.cast)
        self.cast = cast
        self._persona = self._persona_of(cast, self._persona.chat_ctx)
        self._follow_engines(cast)
        self._in_charge.clear()
        self._session.update_agent(self._persona)
        self._reading.start(cast.model, self._seen())
        async with asyncio.timeout(_CHANGE_SECONDS):
            await self._in_charge.wait()

    async def _prepare(self) -> None:
        """Starts the session and makes the greeting, before the caller is there."""
        self._reading.start(self.cast.model, opening(self.cast.prompt, self.cast.greeting))
        await asyncio.gather(self._start(), self._make_greeting())

    async def _start(self) -> None:
        session, moments = self._session, self.moments
        self._scribe.listen(moments)
        moments.turn_began.add(lambda _: self._guard.turn_ended())
        moments.reply_spoken.add(lambda _: self._shorten_memory())
        self._clients.router.on(UserText, self._on_typed)
        if self._sound is not None:
            output = await self._sound.attach(session)
            output.on("playback_started", lambda event: self._scribe.heard_first(event.created_at))
            self._guard.bridge_with(output)
        self._follow_engines(self.cast)
        session.on("user_input_transcribed", self._scribe.transcribed)
        session.on("conversation_item_added", self._on_item)
        session.on("function_tools_executed", self._on_tools)
        session.on("agent_state_changed", lambda event: self._on_state(event.new_state))
        session.on("error", lambda event: self._on_error(event.error))
        session.on("close", lambda _: self.ending.end(pb.END_REASON_ERROR))
        await session.start(self._persona, record=False, session_host=False)
        self._typed.start(lambda: self.ending.end(pb.END_REASON_ERROR))

    async def _make_greeting(self) -> None:
        await self.cast.voice_ready()
        await self._greeting.make()

    def _begin(self) -> None:
        """Starts the conversation: the caller is there."""
        self.moments.joined.tell(Joined(time.time()))
        self.ending.limit_length(self._limits.call_seconds)
        self.ending.watch_silence(self._session, self._limits.idle_seconds)
        self._greeting.say(self._session)
        if provider := self._greeting.made_by:
            self._scribe.spoken_ahead(self._greeting.text, provider)

    async def _part(self, reason: Reason) -> None:
        """Tells the caller why the agent leaves, if the caller cannot know."""
        if line := _FAREWELLS.get(reason):
            self.ending.stop()
            self._session.interrupt(force=True)
            if speech := self._guard.say(line, interruptible=False):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_FAREWELL_SECONDS):
                        await speech.wait_for_playout()
        if message := self.cast.lines.text(line) if line else _NOTICES.get(reason):
            code = pb.EndReason.Name(reason).removeprefix("END_REASON_").lower()
            self._clients.send(Error(code=code, message=message))
        await self._clients.drain(_PUBLISH_SECONDS)

    async def _close_session(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._session.aclose()
        except TimeoutError:
            _log.warning("the session did not close in time", seconds=_CLOSE_SECONDS)

    def _persona_of(self, cast: Cast, said: llm.ChatContext | None) -> Persona:
        return Persona(
            cast.prompt,
            cast.model,
            cast.ear,
            cast.voice,
            cast.tools,
            self._memory,
            self._replies,
            said,
        )

    def _follow_engines(self, cast: Cast) -> None:
        for engine in cast.engines():
            engine.on("metrics_collected", self._scribe.used)

    def _unfollow_engines(self, cast: Cast) -> None:
        for engine in cast.engines():
            engine.off("metrics_collected", self._scribe.used)

    def _seen(self) -> llm.ChatContext:
        return self._memory.seen(self._persona.chat_ctx)

    def _shorten_memory(self) -> None:
        if self._memory.shorten(self._persona.chat_ctx):
            self._reading.start(self.cast.model, self._seen())

    def _on_typed(self, message: UserText) -> None:
        if self._typed.add(message.text):
            self._scribe.typed(message.text)
        self.ending.heard()

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if isinstance(item, llm.AgentHandoff) and item.new_agent_id == self._persona.id:
            self._in_charge.set()
        if not isinstance(item, llm.ChatMessage) or not (text := (item.text_content or "").strip()):
            return
        if item.role == "user" and not self._typed.has(item):
            self._on_spoken_turn(text, item.metrics)
        elif item.role == "assistant":
            self._on_reply(item, text)

    def _on_spoken_turn(self, text: str, metrics: llm.MetricsReport) -> None:
        self._typed.complete()
        self.moments.turn_began.tell(TurnBegan(text, metrics))
        self.moments.turn_complete.tell(TurnComplete(text, metrics.get("started_speaking_at", time.time())))

    def _on_typed_turn(self, text: str, continued: bool) -> None:
        self.moments.turn_began.tell(TurnBegan(text, {}, typed=True, continued=continued))

    def _on_typed_turn_complete(self, text: str, began_at: float) -> None:
        self.moments.turn_complete.tell(TurnComplete(text, began_at, typed=True))

    def _on_failure(self, code: str, message: str) -> None:
        self._typed.complete()
        self._scribe.failed(code, message)

    def _on_reply(self, item: llm.ChatMessage, text: str) -> None:
        self._typed.complete()
        heard = self._persona.without_reasoning(text)
        if heard != text:
            item.content = [heard]
        if self._guard.has_said(item):
            self._memory.hide(item)
        if heard:
            self._replies.heard(heard)
            self.moments.reply_spoken.tell(ReplySpoken(heard, item.interrupted, item.metrics))

    def _on_tools(self, event: FunctionToolsExecutedEvent) -> None:
        for call, output in zip(event.function_calls, event.function_call_outputs, strict=True):
            self.moments.tool_called.tell(ToolCalled(call, output))

    def _on_state(self, state: str) -> None:
        if state == "speaking":
            self._typed.complete()
        self._live.state(state)
        if state in _STATES and state != self._state:
            self._state = state
            self._clients.send(State.model_validate({"state": state}))

    def _on_error(self, error: object) -> None:
        kind = str(getattr(error, "type", ""))
        if not getattr(error, "recoverable", True) and kind in _ENGINE_ERRORS:
            self._guard.failed(kind, f"{kind}: {getattr(error, 'error', error)}"[:300])
