"""The live state of a call, sent to sessions for those who watch it. Updates may be lost; the call never waits."""

import asyncio
import contextlib

from callbox.sessions.v1 import live_pb2, live_pb2_grpc
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.errors import CallboxError
from services.kit.identity import Signer
from services.kit.rpc.client import call

# Interval while someone watches, and otherwise, to learn when someone starts to watch.
_WATCHED_SECONDS, _UNWATCHED_SECONDS = 0.2, 2.0
_AWAY_SECONDS = 5.0
_PUBLISH_SECONDS = 1.0
_MAX_TEXT_CHARACTERS = 4_000
_STATES = {
    "listening": live_pb2.AGENT_STATE_LISTENING,
    "thinking": live_pb2.AGENT_STATE_THINKING,
    "speaking": live_pb2.AGENT_STATE_SPEAKING,
    "idle": live_pb2.AGENT_STATE_IDLE,
}


class Live:
    """Keeps only the newest state; `run` sends it at intervals."""

    def __init__(
        self, stub: "live_pb2_grpc.LiveServiceAsyncStub", signer: Signer, session_id: str, worker_id: str
    ) -> None:
        self._stub = stub
        self._signer = signer
        self._session_id = session_id
        self._worker_id = worker_id
        self._state = live_pb2.AGENT_STATE_UNSPECIFIED
        self._partials: dict[pb.Role.ValueType, live_pb2.PartialTurn] = {}
        self._news = asyncio.Event()

    def state(self, state: str) -> None:
        """Sets what the agent does; ignores a state that the protocol does not have."""
        if state in _STATES and _STATES[state] != self._state:
            self._state = _STATES[state]
            self._news.set()

    def partial(self, role: "pb.Role.ValueType", text: str, turn_index: int) -> None:
        """Sets the text so far of the turn that will be number `turn_index`."""
        self._partials[role] = live_pb2.PartialTurn(turn_index=turn_index, role=role, text=text[:_MAX_TEXT_CHARACTERS])
        self._news.set()

    def final(self, role: "pb.Role.ValueType") -> None:
        """Clears the partial text: the turn has ended and follows as an event."""
        self._partials.pop(role, None)

    async def run(self) -> None:
        """Sends until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            await asyncio.sleep(await self._tell())

    async def _tell(self) -> float:
        """Sends the state. Returns the seconds until the next time."""
        update = live_pb2.LiveUpdate(agent_state=self._state, partials=self._partials.values())
        self._partials.clear()
        request = live_pb2.PublishLiveRequest(session_id=self._session_id, worker_id=self._worker_id, update=update)
        with contextlib.suppress(CallboxError):
            answer = await call(
                self._stub.PublishLive,
                request,
                identity=self._signer.service_token(),
                deadline_seconds=_PUBLISH_SECONDS,
            )
            return _WATCHED_SECONDS if answer.watched else _UNWATCHED_SECONDS
        return _AWAY_SECONDS
