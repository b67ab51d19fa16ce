"""One call, from the job that LiveKit gives to the last event of its history. The place where a call is wired."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial

import grpc
import structlog
import tenacity
from callbox.characters.v1 import characters_pb2, characters_pb2_grpc
from callbox.sessions.v1 import live_pb2_grpc, sessions_pb2_grpc
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import NOT_GIVEN, AutoSubscribe, JobContext
from livekit.agents.llm import ChatContext, ChatMessage

from services.agent.call.ending import Ending, Reason
from services.agent.call.engines import Speech
from services.agent.call.scribe import Scribe
from services.agent.client.topics import Topics
from services.agent.history.failovers import Failovers, Fullness
from services.agent.history.journal import Journal
from services.agent.history.live import Live
from services.agent.settings import AgentSettings
from services.agent.speech.engine import EngineError
from services.agent.speech.hearing import Hearing
from services.agent.speech.lines import Lines, base_language, pcm_frames
from services.agent.speech.matching import Matching
from services.agent.speech.phrases import Line
from services.agent.speech.speaking import Speaking
from services.agent.thinking.language_model import Model, language_model, opening, read_ahead
from services.agent.turns.guard import TurnGuard
from services.agent.turns.persona import Persona, instructions
from services.agent.turns.session import Stages, make_session
from services.agent.worker.health import away
from services.agent.worker.server import catalogue_in_force, lines_folder, matches_folder, worker_id_of
from services.kit.catalogue import Voice
from services.kit.errors import CallboxError, Code
from services.kit.identity import Signer
from services.kit.logs import bind_contextvars, setup_logging
from services.kit.rpc.client import call, connect
from services.kit.tracing import incoming, setup_tracing, tracer

_CLAIM_SECONDS, _CLAIM_PAUSE_SECONDS = 1.5, 0.05
_SECRETS_SECONDS = 1.5
_GREETING_SECONDS = 5.0
_PUBLISH_SECONDS = 1.0
# A caller hears nothing while the voice of a new recording is looked for; one that is known takes no time.
_MATCH_SECONDS = 4.0
_FAREWELL_SECONDS = 6.0
# Of the dialogue, with a turn that the end cut short; what hangs longer is left behind.
_CLOSE_SECONDS = 3.0
# Sessions may be away for a while when a call ends; its history waits this long.
_HISTORY_SECONDS = 120.0
_DEFAULT_TURN_SECONDS = 35
_FAREWELLS = {pb.END_REASON_MAX_CALL_SECONDS: Line.TIME_IS_UP, pb.END_REASON_IDLE_TIMEOUT: Line.STILL_THERE}
_log = structlog.get_logger(__name__)


async def run_call(context: JobContext) -> None:
    """The job of one call."""
    settings = AgentSettings.load()
    setup_logging("agent", settings.log_format, settings.log_level)
    setup_tracing("agent", settings.otlp_endpoint)
    session_id = context.job.metadata
    bind_contextvars(session_id=session_id)
    signer = Signer(settings.keys_dir, "agent")
    worker_id = worker_id_of(context.job.agent_name)
    async with contextlib.AsyncExitStack() as stack:
        sessions_channel = await stack.enter_async_context(connect(settings.sessions_address))
        characters_channel = await stack.enter_async_context(connect(settings.characters_address))
        sessions = sessions_pb2_grpc.SessionsServiceStub(sessions_channel)
        try:
            claim = await _claim(sessions, signer, session_id, worker_id)
        except CallboxError as fault:
            _log.warning("call not taken", code=fault.code, message=fault.message)
            context.shutdown("not claimed")
            return
        key = await _llm_key(characters_channel, claim.character, signer)
        # A key of the character's own is for OpenAI; the operator's endpoint serves all others.
        url, name = ("", claim.character.llm_model) if key else (settings.llm_url, settings.llm_model)
        model = await stack.enter_async_context(language_model(url, name, key or settings.llm_api_key))
        journal = Journal(sessions, signer, session_id, worker_id, claim.last_sequence)
        await stack.enter_async_context(_running(journal.run(), "journal"))
        live = Live(live_pb2_grpc.LiveServiceStub(sessions_channel), signer, session_id, worker_id)
        await stack.enter_async_context(_running(live.run(), "live"))
        catalogue = catalogue_in_force(settings.data_dir)
        language = claim.character.language or base_language(catalogue)
        failovers = Failovers(journal, Fullness(settings.data_dir))
        speech = Speech(
            catalogue, settings.catalogue.parent, settings.triton_address, failovers.tell, away(settings.data_dir)
        )
        stack.push_async_callback(speech.close)
        lines = Lines(lines_folder(settings.data_dir), catalogue, language)
        find_voice: Callable[[], Awaitable[None]] | None = None
        plain = speech.plain_voice(language, claim.character.tts_model)
        if claim.character.reference_audio_url and plain is not None:
            folder = matches_folder(settings.data_dir)
            matching = Matching(sessions, signer, session_id, worker_id, plain[1], folder)
            stack.push_async_callback(matching.close)
            find_voice = partial(_find_voice, matching, plain[0], language, speech, journal)
        with tracer().start_as_current_span("call", incoming(claim.trace_context)):
            await Call(context, claim, model, journal, live, speech, language, lines, find_voice).run()
        await journal.drain(_HISTORY_SECONDS)
    context.shutdown("call over")


async def _claim(
    sessions: "sessions_pb2_grpc.SessionsServiceAsyncStub", signer: Signer, session_id: str, worker_id: str
) -> pb.ClaimSessionResponse:
    """Takes the call, trying again while there is time: a claim that comes twice is answered the same.

    Raises: CallboxError.
    """
    async for attempt in tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception(
            lambda fault: isinstance(fault, CallboxError) and fault.code is Code.UPSTREAM_UNAVAILABLE
        ),
        stop=tenacity.stop_after_delay(_CLAIM_SECONDS),
        wait=tenacity.wait_fixed(_CLAIM_PAUSE_SECONDS),
        reraise=True,
    ):
        with attempt:
            return await call(
                sessions.ClaimSession,
                pb.ClaimSessionRequest(session_id=session_id, worker_id=worker_id),
                identity=signer.service_token(),
                deadline_seconds=_CLAIM_SECONDS,
            )
    raise AssertionError("reraise ends the loop")


async def _llm_key(channel: grpc.aio.Channel, character: characters_pb2.CharacterSnapshot, signer: Signer) -> str:
    """The character's own key for the language model; empty when it has none or it cannot be read."""
    if not character.has_llm_api_key:
        return ""
    stub = characters_pb2_grpc.CharactersServiceStub(channel)
    request = characters_pb2.ReadSecretsRequest(character_id=character.character_id, version=character.version)
    try:
        answer = await call(
            stub.ReadSecrets, request, identity=signer.service_token(), deadline_seconds=_SECRETS_SECONDS
        )
    except CallboxError as fault:
        _log.warning("the character's key cannot be read, the default is used", message=fault.message)
        return ""
    return str(answer.llm_api_key)


