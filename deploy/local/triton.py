"""Starts a separate tritonserver on free ports for a measurement or a recording, and reads its counters."""

import asyncio
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from deploy.local.part import NotReady
from deploy.local.ports import pick_ports
from deploy.local.process import end_process, last_lines
from deploy.local.settings import ROOT
from services.inference.launcher import sweep_shared_memory

START_SECONDS = 120.0
STOP_SECONDS = 10.0
_PROBE_SECONDS = 2.0


@dataclass(frozen=True)
class TritonServer:
    """A server that is ready."""

    pid: int
    address: str
    metrics_url: str

    def model_processes(self, model: str) -> list[psutil.Process]:
        """The processes of a model: one for each instance."""
        children = psutil.Process(self.pid).children()
        return [child for child in children if any(f"/{model}/1/" in word for word in child.cmdline())]

    def cpu_seconds(self) -> float:
        """Processor time that the server and its models have used so far."""
        server = psutil.Process(self.pid)
        return sum(sum(each.cpu_times()[:2]) for each in (server, *server.children()))

    async def count(self, metric: str, model: str) -> float:
        """The value of a Triton counter for one model."""
        async with httpx.AsyncClient(timeout=_PROBE_SECONDS, trust_env=False) as client:
            page = (await client.get(self.metrics_url)).text
        return sum(map(float, re.findall(rf'^{metric}{{model="{model}"[^}}]*}} (\S+)$', page, re.MULTILINE)))


@contextlib.asynccontextmanager
async def own_triton(profile: str) -> AsyncIterator[TritonServer]:
    """Starts tritonserver with a profile on free ports, and stops it at the end of the block. Raises: NotReady."""
    grpc, http, metrics = pick_ports(3)
    with tempfile.TemporaryDirectory(prefix="callbox-triton-") as folder:
        chosen = {
            "CALLBOX_DATA_DIR": folder,
            "CALLBOX_TRITON_GRPC_PORT": str(grpc),
            "CALLBOX_TRITON_HTTP_PORT": str(http),
            "CALLBOX_TRITON_METRICS_PORT": str(metrics),
            "CALLBOX_INFERENCE_PROFILE": profile,
        }
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CALLBOX_")} | chosen
        log = Path(folder) / "triton.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.inference", cwd=ROOT, env=environ, stdin=asyncio.subprocess.DEVNULL,
                stdout=output, stderr=output,
            )  # fmt: skip
        try:
            await _ready(process, f"http://127.0.0.1:{http}/v2/health/ready", log)
            yield TritonServer(process.pid, f"127.0.0.1:{grpc}", f"http://127.0.0.1:{metrics}/metrics")
        finally:
            await end_process(process, STOP_SECONDS)
            sweep_shared_memory(grpc)


async def _ready(process: asyncio.subprocess.Process, url: str, log: Path) -> None:
    async with httpx.AsyncClient(timeout=_PROBE_SECONDS, trust_env=False) as client:
        for _ in range(int(START_SECONDS / 0.1)):
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            if process.returncode is not None:
                break
            await asyncio.sleep(0.1)
    raise NotReady(
        f"tritonserver was not ready in {START_SECONDS:.0f} s or has ended; its last lines:\n{last_lines(log)}"
    )
