"""The RPC handlers of `callbox.sessions.v1.LiveService`."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import grpc
from callbox.sessions.v1 import live_pb2 as pb
from callbox.sessions.v1 import live_pb2_grpc, sessions_pb2

from services.kit.errors import CallboxError, Code, not_found, validation
from services.kit.rpc.context import current_user, require_service
from services.sessions.history.read import History
from services.sessions.live.broadcast import Live
from services.sessions.live.watch import Watching
from services.sessions.service import AGENT_SERVICE, known, owned
from services.sessions.store import Store

_MAX_TEXT_CHARACTERS = 4_000
_MAX_PARTIALS = 2
# How long a worker may go on telling of a call that went to another; the other's word replaces it.
_REMEMBER_SECONDS = 10.0
_MAX_REMEMBERED = 10_000
Context = grpc.aio.ServicerContext[Any, Any]


class LiveService(live_pb2_grpc.LiveServiceServicer):
    """Calls as they go on."""

    def __init__(self, store: Store, history: History, live: Live, watching: Watching) -> None:
        self._store = store
        self._history = history
        self._live = live
        self._watching = watching
        self._workers: OrderedDict[str, tuple[str, float]] = OrderedDict()

    async def WatchSession(  # noqa: N802
        self, request: pb.WatchSessionRequest, context: Context
    ) -> AsyncGenerator[pb.WatchSessionResponse, None]:
        """Tells of one session of the user."""
        session = owned(await self._history.head(known(request.session_id)), request.session_id)
        if request.after_sequence < 0:
            raise validation({"after_sequence": ["May not be negative."]})
        watch = self._watching.watch(session.session_id, current_user().tenant_id, request.after_sequence)
        async with aclosing(watch) as answers:
            async for told in answers:
                yield told

    async def PublishLive(self, request: pb.PublishLiveRequest, context: Context) -> pb.PublishLiveResponse:  # noqa: N802
        """Passes on how a call goes on."""
        require_service(AGENT_SERVICE)
        session_id, update = known(request.session_id), request.update
        if len(update.partials) > _MAX_PARTIALS:
            raise validation({"update.partials": [f"At most {_MAX_PARTIALS}, one a side."]})
        if await self._worker_of(session_id) != request.worker_id:
            raise CallboxError(Code.SESSION_TAKEN, "Another worker carries this session; leave its room.")
        if update.agent_state not in pb.AgentState.values():
            update.agent_state = pb.AGENT_STATE_UNSPECIFIED
        for partial in update.partials:
            if partial.role not in sessions_pb2.Role.values():
                partial.role = sessions_pb2.ROLE_UNSPECIFIED
            partial.text = partial.text[:_MAX_TEXT_CHARACTERS]
        # What a worker knows of forms, it tells as events.
        update.ClearField("forms")
        return pb.PublishLiveResponse(watched=await self._live.publish(session_id, update))

    async def _worker_of(self, session_id: str) -> str | None:
        worker, until = self._workers.get(session_id, (None, 0.0))
        if time.monotonic() < until:
            return worker
        call = await self._store.call(session_id)
        if call is None:
            raise not_found(f"Session {session_id}")
        self._workers[session_id] = call.worker_id or "", time.monotonic() + _REMEMBER_SECONDS
        self._workers.move_to_end(session_id)
        if len(self._workers) > _MAX_REMEMBERED:
            self._workers.popitem(last=False)
        return call.worker_id
