"""One caller's conversation with a character, independent of the transport: a LiveKit room, or text only in a test."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import get_args

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import ConversationItemAddedEvent, SpeechCreatedEvent, UserInputTranscribedEvent, llm
from livekit.agents.voice import SpeechHandle

from services.agent.call.cast import Cast
from services.agent.call.ending import Ending
from services.agent.call.farewell import Farewell
from services.agent.call.next_question import NextQuestion
from services.agent.call.ports import Clients, Journal, Live, Sound
from services.agent.call.remarks import Remarks
from services.agent.call.scribe import Scribe
from services.agent.client.messages import AgentHandoff, State, UserText
from services.agent.moments import Ended, Heard, Joined, Moments, Reason, ReplySpoken, TurnBegan, TurnComplete
from services.agent.tools.belt import Belt
from services.agent.turns.dictation import Dictation
from services.agent.turns.greeting import Greeting
from services.agent.turns.guard import TurnGuard
from services.agent.turns.memory import Memory
from services.agent.turns.persona import Persona
from services.agent.turns.replies import Replies
from services.agent.turns.silence_watch import SilenceWatch
from services.agent.turns.turn_taking import TurnTaking, make_session
from services.agent.turns.typed import TypedMessages
from services.agent.turns.wait_phrases import WaitPhrases
from services.kit.tasks import in_parallel

_PUBLISH_SECONDS = 1.0
# Longest wait for the end of the current reply and for the new character's engines.
_CHANGE_SECONDS = 60.0
# Longest wait for the session to close, with a turn that was cut off. A session that hangs longer is abandoned.
_CLOSE_SECONDS = 3.0
_STATES = get_args(State.model_fields["state"].annotation)
_ENGINE_ERRORS = ("llm_error", "stt_error", "tts_error")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Limits:
    """Time limits in seconds. For a call and for silence, 0 means no limit. turn_seconds: if a character has none."""

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
        self._reply: SpeechHandle | None = None
        self._memory = Memory()
        self._next_question = NextQuestion(self._memory)
        self._session = make_session(turns)
        self._remarks = Remarks(self._session)
        self._dictation = Dictation(self._session)
        first = cast.slug
        self._scribe = Scribe(
            clients,
            journal,
            live,
            generation=lambda: self._persona.generation,
            llm_provider=lambda: self.cast.llm_provider,
            speaker=lambda: self.cast.slug if self.cast.slug != first else "",
        )
        self._replies = Replies(self._tell_reply)
        self._typed = TypedMessages(self._session, self._on_typed_turn, self._on_typed_turn_complete)
        self._belt = self._belt_of(cast)
        self._read_functions: list[llm.Tool] = []
        self._persona = self._persona_of(cast, None)
        self._wait_phrases = self._wait_phrases_of(cast)
        self._guard = TurnGuard(
            self._session,
            lambda: self.cast.lines,
            lambda: self._wait_phrases,
            self._on_failure,
            self._turn_seconds,
        )
        self._farewell = Farewell(self._session, self._guard, clients, lambda: self.cast.lines)
        self._silence_watch = SilenceWatch(self._session, self._turn_seconds)
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
            self.ending.stop()
            await self._farewell.say(reason)
        except asyncio.CancelledError:
            reason = pb.END_REASON_AGENT_LOST
            self.ending.stop()
            await self._farewell.say(reason)
            raise
        finally:
            self.ending.stop()
            await self._next_question.close()
            await self._typed.close()
            self._silence_watch.close()
            await self._guard.close()
            await self._wait_phrases.close()
            await self._belt.close()
            for part in self.cast.parts:
                await part.close()
            await self._remarks.close()
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
        """Tells a new connection of the caller what it missed: what the agent does, and which forms are open."""
        if self._state:
            self._clients.send(State.model_validate({"state": self._state}))
        for part in self.cast.parts:
            part.caller_returned()

    def take_text(self, text: str) -> None:
        """Takes a text as a turn of the caller's own, as if it was typed after all that was said and done so far."""
        self._typed.complete()
        self._on_typed(UserText(text=text))

    def speak_up(self, about: str) -> None:
        """Has the model say something as soon as nobody speaks. about: instructions for it."""
        self._remarks.make(about)

    def expect(self, field_type: str, language: str) -> None:
        """Tells which type of a form's field the caller is asked for; empty for none."""
        self._dictation.expect(field_type, language)

    async def change_cast(self, cast: Cast) -> None:
        """Hands the call over to another character, which knows what was said so far.

        The current reply is finished first. Returns when the new character listens. Raises: TimeoutError.
        """
        self._unfollow_engines(self.cast)
        for part in self.cast.parts:
            await part.leave()
        self._scribe.speaker_changes()
        self.cast = cast
        for part in cast.parts:
            part.begin(self)
        self._belt, earlier = self._belt_of(cast), self._belt
        self._wait_phrases, earlier_phrases = self._wait_phrases_of(cast), self._wait_phrases
        await earlier_phrases.close()
        self._persona = self._persona_of(cast, self._persona.chat_ctx)
        self._follow_engines(cast)
        # The session lets a character go only when none of its tools runs any more.
        await earlier.close()
        self._in_charge.clear()
        self._session.update_agent(self._persona)
        async with asyncio.timeout(_CHANGE_SECONDS):
            await self._in_charge.wait()
        self._next_question.read(cast, self._belt, self._persona)

    @property
    def has_said_something(self) -> bool:
        """Whether the answer that is being given has words."""
        return bool(self._persona.generation.told.strip())

    async def hand_over(self, cast: Cast) -> None:
        """Hands the call over to another character, which greets or goes on. Raises: TimeoutError."""
        greeting = Greeting(cast.greeting, cast.voice)
        if self._reply is not None:
            self._guard.may_end_empty(self._reply)
        # The next character's greeting is made while the current one says goodbye.
        await in_parallel(greeting.make(), self._end_of_reply())
        self._clients.send(AgentHandoff(agent_name=cast.name))
        await self.change_cast(cast)
        if greeting.text:
            self._greet(greeting)
        else:
            self._session.generate_reply()

    async def _end_of_reply(self) -> None:
        """Waits until the newest reply is over, with all its calls of tools. Raises: TimeoutError."""
        async with asyncio.timeout(_CHANGE_SECONDS):
            if self._reply is not None:
                await self._reply.wait_for_playout()

    async def _prepare(self) -> None:
        """Starts the session and makes the greeting, before the caller is there."""
        self._next_question.before_call(self.cast, self._belt)
        await asyncio.gather(self._start(), self._make_greeting())

    async def _start(self) -> None:
        session, moments = self._session, self.moments
        self._scribe.listen(moments)
        moments.turn_began.add(self._guard.turn_ended)
        moments.turn_began.add(lambda _: self._silence_watch.turn_ended())
        moments.tool_started.add(self._guard.tool_started)
        moments.tool_called.add(self._guard.tool_called)
        moments.tool_started.add(lambda event: self._wait_phrases.tool_started(event))
        moments.tool_called.add(lambda event: self._wait_phrases.tool_called(event))
        moments.turn_began.add(lambda event: self._belt.turn_began(event))
        self._remarks.listen(moments)
        moments.turn_began.add(lambda _: self._dictation.turn_began())
        moments.reply_spoken.add(lambda _: self._next_question.after_reply(self.cast, self._belt, self._persona))
        self._clients.router.on(UserText, self._on_typed)
        if self._sound is not None:
            output = await self._sound.attach(session)
            output.on("playback_started", lambda event: self._scribe.heard_first(event.created_at))
            output.on("playback_started", lambda _: self._on_heard())
            self._guard.bridge_with(output)
        for part in self.cast.parts:
            part.begin(self)
        self._follow_engines(self.cast)
        session.on("user_input_transcribed", self._on_transcribed)
        session.on("user_input_transcribed", self._dictation.transcribed)
        session.on("conversation_item_added", self._on_item)
        session.on("function_tools_executed", lambda event: self._belt.refused(event))
        session.on("agent_state_changed", lambda event: self._on_state(event.new_state))
        session.on("speech_created", self._on_speech)
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
        self._greet(self._greeting)

    def _greet(self, greeting: Greeting) -> None:
        greeting.say(self._session)
        if provider := greeting.made_by:
            self._scribe.spoken_ahead(greeting.text, provider)

    async def _close_session(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._session.aclose()
        except TimeoutError:
            _log.warning("the session did not close in time", seconds=_CLOSE_SECONDS)

    def _belt_of(self, cast: Cast) -> Belt:
        return Belt(cast.tools, cast.metadata, cast.tool_limits, self.moments)

    def _wait_phrases_of(self, cast: Cast) -> WaitPhrases:
        phrases = {tool.name: tool.wait_phrases for tool in cast.tools}
        return WaitPhrases(phrases, cast.voice, self._scribe.spoken_ahead)

    def _persona_of(self, cast: Cast, said: llm.ChatContext | None) -> Persona:
        return Persona(
            cast.prompt,
            cast.model,
            cast.ear,
            cast.voice,
            self._belt,
            self._memory,
            self._replies,
            cast.note,
            cast.answer,
            said,
        )

    def _follow_engines(self, cast: Cast) -> None:
        for engine in cast.engines():
            engine.on("metrics_collected", self._scribe.used)

    def _unfollow_engines(self, cast: Cast) -> None:
        for engine in cast.engines():
            engine.off("metrics_collected", self._scribe.used)

    def _turn_seconds(self) -> float:
        return self.cast.turn_seconds or self._limits.turn_seconds

    def _on_transcribed(self, event: UserInputTranscribedEvent) -> None:
        self._scribe.transcribed(event)
        self.moments.heard.tell(Heard(event.transcript))

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

    def _on_speech(self, event: SpeechCreatedEvent) -> None:
        self._reply = event.speech_handle

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
        self._belt.give_up()
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

    def _tell_reply(self, reply_id: str, text: str, final: bool) -> None:
        if self._sound is None and text.strip():
            self._on_heard()
        self._scribe.speaking(reply_id, text, final)

    def _on_heard(self) -> None:
        """The caller hears the beginning of a reply or a fixed line; in a call in text alone, reads it."""
        self._guard.heard()
        self._silence_watch.heard()

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
