"""The RPC handlers of `callbox.sessions.v1`."""

import re
from datetime import UTC, datetime
from typing import Any

import grpc
from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.errors import CallboxError, Code, not_found, validation
from services.kit.identity import Kind
from services.kit.rpc.context import current_identity, current_user, require_service
from services.sessions import endings
from services.sessions.history.events import Events
from services.sessions.history.filter import Filter
from services.sessions.history.read import DEFAULT_PAGE, MAX_PAGE, MAX_SKIP, History
from services.sessions.lifecycle import Lifecycle
from services.sessions.reference_audio.storage import Recordings
from services.sessions.start.start import Intake
from services.sessions.workers import Workers

_SESSION_ID = re.compile(r"sess_[A-Za-z0-9_\-]{1,64}\Z")
AGENT_SERVICE = "agent"
Context = grpc.aio.ServicerContext[Any, Any]


class SessionsService(sessions_pb2_grpc.SessionsServiceServicer):
    """Admission, life cycle, history."""

    def __init__(
        self,
        intake: Intake,
        workers: Workers,
        recordings: Recordings,
        events: Events,
        history: History,
        lifecycle: Lifecycle,
    ) -> None:
        self._intake = intake
        self._workers = workers
        self._recordings = recordings
        self._events = events
        self._history = history
        self._lifecycle = lifecycle

    async def StartSession(self, request: pb.StartSessionRequest, context: Context) -> pb.StartSessionResponse:  # noqa: N802
        """Admits a call or refuses it within a second."""
        identity = current_identity()
        if identity.kind is Kind.SERVICE:
            raise CallboxError(Code.PERMISSION_DENIED, "A session is started for a user or a visitor.")
        return await self._intake.start(request, identity)

    async def GetSession(self, request: pb.GetSessionRequest, context: Context) -> pb.Session:  # noqa: N802
        """Reads one session of the user."""
        return owned(await self._history.get(known(request.session_id)), request.session_id)

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
        session = owned(await self._history.head(known(request.session_id)), request.session_id)
        if session.status == pb.SESSION_STATUS_ENDED:
            return session
        await self._lifecycle.finalise(request.session_id, endings.ENDED_BY_API)
        return owned(await self._history.head(request.session_id), request.session_id)

    async def ClaimSession(self, request: pb.ClaimSessionRequest, context: Context) -> pb.ClaimSessionResponse:  # noqa: N802
        """Gives a dispatched session to its worker."""
        require_service(AGENT_SERVICE)
        return await self._workers.claim(known(request.session_id), request.worker_id)

    async def AppendEvents(self, request: pb.AppendEventsRequest, context: Context) -> pb.AppendEventsResponse:  # noqa: N802
        """Stores what happened in a call."""
        require_service(AGENT_SERVICE)
        last = await self._events.append(known(request.session_id), request.worker_id, request.events)
        return pb.AppendEventsResponse(last_sequence=last)

    async def ReadReference(self, request: pb.ReadReferenceRequest, context: Context) -> pb.ReadReferenceResponse:  # noqa: N802
        """Gives the worker the recording that the voice is to sound like."""
        require_service(AGENT_SERVICE)
        await self._workers.check_carries(known(request.session_id), request.worker_id)
        content = await self._recordings.read(request.session_id)
        if content is None:
            raise not_found("The recording")
        return pb.ReadReferenceResponse(content=content)

    async def ReportWorker(self, request: pb.ReportWorkerRequest, context: Context) -> pb.ReportWorkerResponse:  # noqa: N802
        """Takes a worker's report."""
        require_service(AGENT_SERVICE)
        return await self._workers.report(request.worker)


def owned(session: pb.Session | None, session_id: str) -> pb.Session:
    """The session, if it is one of a character that the user created, or the user is staff.

    Raises: CallboxError `not_found`, `not_authenticated`.
    """
    user = current_user()
    if session is None or not (user.is_staff or user.user_id == session.owner_id):
        raise not_found(f"Session {session_id}")
    return session


def known(session_id: str) -> str:
    """Raises: CallboxError `not_found` for what cannot be a session's identity."""
    if not _SESSION_ID.match(session_id):
        raise not_found("The session")
    return session_id


def _moment(moment: Timestamp, field: str) -> datetime:
    try:
        return moment.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise validation({field: ["Is not a moment between the years 1 and 9999."]}) from None


def _reason(number: pb.EndReason.ValueType) -> str:
    if number not in pb.EndReason.values():
        raise validation({"end_reason": ["Is not one of those there are."]})
    return endings.name(number)


def _status(number: pb.SessionStatus.ValueType) -> str:
    if number not in pb.SessionStatus.values():
        raise validation({"status": ["Is not one of those there are."]})
    return pb.SessionStatus.Name(number).removeprefix("SESSION_STATUS_").lower() if number else ""
