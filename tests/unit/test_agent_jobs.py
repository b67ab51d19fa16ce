"""The calls that a worker takes from sessions, and the server of its job processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from callbox.agent.v1 import agent_pb2 as pb
from callbox.agent.v1 import agent_pb2_grpc
from livekit.protocol.models import Room

from services.agent.settings import AgentSettings
from services.agent.worker.jobs import Jobs, agent_token
from services.agent.worker.server import make_server
from services.agent.worker.service import AgentService
from services.kit.errors import Code
from services.kit.identity import Identity, Kind, Signer, worker_audience
from services.kit.rpc.client import call, connect
from services.kit.rpc.server import Server
from services.kit.settings import SettingsError
from tests.fixtures.refusals import refusal

WORKER = "worker-1"
SECRET = "a secret of LiveKit, long enough"


class JobServer:
    """Stands in for livekit-agents' server. free: set while it has a process for a job."""

    def __init__(self) -> None:
        self.active_jobs: list[Any] = []
        self.tokens: list[str] = []
        self.free = asyncio.Event()
        self.free.set()
        self.drained = False

    async def simulate_job(self, room: str, *, room_info: Room, token: str) -> None:
        await self.free.wait()
        self.tokens.append(token)
        self.active_jobs.append(SimpleNamespace(job=SimpleNamespace(id=f"job-{room}", room=room_info)))

    async def drain(self, timeout: int) -> None:
        assert self.free.is_set()
        self.drained = True


class Worker:
    """A worker's gRPC service, and who calls it."""

    def __init__(self, stub: agent_pb2_grpc.AgentServiceAsyncStub, jobs: Jobs, server: JobServer, keys: Path) -> None:
        self.stub, self.jobs, self.server = stub, jobs, server
        self._keys = keys

    def token(self, issuer: str = "sessions", audience: str = worker_audience(WORKER)) -> str:
        return Signer(self._keys, issuer).sign(Identity(Kind.SERVICE, name=issuer), audience=audience)

    async def take(self, number: int, *, dispatch: str = "", token: str = "") -> pb.TakeCallResponse:
        request = pb.TakeCallRequest(
            session_id=f"sess_{number}", room_name=f"room-{number}", dispatch_id=dispatch or f"dsp_{number}"
        )
        return await call(self.stub.TakeCall, request, identity=token or self.token())

    async def started(self, count: int) -> list[str]:
        """The sessions of the running jobs, when there are so many."""
        async with asyncio.timeout(5.0):
            while len(self.jobs.running) < count:
                await asyncio.sleep(0.01)
        return [job.session_id for job in self.jobs.running]


@asynccontextmanager
async def working(keys_dir: Path) -> AsyncIterator[Worker]:
    server: Any = JobServer()
    jobs = Jobs(server, "key", SECRET, most_starting=2)
    rpc = Server("127.0.0.1:0", keys_dir, worker_audience(WORKER))
    agent_pb2_grpc.add_AgentServiceServicer_to_server(AgentService(jobs), rpc.grpc)
    await rpc.start([])
    async with AsyncExitStack() as stack:
        stack.push_async_callback(rpc.stop, 0)
        stack.push_async_callback(jobs.close)
        channel = await stack.enter_async_context(connect(f"127.0.0.1:{rpc.port}"))
        yield Worker(agent_pb2_grpc.AgentServiceStub(channel), jobs, server, keys_dir)


async def test_a_worker_starts_a_job_for_a_call_and_the_same_dispatch_again_starts_no_second_one(
    keys_dir: Path,
) -> None:
    async with working(keys_dir) as worker:
        await worker.take(1)
        await worker.take(1)
        assert await worker.started(1) == ["sess_1"]
        # A caller who comes late, whose earlier job has not ended yet.
        await worker.take(1, dispatch="dsp_later")
        assert await worker.started(2) == ["sess_1", "sess_1"]


