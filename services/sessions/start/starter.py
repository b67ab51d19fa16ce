"""Starts a session within a second: it is admitted with everything it needs, or refused and undone."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import asyncpg
from callbox.characters.v1 import characters_pb2, characters_pb2_grpc
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.catalogue_file import CatalogueFile
from services.kit.errors import CallboxError, Code
from services.kit.identity import Identity, Kind
from services.kit.ids import new_id
from services.kit.livekit_keys import LiveKitKeys
from services.kit.logs import get_logger
from services.kit.rpc import context as request
from services.kit.rpc.client import call
from services.kit.tasks import in_parallel
from services.kit.times import duration
from services.kit.tracing import outgoing
from services.sessions import messages
from services.sessions.adapters.livekit_rooms import CALLER_PREFIX, ROOM_PREFIX, Rooms, caller_token
from services.sessions.admission.slots import Grant, Refusal
from services.sessions.admission.tenant_limits import TenantLimits
from services.sessions.lifecycle.admitter import Admitter
from services.sessions.lifecycle.dispatcher import Dispatcher
from services.sessions.lifecycle.transitions import Lifecycle
from services.sessions.metrics import admissions, start_seconds
from services.sessions.reference_audio.fetcher import ReferenceAudioFetcher
from services.sessions.reference_audio.storage import ReferenceAudioStore
from services.sessions.settings import SessionsSettings
from services.sessions.start import overrides
from services.sessions.start.idempotency import IdempotencyKey, IdempotencyKeys, Replay, key_of
from services.sessions.store import NewSession, Store
from services.sessions.visitor_rates import VisitorRates

# A start is promised within a second; the rest is for the way to the client.
_START_SECONDS = 0.9
_RESOLVE_SECONDS = 0.6
_CREATE_SECONDS = 0.8
# After these, there is nothing to undo.
_REFUSED = {Code.CONCURRENCY_LIMIT_REACHED, Code.AT_CAPACITY}
_log = get_logger(__name__)


class SessionStarter:
    """Starts sessions."""

    def __init__(
        self,
        characters: characters_pb2_grpc.CharactersServiceAsyncStub,
        limits: TenantLimits,
        rates: VisitorRates,
        admitter: Admitter,
        store: Store,
        idempotency_keys: IdempotencyKeys,
        rooms: Rooms,
        keys: LiveKitKeys,
        lifecycle: Lifecycle,
        dispatcher: Dispatcher,
        reference_audio: ReferenceAudioFetcher,
        reference_audio_store: ReferenceAudioStore,
        catalogue: CatalogueFile,
        settings: SessionsSettings,
    ) -> None:
        self._characters = characters
        self._limits = limits
        self._rates = rates
        self._admitter = admitter
        self._store = store
        self._idempotency_keys = idempotency_keys
        self._rooms = rooms
        self._keys = keys
        self._lifecycle = lifecycle
        self._dispatcher = dispatcher
        self._reference_audio = reference_audio
        self._reference_audio_store = reference_audio_store
        self._catalogue = catalogue
        self._settings = settings

    async def start(self, asked: pb.StartSessionRequest, identity: Identity) -> pb.StartSessionResponse:
        """Starts a call, or refuses it.

        Raises: CallboxError as characters does on Resolve; `validation_failed`, `rate_limited`,
        `concurrency_limit_reached`, `at_capacity`, `conflict` of an idempotency key, `upstream_unavailable`.
        """
        request.set_deadline(request.remaining_seconds(_START_SECONDS))
        result = "error"
        with start_seconds.time():
            try:
                answer = await self._start_or_replay(asked, identity)
                result = "replayed" if answer.replayed else "admitted"
                return answer
            except CallboxError as error:
                result = str(error.code)
                raise
            finally:
                admissions.labels(result).inc()

    async def _start_or_replay(self, asked: pb.StartSessionRequest, identity: Identity) -> pb.StartSessionResponse:
        """Starts a session, or answers the one that the same request of the same user has started before."""
        # Visitors' keys are ignored: one visitor could guess the key of another and join that call.
        key = key_of(asked, identity.tenant_id, identity.user_id) if identity.kind is Kind.USER else None
        if key is None:
            return await self._start(asked, identity, None)
        if replay := await self._idempotency_keys.take(key):
            return self._replayed(replay)
        try:
            return await self._start(asked, identity, key)
        except BaseException:
            self._idempotency_keys.free(key)
            raise

    async def _start(
        self, asked: pb.StartSessionRequest, identity: Identity, key: IdempotencyKey | None
    ) -> pb.StartSessionResponse:
        character = await self._resolve(asked, identity)
        overrides.apply(character, asked, self._catalogue.current())
        # `apply` has checked that the voice can use reference audio.
        audio = await self._reference_audio.fetch(asked.reference_audio_url) if asked.reference_audio_url else b""
        limit = await self._limits.concurrent_sessions(character.tenant_id)
        new = self._new_session(character, asked, identity)

        def answer(row: asyncpg.Record) -> pb.StartSessionResponse:
            return pb.StartSessionResponse(
                session=messages.session(row),
                livekit_url=self._settings.livekit_public_url,
                participant_identity=new.participant_identity,
                system_prompt=character.system_prompt,
                greeting=character.greeting,
            )

        try:
            grant = await self._admitter.admit(new.session_id, new.tenant_id, limit)
            if isinstance(grant, Refusal):
                raise grant.error()
            if audio:
                await self._reference_audio_store.keep(new.session_id, audio)
            row = await self._create(new, grant)
            if key is not None:
                await self._idempotency_keys.bind(key, row["id"], answer(row))
        except BaseException as fault:
            if not (isinstance(fault, CallboxError) and fault.code in _REFUSED):
                self._lifecycle.undo_start(new.session_id, new.room_name)
            raise
        self._dispatcher.dispatch(new.session_id, new.room_name, grant, is_first=True)
        _log.info("session started", session_id=new.session_id, character=new.character_slug)
        return self._with_token(answer(row), self._settings.token_seconds)

    async def _resolve(self, asked: pb.StartSessionRequest, identity: Identity) -> characters_pb2.CharacterSnapshot:
        """The character. A visitor's start is counted at the same time."""
        resolving = call(
            self._characters.Resolve,
            characters_pb2.ResolveRequest(agent=asked.agent),
            deadline_seconds=_RESOLVE_SECONDS,
        )
        if identity.kind is not Kind.VISITOR:
            return await resolving
        return (await in_parallel(resolving, self._rates.count(asked.agent, asked.client_address)))[0]

    def _replayed(self, replay: Replay) -> pb.StartSessionResponse:
        """The earlier answer with a new token, which expires when the first one does."""
        left = (replay.token_expire_time - datetime.now(UTC)).total_seconds()
        answer = self._with_token(replay.answer, max(0, int(left)))
        answer.replayed = True
        return answer

    def _with_token(self, answer: pb.StartSessionResponse, seconds: int) -> pb.StartSessionResponse:
        room, caller = answer.session.room_name, answer.participant_identity
        answer.token = caller_token(self._keys, room, caller, seconds)
        answer.token_ttl.CopyFrom(duration(seconds))
        return answer

    async def _create(self, new: NewSession, grant: Grant) -> asyncpg.Record:
        """Stores the session and creates its room at the same time; the row."""
        row, _ = await in_parallel(
            self._store.insert(new, grant, self._settings.token_seconds, _CREATE_SECONDS),
            self._rooms.create(new.room_name),
        )
        return row

    @staticmethod
    def _new_session(
        character: characters_pb2.CharacterSnapshot, asked: pb.StartSessionRequest, identity: Identity
    ) -> NewSession:
        return NewSession(
            session_id=new_id("sess"),
            tenant_id=character.tenant_id,
            owner_id=character.created_by,
            character_id=character.character_id,
            character_slug=character.slug,
            character_version=character.version,
            user_id=identity.user_id,
            room_name=f"{ROOM_PREFIX}{character.slug}-{secrets.token_hex(8)}",
            participant_identity=f"{CALLER_PREFIX}{secrets.token_hex(6)}",
            origin_url=asked.origin_url,
            metadata=overrides.metadata_of(asked),
            snapshot=character.SerializeToString(),
            mcp_headers=dict(asked.mcp_headers),
            trace_context=outgoing(),
            max_call_seconds=character.max_call_seconds,
        )
