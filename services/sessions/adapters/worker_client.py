"""Asks workers to take calls, at the addresses that they report."""

from callbox.agent.v1 import agent_pb2, agent_pb2_grpc

from services.kit.identity import Identity, Kind, Signer, worker_audience
from services.kit.ids import new_id
from services.kit.rpc.client import call, connect

_SECONDS = 0.5
_NAME = "sessions"


class WorkerClient:
    """The workers' gRPC service as this service uses it."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    async def take_call(self, worker_id: str, address: str, session_id: str, room: str) -> None:
        """Asks a worker to start the job of a call.

        Raises: CallboxError when the worker refuses, or does not answer within 0.5 s.
        """
        request = agent_pb2.TakeCallRequest(session_id=session_id, room_name=room, dispatch_id=new_id("dsp"))
        # Only this worker accepts the token: whoever has the agent's key can report any address.
        token = self._signer.sign(Identity(Kind.SERVICE, name=_NAME), audience=worker_audience(worker_id))
        # A channel per call: a kept one would refuse calls for up to a second after the address was unreachable.
        async with connect(address) as channel:
            stub = agent_pb2_grpc.AgentServiceStub(channel)
            await call(stub.TakeCall, request, identity=token, deadline_seconds=_SECONDS)
