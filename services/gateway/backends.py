"""The services behind the gateway: a gRPC channel to each, and a stub for each of their gRPC services."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from callbox.accounts.v1 import accounts_pb2_grpc, google_pb2_grpc
from callbox.accounts.v1 import user_data_pb2_grpc as accounts_data
from callbox.characters.v1 import (
    appearance_pb2_grpc,
    characters_pb2_grpc,
    gates_pb2_grpc,
    knowledge_pb2_grpc,
    media_pb2_grpc,
)
from callbox.characters.v1 import user_data_pb2_grpc as characters_data
from callbox.sessions.v1 import forms_pb2_grpc, live_pb2_grpc, sessions_pb2_grpc, webhooks_pb2_grpc
from callbox.sessions.v1 import user_data_pb2_grpc as sessions_data
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.gateway.settings import GatewaySettings
from services.kit.rpc.client import connect

if TYPE_CHECKING:
    # These names exist in the stub files only, not in the generated code.
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceAsyncStub
    from callbox.accounts.v1.google_pb2_grpc import GoogleServiceAsyncStub
    from callbox.characters.v1.appearance_pb2_grpc import AppearanceServiceAsyncStub
    from callbox.characters.v1.characters_pb2_grpc import CharactersServiceAsyncStub
    from callbox.characters.v1.gates_pb2_grpc import GatesServiceAsyncStub
    from callbox.characters.v1.knowledge_pb2_grpc import KnowledgeServiceAsyncStub
    from callbox.characters.v1.media_pb2_grpc import MediaServiceAsyncStub
    from callbox.sessions.v1.forms_pb2_grpc import FormResponsesServiceAsyncStub
    from callbox.sessions.v1.live_pb2_grpc import LiveServiceAsyncStub
    from callbox.sessions.v1.sessions_pb2_grpc import SessionsServiceAsyncStub
    from callbox.sessions.v1.webhooks_pb2_grpc import WebhooksServiceAsyncStub

_HEALTH_SECONDS = 0.8


@dataclass(frozen=True, kw_only=True)
class Backends:
    """Stubs of accounts, characters and sessions, and the channels under them."""

    accounts: "AccountsServiceAsyncStub"
    google: "GoogleServiceAsyncStub"
    accounts_data: "accounts_data.UserDataServiceAsyncStub"
    characters: "CharactersServiceAsyncStub"
    gates: "GatesServiceAsyncStub"
    appearance: "AppearanceServiceAsyncStub"
    media: "MediaServiceAsyncStub"
    knowledge: "KnowledgeServiceAsyncStub"
    characters_data: "characters_data.UserDataServiceAsyncStub"
    sessions: "SessionsServiceAsyncStub"
    live: "LiveServiceAsyncStub"
    forms: "FormResponsesServiceAsyncStub"
    webhooks: "WebhooksServiceAsyncStub"
    sessions_data: "sessions_data.UserDataServiceAsyncStub"
    channels: dict[str, grpc.aio.Channel]

    @classmethod
    def open(cls, settings: GatewaySettings) -> "Backends":
        """Channels to the addresses in the settings. They connect at the first call."""
        accounts = connect(settings.accounts_address)
        characters = connect(settings.characters_address)
        sessions = connect(settings.sessions_address)
        return cls(
            accounts=accounts_pb2_grpc.AccountsServiceStub(accounts),
            google=google_pb2_grpc.GoogleServiceStub(accounts),
            accounts_data=accounts_data.UserDataServiceStub(accounts),
            characters=characters_pb2_grpc.CharactersServiceStub(characters),
            gates=gates_pb2_grpc.GatesServiceStub(characters),
            appearance=appearance_pb2_grpc.AppearanceServiceStub(characters),
            media=media_pb2_grpc.MediaServiceStub(characters),
            knowledge=knowledge_pb2_grpc.KnowledgeServiceStub(characters),
            characters_data=characters_data.UserDataServiceStub(characters),
            sessions=sessions_pb2_grpc.SessionsServiceStub(sessions),
            live=live_pb2_grpc.LiveServiceStub(sessions),
            forms=forms_pb2_grpc.FormResponsesServiceStub(sessions),
            webhooks=webhooks_pb2_grpc.WebhooksServiceStub(sessions),
            sessions_data=sessions_data.UserDataServiceStub(sessions),
            channels={"accounts": accounts, "characters": characters, "sessions": sessions},
        )

    async def close(self) -> None:
        """Closes every channel."""
        await asyncio.gather(*(channel.close() for channel in self.channels.values()))

    async def readiness(self) -> dict[str, str | None]:
        """What is wrong with each service; None for a healthy one."""
        problems = await asyncio.gather(*(_problem(channel) for channel in self.channels.values()))
        return dict(zip(self.channels, problems, strict=True))


async def _problem(channel: grpc.aio.Channel) -> str | None:
    stub: Any = health_pb2_grpc.HealthStub(channel)  # its stub file does not declare the methods
    try:
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=_HEALTH_SECONDS)
    except grpc.aio.AioRpcError as error:
        return f"does not answer ({error.code().name})"
    if answer.status == health_pb2.HealthCheckResponse.SERVING:
        return None
    return f"is {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}"
