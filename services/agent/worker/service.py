"""The RPC handler of `callbox.agent.v1`."""

from typing import Any

import grpc
from callbox.agent.v1 import agent_pb2 as pb
from callbox.agent.v1 import agent_pb2_grpc

from services.agent.worker.jobs import Jobs
from services.kit.errors import validation
from services.kit.rpc.context import require_service

_MAX_TEXT = 256
Context = grpc.aio.ServicerContext[Any, Any]


class AgentService(agent_pb2_grpc.AgentServiceServicer):
    """Takes calls from sessions."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def TakeCall(self, request: pb.TakeCallRequest, context: Context) -> pb.TakeCallResponse:  # noqa: N802
        """Starts the job of a call."""
        require_service("sessions")
        given = {name: getattr(request, name) for name in ("session_id", "room_name", "dispatch_id")}
        if faults := {name: _FAULT for name, value in given.items() if not _fits(value)}:
            raise validation(faults)
        self._jobs.take(**given)
        return pb.TakeCallResponse()


_FAULT = [f"Must have 1 to {_MAX_TEXT} printable characters."]


def _fits(value: str) -> bool:
    return 0 < len(value) <= _MAX_TEXT and value.isprintable()
