"""Starts and stops a real tritonserver by the command that `make run` uses."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from services.inference.profile import PROFILES

READY_SECONDS = 90.0
_MODEL_PROCESS = "triton_python_b"


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for probe in sockets:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in sockets]
    finally:
        for probe in sockets:
            probe.close()


def served(*models: str) -> str:
    """The sections of some models in the profile `cpu`."""
    text = (PROFILES / "cpu.toml").read_text()
    sections = {section[1 : section.index("]")]: section for section in re.split(r"(?m)^(?=\[)", text)[1:]}
    return "".join(section for name, section in sections.items() if name.split(".")[0] in models)


def small(*models: str) -> str:
    """A profile with some models of `cpu` that hear and speak English: up in a fraction of the time."""
    text = served(*models)
    text = re.sub(r"(?ms)^\[stt\.whisper\].*?(?=^\[|\Z)", "", text)
    text = text.replace('engines = ["moonshine", "whisper"]', 'engines = ["moonshine"]')
    text = text.replace('engines = ["hibari", "kokoro"]', 'engines = ["hibari"]')
    return re.sub(r"(?m)^languages = .*", 'languages = ["en-US"]', text)


@dataclass(frozen=True)
class Server:
    """A running tritonserver."""

    process: subprocess.Popen[bytes]
    grpc_port: int
    http_port: int
    metrics_port: int
    log: Path
    ready_seconds: float

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.grpc_port}"

    def model_processes(self) -> list[psutil.Process]:
        """Those that serve a model; the guard is a child of the server, too, and dead ones may stay as zombies."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [
            child
            for child in children
            if child.name().startswith(_MODEL_PROCESS) and child.status() != psutil.STATUS_ZOMBIE
        ]

    def model_process(self, model: str) -> psutil.Process:
        return next(each for each in self.model_processes() if any(f"/{model}/1/" in word for word in each.cmdline()))

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as page:
            return str(page.read().decode())


def environment(data_dir: Path, ports: list[int], profile: str = "cpu") -> dict[str, str]:
    return {
        **os.environ,
        "CALLBOX_DATA_DIR": str(data_dir),
        "CALLBOX_TRITON_GRPC_PORT": str(ports[0]),
        "CALLBOX_TRITON_HTTP_PORT": str(ports[1]),
        "CALLBOX_TRITON_METRICS_PORT": str(ports[2]),
        "CALLBOX_INFERENCE_PROFILE": profile,
    }


def _ready(http_port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{http_port}/v2/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def serving(
    data_dir: Path,
    profile: str = "cpu",
    program: Sequence[str] = ("services.inference",),
    ports: list[int] | None = None,
) -> Iterator[Server]:
    """A server of its own; ended in any case when the block is left.

    program: module that becomes the server, and its arguments. ports: of gRPC, HTTP and metrics; default: free ones.
    """
    ports = ports or free_ports(3)
    log = data_dir / "triton.log"
    began = time.monotonic()
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", *program],
            env=environment(data_dir, ports, profile),
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        while not _ready(ports[1]):
            if process.poll() is not None or time.monotonic() - began > READY_SECONDS:
                raise AssertionError(f"tritonserver did not become ready:\n{log.read_text()}")
            time.sleep(0.05)
        yield Server(process, ports[0], ports[1], ports[2], log, time.monotonic() - began)
    finally:
        _kill(process)


@contextmanager
def serving_text(
    data_dir: Path,
    profile: str,
    program: Sequence[str] = ("services.inference",),
    ports: list[int] | None = None,
) -> Iterator[Server]:
    """As `serving`. profile: the text of one, which is kept in the server's folder."""
    path = data_dir / "profile.toml"
    path.write_text(profile)
    with serving(data_dir, str(path), program, ports) as running:
        yield running


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a server and its model processes. An orderly end takes three seconds; test_faults.py tries it once."""
    processes: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        server = psutil.Process(process.pid)
        # The guard stays: it removes what the others leave in shared memory, and ends by itself.
        processes = [each for each in server.children() if each.name().startswith(_MODEL_PROCESS)]
    process.kill()
    process.wait(timeout=10)
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.kill()


@contextmanager
def replaced(start: Callable[[int], AbstractContextManager[Server]]) -> Iterator[Callable[[], Server]]:
    """A function for tests that may end their server: it returns the running one, or starts the next one.

    start: starts a server, by its number.
    """
    with ExitStack() as stack:
        started: list[Server] = []

        def running() -> Server:
            if not started or started[-1].process.poll() is not None:
                started.append(stack.enter_context(start(len(started))))
            return started[-1]

        yield running


@contextmanager
def hanging(server: Server) -> Iterator[None]:
    """The server stands still: connections stay open and nothing is answered."""
    pids = [server.process.pid, *(process.pid for process in server.model_processes())]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
