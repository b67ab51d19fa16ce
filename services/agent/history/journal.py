"""Sends the events of a call to sessions as they happen.

Events are numbered, kept until sessions has stored them, and sent again after sessions was down.
"""

import asyncio
from collections import deque

import structlog
import tenacity
from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc

from services.agent.history.event_size import first_batch, trimmed
from services.agent.metrics import unsent_events
from services.kit.errors import CallboxError, Code
from services.kit.identity import Signer
from services.kit.rpc.client import call
from services.kit.times import timestamp_now

# A call of many hours stays below this. At the limit the oldest event is dropped and logged.
_MAX_UNSENT = 10_000
_APPEND_SECONDS = 3.0
_RETRYABLE = {Code.UPSTREAM_UNAVAILABLE, Code.INTERNAL, Code.RATE_LIMITED, Code.NOT_AUTHENTICATED, Code.TOKEN_EXPIRED}
_log = structlog.get_logger(__name__)


class Journal:
    """The events of one call; `run` sends them.

    lost: set when no further event will be stored: sessions has refused one, or `run` has failed. taken: sessions has
    refused because another worker carries the call.
    """

    def __init__(
        self,
        stub: "sessions_pb2_grpc.SessionsServiceAsyncStub",
        signer: Signer,
        session_id: str,
        worker_id: str,
        last_sequence: int,
    ) -> None:
        self._stub = stub
        self._signer = signer
        self._session_id = session_id
        self._worker_id = worker_id
        self._next = last_sequence + 1
        self._unsent: deque[pb.SessionEvent] = deque()
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.lost = asyncio.Event()
        self.taken = False

    def add(self, event: pb.SessionEvent) -> None:
        """Sets an event's number and time and queues it. The text of a very large one is cut."""
        event = trimmed(event)
        event.sequence = self._next
        self._next += 1
        event.occur_time.CopyFrom(timestamp_now())
        if len(self._unsent) >= _MAX_UNSENT:
            _log.error("event lost, too many unsent", sequence=self._unsent.popleft().sequence)
        self._unsent.append(event)
        unsent_events.set(len(self._unsent))
        if not self.lost.is_set():
            self._empty.clear()
            self._news.set()

    async def run(self) -> None:
        """Sends events in order until cancelled, or until the journal is lost."""
        try:
            while not self.lost.is_set():
                await self._news.wait()
                self._news.clear()
                await self._send_all()
                self._empty.set()
        finally:
            self.lost.set()
            self._empty.set()

    async def drain(self, seconds: float) -> bool:
        """Waits until all events are stored, for at most `seconds`; False when some are left."""
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            pass
        if self._unsent:
            _log.error("events left unsent", count=len(self._unsent))
        return not self._unsent

    async def _send_all(self) -> None:
        while self._unsent and not self.lost.is_set():
            async for attempt in tenacity.AsyncRetrying(
                retry=tenacity.retry_if_exception(_is_retryable),
                wait=tenacity.wait_random_exponential(multiplier=0.2, max=2.0),
                before_sleep=self._tell,
                reraise=True,
            ):
                with attempt:
                    await self._send()

    async def _send(self) -> None:
        batch = first_batch(self._unsent)
        request = pb.AppendEventsRequest(session_id=self._session_id, worker_id=self._worker_id, events=batch)
        try:
            answer = await call(
                self._stub.AppendEvents,
                request,
                identity=self._signer.service_token(),
                deadline_seconds=_APPEND_SECONDS,
            )
        except CallboxError as fault:
            if _is_retryable(fault):
                raise
            _log.error("sessions refuses the events of this call", code=fault.code, message=fault.message)
            self.taken = fault.code is Code.SESSION_TAKEN
            self.lost.set()
            return
        while self._unsent and self._unsent[0].sequence <= answer.last_sequence:
            self._unsent.popleft()
        unsent_events.set(len(self._unsent))

    @staticmethod
    def _tell(state: tenacity.RetryCallState) -> None:
        if state.attempt_number == 1 and state.outcome is not None:
            _log.warning("sessions is away, events are kept", fault=str(state.outcome.exception()))


def _is_retryable(fault: BaseException) -> bool:
    return isinstance(fault, CallboxError) and fault.code in _RETRYABLE
