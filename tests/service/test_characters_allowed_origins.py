"""Contract 1.6 and 3.4: what the gateway is told of a character's gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbox.characters.v1 import gates_pb2 as pb
from callbox.characters.v1.gates_pb2_grpc import GatesServiceStub

from services.kit.errors import Code
from services.kit.rpc.client import call
from tests.fixtures.characters import Owner
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    import grpc
    from callbox.characters.v1.characters_pb2_grpc import CharactersServiceAsyncStub

    from tests.fixtures.identities import Callers


async def test_the_gateway_alone_reads_gates_of_active_characters(
    characters: CharactersServiceAsyncStub, characters_channel: grpc.aio.Channel, callers: Callers
) -> None:
    owner = Owner(characters, callers.user())
    gates = GatesServiceStub(characters_channel)

    async def read(agent: str, identity: str = callers.service("gateway")) -> pb.Gate:
        gate: pb.Gate = await call(gates.GetGate, pb.GetGateRequest(agent=agent), identity=identity)
        return gate

    made = await owner.create(allowed_origins=["https://shop.example", "https://*.shop.example"])
    gate = await read("support-bot")
    assert list(gate.allowed_origins) == ["https://shop.example", "https://*.shop.example"]
    assert (gate.slug, gate.character_id) == ("support-bot", made.id)
    assert await read(made.id) == gate
    await owner.create("shut-bot")
    assert list((await read("shut-bot")).allowed_origins) == []
    await owner.create("idle-bot", is_active=False)
    for agent in ("idle-bot", "nobody", "", "a\0b", "x" * 5_000, "chr_nobody"):
        await refusal(read(agent), Code.NOT_FOUND)
    for identity in (callers.user(), callers.visitor("https://shop.example"), callers.service("sessions")):
        await refusal(read("support-bot", identity), Code.PERMISSION_DENIED)
