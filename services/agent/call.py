"""One call, from the job that LiveKit gives to the last event of its history. The place where a call is wired."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import grpc
import structlog
from callbox.characters.v1 import characters_pb2, characters_pb2_grpc
from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from livekit.agents import (
    NOT_GIVEN,
    AgentSession,
    APIConnectOptions,
    AutoSubscribe,
    JobContext,
    TurnHandlingOptions,
    inference,
    llm,
)
from livekit.agents.voice import room_io
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.plugins.openai import LLM

from services.agent.denoise import FRAME_MS, INPUT_RATE_HZ, DenoisedInput, Denoiser
from services.agent.ending import Ending, Reason
from services.agent.guard import TurnGuard
from services.agent.hearing import TritonSTT
from services.agent.journal import Journal
from services.agent.lines import Line, Lines, pcm_frames
from services.agent.persona import Persona, instructions
from services.agent.scribe import Scribe
from services.agent.settings import AgentSettings
from services.agent.speaking import SAMPLE_RATE_HZ, TritonTTS
from services.agent.spoken import SpokenOutput
from services.agent.thinking import is_own, language_model
from services.agent.topics import Topics
from services.agent.triton import Triton, TritonError
from services.agent.worker import lines_folder, worker_id_of
from services.kit.client import call, connect
from services.kit.errors import CallboxError
from services.kit.identity import Signer
from services.kit.logs import bind_contextvars, setup_logging
from services.kit.tracing import setup_tracing

_CLAIM_SECONDS = 1.5
_SECRETS_SECONDS = 1.5
_GREETING_SECONDS = 5.0
_WARM_SECONDS = 5.0
_PUBLISH_SECONDS = 1.0
_FAREWELL_SECONDS = 6.0
# Sessions may be away for a while when a call ends; its history waits this long.
_HISTORY_SECONDS = 120.0

# Speech is over after this much silence where the turn detector agrees, and after _MAX_ENDPOINT where it does not.
_VAD_SILENCE_SECONDS = 0.25
_MIN_ENDPOINT_SECONDS = 0.2
_MAX_ENDPOINT_SECONDS = 1.4
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
            claim = await call(
                sessions.ClaimSession,
                pb.ClaimSessionRequest(session_id=session_id, worker_id=worker_id),
                identity=signer.service_token(),
                deadline_seconds=_CLAIM_SECONDS,
            )
        except CallboxError as fault:
            _log.warning("call not taken", code=fault.code, message=fault.message)
            context.shutdown("not claimed")
            return
        key = await _llm_key(characters_channel, claim.character, signer)
        journal = Journal(sessions, signer, session_id, worker_id, claim.last_sequence)
        triton = Triton(settings.triton_address)
        stack.push_async_callback(triton.close)
        await stack.enter_async_context(_running(journal.run(), "journal"))
        # A key of the character's own is for OpenAI; the operator's endpoint serves all others.
        url, name = ("", claim.character.llm_model) if key else (settings.llm_url, settings.llm_model)
        model = await stack.enter_async_context(language_model(url, name, key or settings.llm_api_key))
        await Call(context, settings, claim, model, is_own(url), journal, triton).run()
        await journal.drain(_HISTORY_SECONDS)
    context.shutdown("call over")


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


@contextlib.asynccontextmanager
async def _running(work, name: str) -> AsyncIterator[None]:  # type: ignore[no-untyped-def]
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
        settings: AgentSettings,
        claim: pb.ClaimSessionResponse,
        model: LLM,
        own_llm: bool,
        journal: Journal,
        triton: Triton,
    ) -> None:
        character = claim.character
        self._context = context
        self._claim = claim
        self._room = context.room
        self._caller = claim.participant_identity
        self._journal = journal
        self._denoiser = Denoiser(triton)
        self._voice = TritonTTS(triton)
        self._ear = TritonSTT(triton, character.language or "en")
        self._prompt = instructions(character.system_prompt, claim.session.metadata)
        self._own_llm = own_llm
        self._llm = model
        self._lines = Lines(lines_folder(settings.data_dir))
        self._session: AgentSession[None] = AgentSession(
            stt=self._ear,
            vad=inference.VAD(min_silence_duration=_VAD_SILENCE_SECONDS),
            llm=self._llm,
            tts=self._voice,
            turn_handling=TurnHandlingOptions(
                turn_detection=inference.TurnDetector(version="v1-mini"),
                endpointing={"mode": "fixed", "min_delay": _MIN_ENDPOINT_SECONDS, "max_delay": _MAX_ENDPOINT_SECONDS},
                interruption={"enabled": True, "mode": "vad", "min_duration": 0.4},
                preemptive_generation={
                    "enabled": True,
                    "preemptive_tts": True,
                    "max_retries": 6,
                    "max_speech_duration": 30.0,
                },
            ),
            tts_text_transforms=None,
            aec_warmup_duration=None,
            user_away_timeout=None,
            conn_options=SessionConnectOptions(
                llm_conn_options=APIConnectOptions(max_retry=1, retry_interval=0.2, timeout=10.0),
                tts_conn_options=APIConnectOptions(max_retry=0),
                max_unrecoverable_errors=1_000_000,
            ),
        )
        self._room_io = room_io.RoomIO(
            self._session,
            context.room,
            options=room_io.RoomOptions(
                audio_input=room_io.AudioInputOptions(
                    sample_rate=INPUT_RATE_HZ, frame_size_ms=FRAME_MS, auto_gain_control=False, pre_connect_audio=False
                ),
                audio_output=room_io.AudioOutputOptions(sample_rate=SAMPLE_RATE_HZ),
                text_input=False,
                text_output=False,
                participant_identity=claim.participant_identity,
                close_on_disconnect=False,
            ),
        )
        self._ending: Ending

    async def run(self) -> None:
        """Waits for the caller, talks, and writes down how it ended."""
        await self._context.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY)
        self._ending = Ending(self._room, self._caller)
        persona = Persona(self._prompt, lambda *reply: scribe.on_reply(*reply))
        topics = Topics(self._room, self._caller, lambda text: self._on_typed(text, scribe))
        guard = TurnGuard(
            self._session,
            self._lines,
            self._claim.character.max_turn_seconds or 35,
            lambda code, message: scribe.failed(code, message),
        )
        scribe = Scribe(self._journal, topics, persona, guard, time.time())
        async with _running(topics.run(), "topics"):
            try:
                greeting = await self._prepare(persona)
                if not await self._caller_joined():
                    return
                scribe = Scribe(self._journal, topics, persona, guard, time.time())
                self._listen(scribe, topics, guard)
                await self._greet(greeting)
                self._ending.limit_length(self._claim.character.max_call_seconds)
                self._ending.watch_silence(self._session, self._claim.idle_timeout.ToTimedelta().total_seconds())
                reason = await self._ending.reason
                _log.info("call ends", reason=pb.EndReason.Name(reason))
                await self._part(reason, guard, topics)
                scribe.finish(reason)
            except asyncio.CancelledError:
                # The worker stops and its time to drain is over.
                scribe.finish(pb.END_REASON_AGENT_LOST)
                topics.error("agent_lost", "The agent had to stop; start a new call.")
                await topics.drain(_PUBLISH_SECONDS)
                raise
            finally:
                guard.stop()
                self._ending.stop()
                await self._session.aclose()
                await self._room_io.aclose()
                await self._denoiser.close()

    async def _prepare(self, persona: Persona) -> bytes:
        """Starts listening and makes the greeting, all before the caller is there; answers the greeting's audio."""
        warm = asyncio.create_task(self._warm_llm(), name="warm-llm")
        try:
            _, greeting = await asyncio.gather(self._start(persona), self._make_greeting())
        finally:
            warm.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await warm
        return greeting

    async def _start(self, persona: Persona) -> None:
        """Joins the chain of audio stages to the room and starts livekit-agents' session on it."""
        await self._room_io.start()
        session = self._session
        if session.input.audio is not None:
            session.input.audio = DenoisedInput(session.input.audio, self._denoiser)
        if session.output.audio is not None:
            session.output.audio = SpokenOutput(session.output.audio)
        await session.start(persona, record=False, session_host=False)

    async def _make_greeting(self) -> bytes:
        if not self._claim.character.greeting:
            return b""
        try:
            async with asyncio.timeout(_GREETING_SECONDS):
                return await self._voice.speak(self._claim.character.greeting)
        except (TritonError, TimeoutError) as fault:
            _log.warning("greeting not made ahead of time", fault=repr(fault)[:200])
            return b""

    async def _warm_llm(self) -> None:
        """Has a model of the operator's own read the prompt ahead of the first answer. A paid one is not asked."""
        if not self._own_llm:
            return
        context = llm.ChatContext.empty()
        context.add_message(role="system", content=self._prompt)
        context.add_message(role="user", content="Hello")
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_WARM_SECONDS), self._llm.chat(chat_ctx=context) as stream:
                async for _ in stream:
                    break

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

    def _listen(self, scribe: Scribe, topics: Topics, guard: TurnGuard) -> None:
        scribe.listen(self._session)
        for engine in (self._llm, self._ear, self._voice):
            engine.on("metrics_collected", scribe.used)
        self._session.on("agent_state_changed", lambda event: topics.state(_STATES.get(event.new_state, "idle")))
        self._session.on("error", lambda event: self._on_error(event.error, guard))
        self._session.on("close", lambda _: self._ending.end(pb.END_REASON_ERROR))

    async def _greet(self, audio: bytes) -> None:
        if text := self._claim.character.greeting:
            self._session.say(text, audio=pcm_frames(audio) if audio else NOT_GIVEN)

    def _on_typed(self, text: str, scribe: Scribe) -> None:
        scribe.typed(text)
        self._ending.heard()
        self._session.interrupt()
        self._session.generate_reply(user_input=text)

    @staticmethod
    def _on_error(error: object, guard: TurnGuard) -> None:
        if getattr(error, "recoverable", True):
            return
        kind = str(getattr(error, "type", "engine_error"))
        if kind in ("llm_error", "tts_error"):
            guard.failed(kind, f"{kind.split('_')[0].upper()} failed: {getattr(error, 'error', error)}"[:300])

    async def _part(self, reason: Reason, guard: TurnGuard, topics: Topics) -> None:
        """Tells the caller why the agent leaves, where that is not plain."""
        line = {pb.END_REASON_MAX_CALL_SECONDS: Line.TIME_IS_UP, pb.END_REASON_IDLE_TIMEOUT: Line.STILL_THERE}.get(
            reason
        )
        if line is not None:
            self._ending.stop()
            with contextlib.suppress(RuntimeError):
                self._session.interrupt(force=True)
            if speech := guard.say(line, interruptible=False):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_FAREWELL_SECONDS):
                        await speech.wait_for_playout()
            topics.error(pb.EndReason.Name(reason).removeprefix("END_REASON_").lower(), line.value)
        elif reason == pb.END_REASON_ERROR:
            topics.error("error", "The agent has lost its connection; start a new call.")
        if self._room.isconnected():
            await topics.drain(_PUBLISH_SECONDS)


_STATES = {"listening": "listening", "thinking": "thinking", "speaking": "speaking", "idle": "idle"}
