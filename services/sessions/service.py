"""The RPC handlers of `callbox.sessions.v1`."""

from datetime import datetime
from typing import Any

import grpc
from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.errors import CallboxError, Code, not_found, validation
from services.kit.identity import Kind
from services.kit.rpc.context import current_identity, current_user, require_service
from services.kit.times import moment
from services.sessions.access import AGENT_SERVICE, checked_id, readable
from services.sessions.events.appender import EventAppender
from services.sessions.history.filter import Filter
from services.sessions.history.reader import DEFAULT_PAGE, MAX_PAGE, MAX_SKIP, HistoryReader
from services.sessions.lifecycle import end_reasons
from services.sessions.lifecycle.transitions import Lifecycle
from services.sessions.reference_audio.storage import ReferenceAudioStore
from services.sessions.start.starter import SessionStarter
from services.sessions.workers import Workers

Context = grpc.aio.ServicerContext[Any, Any]


class SessionsService(sessions_pb2_grpc.SessionsServiceServicer):
    """Starts, ends and reads sessions; takes claims, events and reports of workers."""

    def __init__(
        self,
        starter: SessionStarter,
        workers: Workers,
        reference_audio: ReferenceAudioStore,
        events: EventAppender,
        history: HistoryReader,
        lifecycle: Lifecycle,
    ) -> None:
        self._starter = starter
        self._workers = workers
        self._reference_audio = reference_audio
        self._events = events
        self._history = history
        self._lifecycle = lifecycle

    async def StartSession(self, request: pb.StartSessionRequest, context: Context) -> pb.StartSessionResponse:  # noqa: N802
        """Starts a call, or refuses it within a second."""
        identity = current_identity()
        if identity.kind is Kind.SERVICE:
            raise CallboxError(Code.PERMISSION_DENIED, "A session is started for a user or a visitor.")
        return await self._starter.start(request, identity)

    async def GetSession(self, request: pb.GetSessionRequest, context: Context) -> pb.Session:  # noqa: N802
        """Reads one session of the user."""
        return readable(await self._history.get(checked_id(request.session_id)), request.session_id)

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Context) -> pb.ListSessionsResponse:  # noqa: N802
        """Lists sessions of the user."""
        user = current_user()
        size, skip = request.page_size or DEFAULT_PAGE, request.skip
        if size < 0 or not 0 <= skip <= MAX_SKIP:
            raise validation({"page_size" if size < 0 else "skip": ["Is out of range."]})
        if "\0" in request.tenant_id + request.character_slug + request.origin or (
            not user.is_staff and request.tenant_id not in ("", user.tenant_id)
        ):
            return pb.ListSessionsResponse()
        wanted = Filter(
            tenant_id=request.tenant_id if user.is_staff else user.tenant_id,
            owner_id=0 if user.is_staff else user.user_id,
            character_slug=request.character_slug,
            end_reason=_reason(request.end_reason),
            origin=request.origin,
            status=_status(request.status),
            start=_moment(request.start_time, "start_time") if request.HasField("start_time") else None,
            end=_moment(request.end_time, "end_time") if request.HasField("end_time") else None,
        )
        full = request.view == pb.SESSION_VIEW_FULL
        page = await self._history.list(wanted, min(size, MAX_PAGE), request.page_token, skip, full=full)
        return pb.ListSessionsResponse(
            sessions=page.sessions,
            next_page_token=page.next_page_token,
            total_size=page.total_size,
            total_usage=page.total_usage,
        )

    async def EndSession(self, request: pb.EndSessionRequest, context: Context) -> pb.Session:  # noqa: N802
        """Ends a session of the user."""
        session = readable(await self._history.head(checked_id(request.session_id)), request.session_id)
        if session.status == pb.SESSION_STATUS_ENDED:
            return session
        await self._lifecycle.finalise(request.session_id, end_reasons.ENDED_BY_API)
        return readable(await self._history.head(request.session_id), request.session_id)

    async def ClaimSession(self, request: pb.ClaimSessionRequest, context: Context) -> pb.ClaimSessionResponse:  # noqa: N802
        """Gives a dispatched session to its worker."""
        require_service(AGENT_SERVICE)
        return await self._workers.claim(checked_id(request.session_id), request.worker_id)

    async def AppendEvents(self, request: pb.AppendEventsRequest, context: Context) -> pb.AppendEventsResponse:  # noqa: N802
        """Stores events of a call."""
        require_service(AGENT_SERVICE)
        last = await self._events.append(checked_id(request.session_id), request.worker_id, request.events)
        return pb.AppendEventsResponse(last_sequence=last)

    async def ReadReference(self, request: pb.ReadReferenceRequest, context: Context) -> pb.ReadReferenceResponse:  # noqa: N802
        """Gives the worker the reference audio of its call."""
        require_service(AGENT_SERVICE)
        await self._workers.check_carries(checked_id(request.session_id), request.worker_id)
        content = await self._reference_audio.read(request.session_id)
        if content is None:
            raise not_found("The recording")
        return pb.ReadReferenceResponse(content=content)

    async def ReportWorker(self, request: pb.ReportWorkerRequest, context: Context) -> pb.ReportWorkerResponse:  # noqa: N802
        """Takes a worker's report."""
        require_service(AGENT_SERVICE)
        return await self._workers.report(request.worker)


def _moment(timestamp: Timestamp, field: str) -> datetime:
    try:
        return moment(timestamp)
    except (ValueError, OverflowError):
        raise validation({field: ["Must be a time between the years 1 and 9999."]}) from None


def _reason(number: pb.EndReason.ValueType) -> str:
    if number not in pb.EndReason.values():
        raise validation({"end_reason": ["Is not a known value."]})
    return end_reasons.name(number)


def _status(number: pb.SessionStatus.ValueType) -> str:
    if number not in pb.SessionStatus.values():
        raise validation({"status": ["Is not a known value."]})
    return pb.SessionStatus.Name(number).removeprefix("SESSION_STATUS_").lower() if number else ""
