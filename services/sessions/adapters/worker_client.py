"""Asks workers to take calls, at the addresses that they report."""

from collections import OrderedDict

import grpc
from callbox.agent.v1 import agent_pb2, agent_pb2_grpc

from services.kit.errors import CallboxError, Code
from services.kit.identity import Identity, Kind, Signer, worker_audience
from services.kit.ids import new_id
from services.kit.rpc.client import call, connect

_SECONDS = 0.5
_MAX_CHANNELS = 512
_NAME = "sessions"


class WorkerClient:
    """The workers' gRPC service as this service uses it. Keeps the channels of the workers that were asked last.

    A channel is closed when its last request is over, since another call may be using it.
    """

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        # By worker and address. A worker that starts again has another id, so it gets a channel of its own.
        self._channels: OrderedDict[tuple[str, str], grpc.aio.Channel] = OrderedDict()

    async def take_call(self, worker_id: str, address: str, session_id: str, room: str) -> None:
        """Asks a worker to start the job of a call.

        Raises: CallboxError when the worker refuses, or does not answer within 0.5 s.
        """
        request = agent_pb2.TakeCallRequest(session_id=session_id, room_name=room, dispatch_id=new_id("dsp"))
        # Only this worker accepts the token: whoever has the agent's key can report any address.
        token = self._signer.sign(Identity(Kind.SERVICE, name=_NAME), audience=worker_audience(worker_id))
        stub = agent_pb2_grpc.AgentServiceStub(await self._channel(worker_id, address))
        try:
            await call(stub.TakeCall, request, identity=token, deadline_seconds=_SECONDS)
        except CallboxError as fault:
            # A channel that failed refuses calls for a while, also when the worker can be reached again.
            if fault.code is Code.UPSTREAM_UNAVAILABLE and (channel := self._channels.pop((worker_id, address), None)):
                await channel.close(_SECONDS)
            raise

    async def close(self) -> None:
        """Closes the channels."""
        while self._channels:
            await self._channels.popitem()[1].close()

    async def _channel(self, worker_id: str, address: str) -> grpc.aio.Channel:
        key = worker_id, address
        if key not in self._channels:
            self._channels[key] = connect(address)
        self._channels.move_to_end(key)
        channel = self._channels[key]
        while len(self._channels) > _MAX_CHANNELS:
            await self._channels.popitem(last=False)[1].close(_SECONDS)
        return channel
