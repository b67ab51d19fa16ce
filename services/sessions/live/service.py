"""The RPC handlers of `callbox.sessions.v1.LiveService`."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import grpc
from cachetools import TTLCache
from callbox.sessions.v1 import live_pb2 as pb
from callbox.sessions.v1 import live_pb2_grpc, sessions_pb2

from services.kit.errors import CallboxError, Code, not_found, validation
from services.kit.rpc.context import current_user, require_service
from services.sessions.access import AGENT_SERVICE, checked_id, readable
from services.sessions.adapters.live_updates import LiveUpdates
from services.sessions.history.reader import HistoryReader
from services.sessions.live.watcher import Watcher
from services.sessions.store import Store

_MAX_TEXT_CHARACTERS = 4_000
_MAX_PARTIALS = 2
# How long a worker can still publish updates of a call that another worker has taken over.
_WORKER_CACHE_SECONDS = 10.0
_MAX_CACHED_SESSIONS = 10_000
Context = grpc.aio.ServicerContext[Any, Any]


class LiveService(live_pb2_grpc.LiveServiceServicer):
    """Watching calls, and publishing their updates."""

    def __init__(
        self,
        store: Store,
        history: HistoryReader,
        live: LiveUpdates,
        watcher: Watcher,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._history = history
        self._live = live
        self._watcher = watcher
        self._workers: TTLCache[str, str] = TTLCache(_MAX_CACHED_SESSIONS, _WORKER_CACHE_SECONDS, timer)

    async def WatchSession(  # noqa: N802
        self, request: pb.WatchSessionRequest, context: Context
    ) -> AsyncGenerator[pb.WatchSessionResponse, None]:
        """Streams what happens in one session of the user."""
        session = readable(await self._history.head(checked_id(request.session_id)), request.session_id)
        if request.after_sequence < 0:
            raise validation({"after_sequence": ["May not be negative."]})
        watch = self._watcher.watch(session.session_id, current_user().tenant_id, request.after_sequence)
        async with aclosing(watch) as answers:
            async for answer in answers:
                yield answer

    async def PublishLive(self, request: pb.PublishLiveRequest, context: Context) -> pb.PublishLiveResponse:  # noqa: N802
        """Passes a worker's update of a call on to those who watch it."""
        require_service(AGENT_SERVICE)
        session_id, update = checked_id(request.session_id), request.update
        if len(update.partials) > _MAX_PARTIALS:
            raise validation({"update.partials": [f"At most {_MAX_PARTIALS}, one a side."]})
        if not request.worker_id or await self._worker_of(session_id) != request.worker_id:
            raise CallboxError(Code.SESSION_TAKEN, "Another worker carries this session; leave its room.")
        if update.agent_state not in pb.AgentState.values():
            update.agent_state = pb.AGENT_STATE_UNSPECIFIED
        for partial in update.partials:
            if partial.role not in sessions_pb2.Role.values():
                partial.role = sessions_pb2.ROLE_UNSPECIFIED
            partial.text = partial.text[:_MAX_TEXT_CHARACTERS]
        # Workers report forms as events.
        update.ClearField("forms")
        return pb.PublishLiveResponse(watched=await self._live.publish(session_id, update))

    async def _worker_of(self, session_id: str) -> str:
        """The worker that carries a session; empty for none. Raises: CallboxError `not_found`."""
        worker = self._workers.get(session_id)
        if worker is None:
            call = await self._store.call(session_id)
            if call is None:
                raise not_found(f"Session {session_id}")
            self._workers[session_id] = worker = call.worker_id or ""
        return worker