async def _find_voice(matching: Matching, plain: Voice, language: str, speech: Speech, journal: Journal) -> None:
    """Has the voice nearest to the call's recording speak instead of the plain one, and tells the history."""
    event = await matching.find(language, plain.voice, _MATCH_SECONDS)
    journal.add(pb.SessionEvent(voice=event))
    if event.likeness == pb.VOICE_LIKENESS_MATCHED:
        speech.speak_as(plain, event.voice)


@contextlib.asynccontextmanager
async def _running(work: Coroutine[None, None, None], name: str) -> AsyncIterator[None]:
    """Runs a coroutine beside the block and ends it with the block."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Call:
    """A call that was claimed."""

    def __init__(
        self,
        context: JobContext,
        claim: pb.ClaimSessionResponse,
        model: Model,
        journal: Journal,
        live: Live,
        speech: Speech,
        language: str,
        lines: Lines,
        find_voice: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self._context = context
        self._claim = claim
        self._character = claim.character
        self._room = context.room
        self._caller = claim.participant_identity
        self._journal = journal
        self._live = live
        self._lines = lines
        self._find_voice = find_voice
        self._model = model
        character = claim.character
        self._ear = Hearing(speech.recognition(language, character.stt_model, character.keyterms), language)
        self._voice = Speaking(speech.voice(language, claim.character.tts_model))
        self._session = make_session(self._ear, self._voice, model.llm)
        self._stages = Stages(self._session, context.room, self._caller, speech.denoiser())
        self._topics = Topics(context.room, self._caller, self._on_typed)
        self._ending = Ending(context.room, self._caller)
        self._prompt = instructions(claim.character.system_prompt, claim.session.metadata)
        self._persona = Persona(self._prompt, self._on_reply)
        self._guard = TurnGuard(
            self._session, lines, journal, claim.character.max_turn_seconds or _DEFAULT_TURN_SECONDS
        )
        self._scribe = Scribe(journal, self._topics, live, self._persona, self._guard, claim.character.llm_provider)
        self._reading = asyncio.create_task(asyncio.sleep(0), name="read-ahead")

    async def run(self) -> None:
        """Waits for the caller, talks, and writes down how it ended."""
        reason: Reason | None = None
        async with _running(self._topics.run(), "topics"):
            try:
                greeting = await self._prepare()
                if not await self._caller_joined():
                    return
                self._greet(greeting)
                reason = await self._ending.reason
                _log.info("call ends", reason=pb.EndReason.Name(reason))
                await self._part(reason)
            except asyncio.CancelledError:
                # The worker stops and its time to drain is over.
                reason = pb.END_REASON_AGENT_LOST
                self._topics.error("agent_lost", "The agent had to stop; start a new call.")
                await self._topics.drain(_PUBLISH_SECONDS)
                raise
            finally:
                self._ending.stop()
                self._reading.cancel()
                await asyncio.gather(self._reading, return_exceptions=True)
                await self._guard.close()
                await self._close_session()
                # A turn that the end cut short is written down when the session closes.
                if reason is not None:
                    self._scribe.finish(reason)
                await self._stages.close()

    async def _close_session(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._session.aclose()
        except TimeoutError:
            _log.warning("the dialogue did not close in time", seconds=_CLOSE_SECONDS)

    async def _prepare(self) -> bytes:
        """Starts listening and makes the greeting, all before the caller is there; answers the greeting's audio."""
        await self._context.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY)
        self._read(opening(self._prompt, self._character.greeting))
        _, greeting = await asyncio.gather(self._start(), self._make_greeting())
        return greeting

    def _read(self, seen: ChatContext) -> None:
        """Has a model of the operator's own read ahead of the next answer; a paid one is not asked."""
        if self._model.own:
            self._reading.cancel()
            self._reading = asyncio.create_task(read_ahead(self._model.llm, seen), name="read-ahead")

    def _on_reply(self, reply_id: str, text: str, final: bool) -> None:
        self._scribe.speaking(reply_id, text, final)

    def _on_state(self, state: str) -> None:
        self._topics.state(state)
        self._live.state(state)

    def _on_item(self, item: object) -> None:
        if isinstance(item, ChatMessage) and item.role == "assistant" and self._persona.forget():
            self._read(self._persona.seen(self._persona.chat_ctx))

    async def _start(self) -> None:
        output = await self._stages.start()
        self._guard.bridge_with(output)
        session = self._session
        self._scribe.listen(session, output)
        for engine in (self._model.llm, self._ear, self._voice):
            engine.on("metrics_collected", self._scribe.used)
        session.on("agent_state_changed", lambda event: self._on_state(event.new_state))
        session.on("conversation_item_added", lambda event: self._on_item(event.item))
        session.on("error", lambda event: self._on_error(event.error))
        session.on("close", lambda _: self._ending.end(pb.END_REASON_ERROR))
        await session.start(self._persona, record=False, session_host=False)

    async def _make_greeting(self) -> bytes:
        if self._find_voice is not None:
            await self._find_voice()
        if not self._character.greeting:
            return b""
        try:
            async with asyncio.timeout(_GREETING_SECONDS):
                return await self._voice.speak(self._character.greeting)
        except (EngineError, TimeoutError) as fault:
            _log.warning("greeting not made ahead of time", fault=repr(fault)[:200])
            return b""

    async def _caller_joined(self) -> bool:
        """Waits for the caller; False when nobody came or the room was closed meanwhile."""
        join = asyncio.ensure_future(self._context.wait_for_participant(identity=self._caller))
        seconds = self._claim.join_timeout.ToTimedelta().total_seconds()
        await asyncio.wait((join, self._ending.reason), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        joined = join.done() and not join.cancelled() and join.exception() is None
        if not joined:
            join.cancel()
            await asyncio.gather(join, return_exceptions=True)
            _log.info("nobody joined", seconds=seconds)
        return joined

    def _greet(self, audio: bytes) -> None:
        self._scribe.joined()
        self._ending.limit_length(self._character.max_call_seconds)
        self._ending.watch_silence(self._session, self._claim.idle_timeout.ToTimedelta().total_seconds())
        if text := self._character.greeting:
            self._session.say(text, audio=pcm_frames(audio, text) if audio else NOT_GIVEN)
            if audio:
                self._scribe.spoken(text, self._voice.provider)

    def _on_typed(self, text: str) -> None:
        self._scribe.typed(text)
        self._ending.heard()
        self._session.interrupt()
        self._session.generate_reply(user_input=text)

    def _on_error(self, error: object) -> None:
        kind = str(getattr(error, "type", ""))
        if not getattr(error, "recoverable", True) and kind in ("llm_error", "stt_error", "tts_error"):
            self._guard.failed(kind, f"{kind}: {getattr(error, 'error', error)}"[:300])

    async def _part(self, reason: Reason) -> None:
        """Tells the caller why the agent leaves, where that is not plain."""
        if line := _FAREWELLS.get(reason):
            self._ending.stop()
            self._session.interrupt(force=True)
            if speech := self._guard.say(line, interruptible=False):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_FAREWELL_SECONDS):
                        await speech.wait_for_playout()
            self._topics.error(pb.EndReason.Name(reason).removeprefix("END_REASON_").lower(), self._lines.text(line))
        elif reason == pb.END_REASON_ERROR:
            self._topics.error("error", "The agent has lost its connection; start a new call.")
        if self._room.isconnected():
            await self._topics.drain(_PUBLISH_SECONDS)
