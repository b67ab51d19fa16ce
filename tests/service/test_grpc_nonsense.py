"""Protobuf-valid nonsense at every RPC of every service, from everybody: refused for a reason, never a fault of ours.

`FUZZ_EXAMPLES` in the environment says how many messages each RPC gets instead of a few.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from callbox.accounts.v1 import accounts_pb2
from callbox.agent.v1 import agent_pb2_grpc
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.agent.worker.jobs import Jobs
from services.agent.worker.service import AgentService
from services.kit.errors import Code, from_rpc
from services.kit.rpc.client import call, connect
from services.kit.rpc.server import Server
from tests.fixtures.nonsense import messages, methods, services
from tests.fixtures.sessions import ORIGIN, SessionsHouse, until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
    from google.protobuf.message import Message

    from tests.fixtures.callers import DirectedWorker

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
SERVICES = list(services())
_FAULTS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNIMPLEMENTED}
_TURNED_AWAY = {"UNAUTHENTICATED", "PERMISSION_DENIED"}
_ANSWER_SECONDS = 10.0
_STREAM_SECONDS = 0.2
_MAX_PIECES = 4


class Everybody:
    """The services with something in them, and a token of everybody who may ask. known: words by the field they fit."""

    def __init__(self, house: SessionsHouse, known: dict[str, str], channels: dict[str, grpc.aio.Channel]) -> None:
        callers = house.callers
        self.known = known
        self.channels = channels
        self.tokens = {
            "nobody": "",
            "visitor": callers.visitor(ORIGIN),
            "user": house.user,
            "staff": callers.user(999, "ten_staff", is_staff=True),
            "stranger": callers.user(998, "ten_other"),
            **{name: callers.service(name) for name in ("gateway", "sessions", "agent", "characters")},
        }

    async def ask(self, method: MethodDescriptor, bodies: Sequence[bytes], who: str) -> str:
        """The status that a call ends with, OK for a stream that goes on. bodies: one, or any number for an upload.

        Raises: AssertionError when it is a fault of ours.
        """
        path = f"/{method.containing_service.full_name}/{method.name}"
        channel: Any = self.channels[method.containing_service.full_name.split(".")[1]]
        metadata = [("authorization", f"Bearer {self.tokens[who]}")] if self.tokens[who] else []
        try:
            if method.client_streaming:
                assert not method.server_streaming
                upload: Any = channel.stream_unary(path)
                answer = await upload(iter(bodies), timeout=_ANSWER_SECONDS, metadata=metadata)
                GetMessageClass(method.output_type).FromString(answer)
            elif method.server_streaming:
                stream: Any = channel.unary_stream(path)(bodies[0], timeout=_ANSWER_SECONDS, metadata=metadata)
                try:
                    async with asyncio.timeout(_STREAM_SECONDS):
                        async for _ in stream:
                            pass
                except TimeoutError:
                    return "OK"
                finally:
                    stream.cancel()
            else:
                answer = await channel.unary_unary(path)(bodies[0], timeout=_ANSWER_SECONDS, metadata=metadata)
                GetMessageClass(method.output_type).FromString(answer)
        except grpc.aio.AioRpcError as fault:
            is_ours = fault.code() in _FAULTS or from_rpc(fault).code is Code.UPSTREAM_UNAVAILABLE
            failed, status = f"{path} as {who}: {fault.code().name}: {fault.details()}", fault.code().name
        else:
            return "OK"
        assert not is_ours, failed
        return status


class JobServer:
    """Starts no processes."""

    active_jobs = ()

    async def simulate_job(self, *_: object, **__: object) -> None: ...


async def worker_service(house: SessionsHouse, stack: AsyncExitStack) -> str:
    """The address of a worker's service, which accepts the tokens of all services."""
    server: Any = JobServer()
    jobs = Jobs(server, "key", "a secret that is long enough to sign", most_starting=1_000)
    rpc = Server("127.0.0.1:0", house.settings.keys_dir)
    agent_pb2_grpc.add_AgentServiceServicer_to_server(AgentService(jobs), rpc.grpc)
    await rpc.start([])
    stack.push_async_callback(jobs.close)
    stack.push_async_callback(rpc.stop, 0)
    return f"127.0.0.1:{rpc.port}"


async def everybody(house: SessionsHouse, worker: DirectedWorker, stack: AsyncExitStack) -> Everybody:
    """A house with a call in it."""
    started = await house.begin()
    session_id = started.session.session_id

    async def is_claimed() -> bool:
        return session_id in worker.claims

    await until(is_claimed)
    claim = worker.claims[session_id]
    key = await call(
        house.accounts.CreateApiKey,
        accounts_pb2.CreateApiKeyRequest(name="tests"),
        identity=house.user,
    )
    known = {
        "agent": "support-bot",
        "slug": "support-bot",
        "session_id": session_id,
        "session_ids": session_id,
        "worker_id": worker.worker_id,
        "address": worker.address,
        "tenant_id": house.tenant_id,
        "character_id": claim.character.character_id,
        "id": key.api_key.id,
        "api_key": key.value,
        "email": "owner@shop.example",
        "password": "a long pass phrase",
        "language": "en",
        "voice_model": "chatterbox-en-v1",
        "paths": "name",
    }
    addresses = {
        "accounts": house.settings.accounts_address,
        "characters": house.settings.characters_address,
        "sessions": house.settings.listen,
        "agent": await worker_service(house, stack),
    }
    channels = {name: await stack.enter_async_context(connect(address)) for name, address in addresses.items()}
    return Everybody(house, known, channels)


def attack(every: Everybody, method: MethodDescriptor, welcome: list[str], loop: asyncio.AbstractEventLoop) -> None:
    """Sends nonsense to one RPC, from a thread beside the loop. welcome: who is more than turned away."""

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        sent=st.lists(
            messages(method.input_type, every.known),
            min_size=0 if method.client_streaming else 1,
            max_size=_MAX_PIECES if method.client_streaming else 1,
        ),
        who=st.sampled_from([*welcome] * 9 + [*every.tokens]),
    )
    def nonsense(sent: list[Message], who: str) -> None:
        asked = every.ask(method, [message.SerializeToString() for message in sent], who)
        asyncio.run_coroutine_threadsafe(asked, loop).result(2 * _ANSWER_SECONDS)

    nonsense()


@pytest.mark.timeout(60 + 3 * EXAMPLES)
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.full_name)
async def test_no_message_is_a_fault_of_ours(house: SessionsHouse, service: ServiceDescriptor) -> None:
    faults = []
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(house.worker(slots=1000))
        every = await everybody(house, worker, stack)
        # What ends or deletes leaves less to ask the others for.
        for method in sorted(methods(service), key=lambda method: method.name.startswith(("Delete", "End"))):
            try:
                answers = {who: await every.ask(method, [b""], who) for who in every.tokens}
                welcome = [who for who, status in answers.items() if status not in _TURNED_AWAY] or list(answers)
                for unreadable in (b"\xff" * 10, b"\x0a\x7f", b"\x0a\x04\xff\xfe\xfd\xfc", b"\x0b" * 200):
                    await every.ask(method, [unreadable], "user")
                await asyncio.to_thread(attack, every, method, welcome, asyncio.get_running_loop())
            except AssertionError as fault:
                faults.append(str(fault))
    assert faults == []


def test_every_service_is_among_them() -> None:
    names = {service.full_name for service in SERVICES}
    assert {
        "callbox.accounts.v1.AccountsService",
        "callbox.characters.v1.CharactersService",
        "callbox.sessions.v1.SessionsService",
        "callbox.sessions.v1.LiveService",
        "callbox.agent.v1.AgentService",
    } <= names
