"""The start of a session: admitted with everything in place within a second, or refused with nothing left behind."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import asyncpg
from callbox.characters.v1 import characters_pb2, characters_pb2_grpc
from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from services.kit.catalogue_file import CatalogueFile
from services.kit.errors import CallboxError, Code
from services.kit.identity import Identity, Kind
from services.kit.ids import new_id
from services.kit.logs import get_logger
from services.kit.rpc import context as request
from services.kit.rpc.client import call
from services.kit.tracing import outgoing
from services.sessions import messages
from services.sessions.lifecycle import Lifecycle
from services.sessions.livekit.rooms import CALLER_PREFIX, ROOM_PREFIX, Keys, Rooms, caller_token
from services.sessions.metrics import admissions, start_seconds
from services.sessions.reaper.wakeup import Alarm
from services.sessions.reference_audio.fetch import References
from services.sessions.reference_audio.storage import Recordings
from services.sessions.settings import SessionsSettings
from services.sessions.start import overrides
from services.sessions.start.admission import Admission, Grant, Refusal
from services.sessions.start.idempotency import Replay, StartKey, StartKeys, key_of
from services.sessions.start.limits import Limits
from services.sessions.store import Connection, NewSession, Store

# The promise is a second; the rest is for the way to the client.
_START_SECONDS = 0.9
_RESOLVE_SECONDS = 0.6
_MAKE_SECONDS = 0.8
# Of these, nothing was taken.
_REFUSED = {Code.CONCURRENCY_LIMIT_REACHED, Code.AT_CAPACITY}
_log = get_logger(__name__)


class Intake:
    """Starts sessions."""

    def __init__(
        self,
        characters: characters_pb2_grpc.CharactersServiceAsyncStub,
        limits: Limits,
        admission: Admission,
        store: Store,
        start_keys: StartKeys,
        rooms: Rooms,
        keys: Keys,
        lifecycle: Lifecycle,
        alarm: Alarm,
        references: References,
        recordings: Recordings,
        catalogue: CatalogueFile,
        settings: SessionsSettings,
    ) -> None:
        self._characters = characters
        self._limits = limits
        self._admission = admission
        self._store = store
        self._start_keys = start_keys
        self._rooms = rooms
        self._keys = keys
        self._lifecycle = lifecycle
        self._alarm = alarm
        self._references = references
        self._recordings = recordings
        self._catalogue = catalogue
        self._settings = settings

    async def start(self, asked: pb.StartSessionRequest, identity: Identity) -> pb.StartSessionResponse:
        """Admits a call.

        Raises: CallboxError as characters does on Resolve; `validation_failed`, `concurrency_limit_reached`,
        `at_capacity`, `conflict` of an idempotency key, `upstream_unavailable`.
        """
        request.set_deadline(request.remaining_seconds(_START_SECONDS))
        result = "error"
        with start_seconds.time():
            try:
                answer = await self._once(asked, identity)
                result = "replayed" if answer.replayed else "admitted"
                return answer
            except CallboxError as error:
                result = str(error.code)
                raise
            finally:
                admissions.labels(result).inc()

    async def _once(self, asked: pb.StartSessionRequest, identity: Identity) -> pb.StartSessionResponse:
        """Starts a session, or answers the one that the same request of the same user has started before."""
        # One visitor's key, guessed by another, would give away a seat in a call: theirs are passed over.
        key = key_of(asked, identity.tenant_id, identity.user_id) if identity.kind is Kind.USER else None
        if key is None:
            return await self._start(asked, identity, None)
        if replay := await self._start_keys.take(key):
            return self._again(replay)
        try:
            return await self._start(asked, identity, key)
        except BaseException:
            self._start_keys.free(key)
            raise

    async def _start(
        self, asked: pb.StartSessionRequest, identity: Identity, key: StartKey | None
    ) -> pb.StartSessionResponse:
        character = await call(
            self._characters.Resolve,
            characters_pb2.ResolveRequest(agent=asked.agent),
            deadline_seconds=_RESOLVE_SECONDS,
        )
        overrides.apply(character, asked, self._catalogue.current())
        # The voice takes a recording, or `apply` had refused.
        recording = await self._references.fetch(asked.reference_audio_url) if asked.reference_audio_url else b""
        limit = await self._limits.concurrent_sessions(character.tenant_id)
        new = self._describe(character, asked, identity)

        def answer(row: asyncpg.Record) -> pb.StartSessionResponse:
            return pb.StartSessionResponse(
                session=messages.session(row),
                livekit_url=self._settings.livekit_public_url,
                participant_identity=new.participant_identity,
                system_prompt=character.system_prompt,
                greeting=character.greeting,
            )

        async def bind(connection: Connection, row: asyncpg.Record) -> None:
            if key is not None:
                await self._start_keys.bind(connection, key, row["id"], answer(row))

        try:
            got = await self._admission.admit(new.session_id, new.tenant_id, limit)
            if isinstance(got, Refusal):
                raise got.error()
            if recording:
                await self._recordings.keep(new.session_id, recording)
            row = await self._make(new, got, bind if key else None)
        except BaseException as fault:
            if not (isinstance(fault, CallboxError) and fault.code in _REFUSED):
                self._lifecycle.abandon(new.session_id, new.room_name)
            raise
        self._alarm.ring_in(self._settings.claim_seconds)
        _log.info("session started", session_id=new.session_id, character=new.character_slug)
        return self._with_token(answer(row), self._settings.token_seconds)

    def _again(self, replay: Replay) -> pb.StartSessionResponse:
        """The answer of before, with a new token that lives as long as the first one."""
        left = (replay.token_expire_time - datetime.now(UTC)).total_seconds()
        answer = self._with_token(replay.answer, max(0, int(left)))
        answer.replayed = True
        return answer

    def _with_token(self, answer: pb.StartSessionResponse, seconds: int) -> pb.StartSessionResponse:
        room, caller = answer.session.room_name, answer.participant_identity
        answer.token = caller_token(self._keys, room, caller, seconds)
        answer.token_ttl.CopyFrom(Duration(seconds=seconds))
        return answer

    async def _make(
        self, new: NewSession, grant: Grant, bind: Callable[[Connection, asyncpg.Record], Awaitable[None]] | None
    ) -> asyncpg.Record:
        """Stores the session and makes its room, at the same time; the row.

        bind: stores what belongs to the session; then both are stored only once the room is made.
        """
        room = asyncio.ensure_future(self._rooms.create(new.room_name, grant.agent_name, new.session_id))

        async def before_commit(connection: Connection, row: asyncpg.Record) -> None:
            assert bind is not None
            await bind(connection, row)
            await room

        results = await asyncio.gather(
            self._store.insert(
                new, grant, self._settings.token_seconds, _MAKE_SECONDS, before_commit if bind else None
            ),
            room,
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results[0]  # type: ignore[return-value]  # what is no exception is the row

    @staticmethod
    def _describe(
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