async def test_only_sessions_may_give_calls_to_a_worker_and_only_to_the_worker_it_means(keys_dir: Path) -> None:
    async with working(keys_dir) as worker:
        await refusal(worker.take(1, token=worker.token("agent")), Code.PERMISSION_DENIED)
        await refusal(worker.take(1, token=worker.token("gateway")), Code.PERMISSION_DENIED)
        await refusal(worker.take(1, token=worker.token(audience=worker_audience("worker-2"))), Code.NOT_AUTHENTICATED)
        await refusal(worker.take(1, token=Signer(keys_dir, "sessions").service_token()), Code.NOT_AUTHENTICATED)
        assert worker.jobs.session_ids == []


async def test_a_request_without_its_values_is_refused(keys_dir: Path) -> None:
    async with working(keys_dir) as worker:
        too_long = pb.TakeCallRequest(session_id="a\0", room_name="b", dispatch_id="c" * 257)
        for request in (pb.TakeCallRequest(), too_long):
            error = await refusal(call(worker.stub.TakeCall, request, identity=worker.token()), Code.VALIDATION_FAILED)
            assert "dispatch_id" in error.fields


async def test_jobs_that_wait_for_a_process_are_reported_and_bounded(keys_dir: Path) -> None:
    async with working(keys_dir) as worker:
        worker.server.free.clear()
        await worker.take(1)
        await worker.take(2)
        assert worker.jobs.session_ids == ["sess_1", "sess_2"]
        await refusal(worker.take(3), Code.AT_CAPACITY)
        worker.server.free.set()
        await worker.started(2)
        await worker.take(3)
        assert set(await worker.started(3)) == {"sess_1", "sess_2", "sess_3"}


async def test_a_worker_that_drains_starts_what_it_has_taken_and_takes_nothing_more(keys_dir: Path) -> None:
    async with working(keys_dir) as worker:
        worker.server.free.clear()
        await worker.take(1)
        draining = asyncio.create_task(worker.jobs.drain(5))
        await asyncio.sleep(0)
        await refusal(worker.take(2), Code.AT_CAPACITY)
        worker.server.free.set()
        await draining
        assert worker.server.drained
        assert await worker.started(1) == ["sess_1"]


def test_an_agent_may_join_its_room_and_tell_what_it_does() -> None:
    claims = jwt.decode(agent_token("key", SECRET, "room-1"), SECRET, algorithms=["HS256"])
    assert claims["kind"] == "agent"
    assert claims["sub"].startswith("agent-")
    grants = {"roomJoin": True, "room": "room-1", "agent": True, "canUpdateOwnMetadata": True}
    permissions = {"canPublish": True, "canSubscribe": True, "canPublishData": True}
    assert claims["video"] == grants | permissions


async def test_the_server_of_jobs_ends_after_any_number_of_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a connection to LiveKit, nobody takes what livekit-agents tells it of each job."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for name in ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"):
        monkeypatch.setenv(name, "")
    server = make_server(AgentSettings(data_dir=tmp_path), WORKER, ("key", SECRET))
    server._num_idle_processes = 0
    started = asyncio.Event()
    server.on("worker_started", started.set)
    running = asyncio.create_task(server.run())
    async with asyncio.timeout(10.0):
        await started.wait()
        job: Any = SimpleNamespace(running_job=SimpleNamespace(job=SimpleNamespace(id="job-1")), status=None)
        for _ in range(300):
            server._proc_pool.emit("process_job_launched", job)
        await server.drain(timeout=5)
        await server.aclose()
        await running


def test_a_worker_that_listens_on_every_interface_must_say_where_it_is() -> None:
    with pytest.raises(SettingsError, match="CALLBOX_ADVERTISED_ADDRESS"):
        AgentSettings.load({"CALLBOX_LISTEN": "0.0.0.0:7107"})
    pod = {"CALLBOX_LISTEN": "0.0.0.0:7107", "CALLBOX_ADVERTISED_ADDRESS": "10.1.2.3:7107"}
    assert AgentSettings.load(pod).address(7107) == "10.1.2.3:7107"
    assert AgentSettings.load({}).address(41_234) == "127.0.0.1:41234"
