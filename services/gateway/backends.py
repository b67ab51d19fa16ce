"""The services behind the gateway: a channel and a stub each."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from callbox.accounts.v1 import user_data_pb2_grpc as accounts_data
from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceStub
from callbox.accounts.v1.google_pb2_grpc import GoogleServiceStub
from callbox.characters.v1 import user_data_pb2_grpc as characters_data
from callbox.characters.v1.appearance_pb2_grpc import AppearanceServiceStub
from callbox.characters.v1.characters_pb2_grpc import CharactersServiceStub
from callbox.characters.v1.gates_pb2_grpc import GatesServiceStub
from callbox.characters.v1.media_pb2_grpc import MediaServiceStub
from callbox.sessions.v1 import user_data_pb2_grpc as sessions_data
from callbox.sessions.v1.forms_pb2_grpc import FormResponsesServiceStub
from callbox.sessions.v1.live_pb2_grpc import LiveServiceStub
from callbox.sessions.v1.sessions_pb2_grpc import SessionsServiceStub
from callbox.sessions.v1.webhooks_pb2_grpc import WebhooksServiceStub
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.gateway.settings import GatewaySettings
from services.kit.client import connect

if TYPE_CHECKING:
    # Names of the stubs' types only; the generated code has no such classes.
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceAsyncStub
    from callbox.accounts.v1.google_pb2_grpc import GoogleServiceAsyncStub
    from callbox.characters.v1.appearance_pb2_grpc import AppearanceServiceAsyncStub
    from callbox.characters.v1.characters_pb2_grpc import CharactersServiceAsyncStub
    from callbox.characters.v1.gates_pb2_grpc import GatesServiceAsyncStub
    from callbox.characters.v1.media_pb2_grpc import MediaServiceAsyncStub
    from callbox.sessions.v1.forms_pb2_grpc import FormResponsesServiceAsyncStub
    from callbox.sessions.v1.live_pb2_grpc import LiveServiceAsyncStub
    from callbox.sessions.v1.sessions_pb2_grpc import SessionsServiceAsyncStub
    from callbox.sessions.v1.webhooks_pb2_grpc import WebhooksServiceAsyncStub

_HEALTH_SECONDS = 0.8


@dataclass(frozen=True)
class Backends:
    """Stubs of accounts, characters and sessions, and the channels under them."""

    accounts: "AccountsServiceAsyncStub"
    characters: "CharactersServiceAsyncStub"
    media: "MediaServiceAsyncStub"
    sessions: "SessionsServiceAsyncStub"
    webhooks: "WebhooksServiceAsyncStub"
    gates: "GatesServiceAsyncStub"
    google: "GoogleServiceAsyncStub"
    accounts_data: "accounts_data.UserDataServiceAsyncStub"
    characters_data: "characters_data.UserDataServiceAsyncStub"
    sessions_data: "sessions_data.UserDataServiceAsyncStub"
    live: "LiveServiceAsyncStub"
    appearance: "AppearanceServiceAsyncStub"
    forms: "FormResponsesServiceAsyncStub"
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
            MediaServiceStub(channels["characters"]),
            SessionsServiceStub(channels["sessions"]),
            WebhooksServiceStub(channels["sessions"]),
            GatesServiceStub(channels["characters"]),
            GoogleServiceStub(channels["accounts"]),
            accounts_data.UserDataServiceStub(channels["accounts"]),
            characters_data.UserDataServiceStub(channels["characters"]),
            sessions_data.UserDataServiceStub(channels["sessions"]),
            LiveServiceStub(channels["sessions"]),
            AppearanceServiceStub(channels["characters"]),
            FormResponsesServiceStub(channels["sessions"]),
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
