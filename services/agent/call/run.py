"""Runs the job of one call: claims it, builds its parts, holds the conversation, stores the history."""

import asyncio
import contextlib
from dataclasses import replace
from functools import partial

import structlog
import tenacity
from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from livekit.agents import AutoSubscribe, JobContext
from opentelemetry import trace

from services.agent.audio.room import RoomSound, caller_stages
from services.agent.call.cast import Cast
from services.agent.call.casting import Casting
from services.agent.call.conversation import Conversation, Limits
from services.agent.call.engines import SpeechEngines
from services.agent.call.oversight import beside, end_on_request, end_when_lost
from services.agent.call.presence import CallerPresence
from services.agent.client.room import RoomClients
from services.agent.end_requests import EndRequests
from services.agent.history.failovers import Failovers
from services.agent.history.journal import Journal
from services.agent.history.record import Record
from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.speech.matching import Matching
from services.agent.traces import keep_private
from services.agent.turns.turn_taking import spoken_turns
from services.kit.catalogue import Voice
from services.kit.errors import CallboxError, Code
from services.kit.identity import Signer
from services.kit.logs import bind_contextvars, setup_logging
from services.kit.rpc.client import call, connect
from services.kit.tracing import incoming, setup_tracing, tracer

_CLAIM_SECONDS, _CLAIM_PAUSE_SECONDS = 1.5, 0.05
# For a connection that is being made when the call fails: the client library cannot give it up half-way.
_CONNECT_SECONDS = 5.0
# Longest search for the voice of a new recording; the caller hears nothing meanwhile. A known recording takes no time.
_MATCH_SECONDS = 4.0
_log = structlog.get_logger(__name__)


async def run_call(context: JobContext, session_id: str, worker_id: str) -> None:
    """Runs the job of a call."""
    settings = AgentSettings.load()
    setup_logging("agent", settings.log_format, settings.log_level)
    setup_tracing("agent", settings.otlp_endpoint)
    keep_private(trace.get_tracer_provider())
    bind_contextvars(session_id=session_id)
    signer = Signer(settings.keys_dir, "agent")
    # Closed after the entry point has ended, however it ended; sending the history may take long.
    outlasting = contextlib.AsyncExitStack()

    async def close() -> None:
        await outlasting.aclose()

    context.add_shutdown_callback(close)
    sessions_channel = await outlasting.enter_async_context(connect(settings.sessions_address))
    sessions = sessions_pb2_grpc.SessionsServiceStub(sessions_channel)
    try:
        claim = await _claim(sessions, signer, session_id, worker_id)
    except CallboxError as fault:
        _log.warning("call not taken", code=fault.code, message=fault.message)
        context.shutdown("not claimed")
        return
    record = Record(sessions_channel, signer, session_id, worker_id, claim.last_sequence)
    outlasting.push_async_callback(record.close)
    async with contextlib.AsyncExitStack() as stack:
        channel = await stack.enter_async_context(connect(settings.characters_address))
        character = claim.character
        shared = SharedState(settings.data_dir)
        clients = RoomClients(context.room, claim.participant_identity)
        casting = await stack.enter_async_context(
            Casting(settings, claim, sessions_channel, channel, signer, shared, clients)
        )
        model = await casting.model(character)
        connecting = asyncio.create_task(context.connect(auto_subscribe=AutoSubscribe.AUDIO_ONLY), name="connect room")
        stack.push_async_callback(asyncio.wait, [connecting], timeout=_CONNECT_SECONDS)
        # Lets it begin, since it takes longest. Nothing else may wait until the conversation listens to the room: what
        # the room tells before is lost.
        await asyncio.sleep(0)
        engines = casting.open_engines(Failovers(record.journal.add, shared).tell)
        cast = casting.cast(character, model, engines)
        language = casting.language(character)
        plain = engines.plain_voice(language, character.tts_model)
        if character.reference_audio_url and plain is not None:
            matching = Matching(sessions, signer, session_id, worker_id, plain[1], shared.matches_folder)
            stack.push_async_callback(matching.close)
            find = partial(_find_voice, matching, plain[0], language, engines, record.journal)
            cast = replace(cast, voice_ready=find)
        requests = EndRequests(settings.data_dir)
        with tracer().start_as_current_span("call", incoming(claim.trace_context)):
            await _converse(context, connecting, claim, cast, casting, clients, engines, record, requests)
    context.shutdown("call over")


async def _converse(
    context: JobContext,
    connecting: asyncio.Task[None],
    claim: pb.ClaimSessionResponse,
    cast: Cast,
    casting: Casting,
    clients: RoomClients,
    engines: SpeechEngines,
    record: Record,
    requests: EndRequests,
) -> None:
    """Holds the conversation in the job's room. connecting: connects the room."""
    caller = claim.participant_identity
    limits = Limits(
        call_seconds=claim.character.max_call_seconds,
        idle_seconds=claim.idle_timeout.ToTimedelta().total_seconds(),
    )
    sound = RoomSound(context.room, caller, caller_stages(engines.denoiser()), connecting)
    conversation = Conversation(cast, clients, record.journal, record.live, limits, sound, spoken_turns())
    casting.follow(conversation)
    ending = conversation.ending
    absence_seconds = claim.absence_timeout.ToTimedelta().total_seconds()
    presence = CallerPresence(context, caller, absence_seconds, ending.end, conversation.caller_returned)
    seconds = claim.join_timeout.ToTimedelta().total_seconds()
    async with beside(
        clients.run(), end_when_lost(record.journal, ending), end_on_request(requests, context.job.id, ending)
    ):
        try:
            await conversation.run(lambda: presence.joined(seconds, ending.reason))
        finally:
            presence.close()


async def _claim(
    sessions: "sessions_pb2_grpc.SessionsServiceAsyncStub", signer: Signer, session_id: str, worker_id: str
) -> pb.ClaimSessionResponse:
    """Claims the call, with retries until the deadline. A repeated claim gets the same answer.

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


async def _find_voice(
    matching: Matching, plain: Voice, language: str, engines: SpeechEngines, journal: Journal
) -> None:
    """Replaces the plain voice with the one most like the call's recording, and adds an event to the history."""
    event = await matching.find(language, plain.voice, _MATCH_SECONDS)
    journal.add(pb.SessionEvent(voice=event))
    if event.likeness == pb.VOICE_LIKENESS_MATCHED:
        engines.speak_as(plain, event.voice)
