"""The services behind the gateway: a channel and a stub each."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceStub
from callbox.characters.v1.characters_pb2_grpc import CharactersServiceStub
from callbox.characters.v1.knowledge_pb2_grpc import KnowledgeServiceStub
from callbox.sessions.v1.sessions_pb2_grpc import SessionsServiceStub
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.gateway.settings import GatewaySettings
from services.kit.client import connect

if TYPE_CHECKING:
    # Names of the stubs' types only; the generated code has no such classes.
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceAsyncStub
    from callbox.characters.v1.characters_pb2_grpc import CharactersServiceAsyncStub
    from callbox.characters.v1.knowledge_pb2_grpc import KnowledgeServiceAsyncStub
    from callbox.sessions.v1.sessions_pb2_grpc import SessionsServiceAsyncStub

_HEALTH_SECONDS = 0.8


@dataclass(frozen=True)
class Backends:
    """Stubs of accounts, characters and sessions, and the channels under them."""

    accounts: "AccountsServiceAsyncStub"
    characters: "CharactersServiceAsyncStub"
    sessions: "SessionsServiceAsyncStub"
    knowledge: "KnowledgeServiceAsyncStub"
    channels: dict[str, grpc.aio.Channel]

    @classmethod
    def open(cls, settings: GatewaySettings) -> "Backends":
        """Channels to the addresses in the settings; nothing is dialled before the first call."""
        channels = {
            "accounts": connect(settings.accounts_address),
            "characters": connect(settings.characters_address),
            "sessions": connect(settings.sessions_address),
        }
        return cls(
            AccountsServiceStub(channels["accounts"]),
            CharactersServiceStub(channels["characters"]),
            SessionsServiceStub(channels["sessions"]),
            KnowledgeServiceStub(channels["characters"]),
            channels,
        )

    async def close(self) -> None:
        """Closes every channel."""
        await asyncio.gather(*(channel.close() for channel in self.channels.values()))

    async def readiness(self) -> dict[str, str | None]:
        """What is wrong with each service, None when it is well."""
        faults = await asyncio.gather(*(_fault(channel) for channel in self.channels.values()))
        return dict(zip(self.channels, faults, strict=True))


async def _fault(channel: grpc.aio.Channel) -> str | None:
    stub: Any = health_pb2_grpc.HealthStub(channel)  # its stub file leaves the methods out
    try:
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=_HEALTH_SECONDS)
    except grpc.aio.AioRpcError as fault:
        return f"does not answer ({fault.code().name})"
    if answer.status == health_pb2.HealthCheckResponse.SERVING:
        return None
    return f"is {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}"
