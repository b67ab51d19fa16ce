"""Starts what `make bench-http` measures: the services as in production, and the bare hop."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from callbox.sessions.v1 import sessions_pb2_grpc

from bench.hop import PATH as HOP_PATH
from bench.load import Client, Request
from bench.past import Tenant
from deploy.local.ports import pick_ports
from deploy.local.postgres import Postgres
from deploy.local.secret import Secrets
from deploy.local.seed import Demo, seed
from deploy.local.settings import ROOT
from deploy.local.stack import Stack, isolated
from measure.stack import MeasureError
from services.kit.identity import Signer
from services.kit.rpc.client import connect
from tests.fixtures.callers import DirectedWorker

PARTS = ("postgres", "redis", "livekit", "accounts", "characters", "sessions", "gateway")
HOST = "127.0.0.1"
_HOP_SECONDS = 20.0
_MANY = 1_000_000


@dataclass(frozen=True)
class Media:
    """The LiveKit server's address and key, for a worker."""

    key: str
    secret: str
    websocket_url: str


@dataclass(frozen=True)
class Site:
    """A running stack. hop_port: port of the bare hop. access: the demo account's token."""

    stack: Stack
    demo: Demo
    access: str
    tenant: Tenant
    hop_port: int

    @property
    def port(self) -> int:
        """The gateway's port."""
        return self.stack.settings.port

    @property
    def database_url(self) -> str:
        """URL of PostgreSQL for the sessions service."""
        folder = self.stack.folder
        return Postgres(folder, self.stack.settings.postgres_port, Secrets(folder)).url("sessions")

    @contextlib.asynccontextmanager
    async def worker(self, slots: int) -> AsyncIterator[DirectedWorker]:
        """A worker with that many slots, announced to sessions, that takes every call."""
        settings, secrets = self.stack.settings, Secrets(self.stack.folder)
        key, _, secret = secrets.livekit_keys_file.read_text().strip().partition(": ")
        token = Signer(secrets.keys_dir, "agent").service_token()
        async with connect(f"{HOST}:{settings.sessions_port}") as channel:
            stub = sessions_pb2_grpc.SessionsServiceStub(channel)
            media = Media(key, secret, f"ws://{HOST}:{settings.livekit_port}")
            async with DirectedWorker(media, stub, token, slots, report_seconds=2.0) as worker:
                yield worker


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Site]:
    """Starts everything in a data folder, and stops it at the end of the block. Raises: MeasureError."""
    rates = dict.fromkeys(("CALLBOX_START_RATE_BY_ADDRESS", "CALLBOX_START_RATE_BY_CHARACTER"), f"{_MANY} per 1 second")
    environ = {"CALLBOX_DEFAULT_CONCURRENT_SESSIONS": str(_MANY), **rates}
    async with Stack(isolated(folder), environ=environ, only=PARTS) as stack, _hop() as hop_port:
        demo = await seed(stack.settings)
        async with httpx.AsyncClient(base_url=stack.base_url, trust_env=False) as client:
            login = await client.post("/api/auth/login/", json={"email": demo["email"], "password": demo["password"]})
            access = login.json()["access"]
            me = (await client.get("/api/auth/me/", headers={"Authorization": f"Bearer {access}"})).json()
        yield Site(stack, demo, access, Tenant(me["tenant_id"], int(me["id"])), hop_port)


@contextlib.asynccontextmanager
async def _hop() -> AsyncIterator[int]:
    """Runs the bare hop and yields its port."""
    port, service_port = pick_ports(2)
    sides = [("service", service_port), ("gateway", port, service_port)]
    processes = []
    try:
        for side in sides:
            words = [sys.executable, "-m", "bench.hop", *map(str, side)]
            processes.append(await asyncio.create_subprocess_exec(*words, cwd=ROOT, env=dict(os.environ)))
        await _hop_answers(port)
        yield port
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _hop_answers(port: int) -> None:
    try:
        async with asyncio.timeout(_HOP_SECONDS):
            while True:
                with contextlib.suppress(OSError):
                    client = await Client.connect(HOST, port)
                    answer = await client.ask(Request.of("POST", HOP_PATH, 200, b'{"agent": "x"}'))
                    client.close()
                    if answer.status == 200:
                        return
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise MeasureError(f"The bare hop did not answer on port {port} within {_HOP_SECONDS:.0f} s.") from None
