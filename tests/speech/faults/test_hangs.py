"""A model whose engine raises or hangs, and one that dies: the others, the callers and the next start."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from deploy.local.logs import Lines
from deploy.local.part import Part
from deploy.local.probe import http_probe
from deploy.local.supervisor import Keeper
from services.inference.process_watch import MOST_DEATHS, ending, model_served
from services.inference.protocol import COMMAND_FLUSH, is_restarting
from tests.speech.client import Stream, TritonFault, connected, tensor
from tests.speech.faulty import STEPS
from tests.speech.server import READY_SECONDS, Server, environment, free_ports, replaced, serving, small
from tests.speech.sound import said

HANG_SECONDS = 2
FRAME = np.zeros(480)


def _profile(folder: Path, *models: str) -> str:
    """Some models that take a step for hung soon, and keep a silent sequence while another model is loaded again."""
    path = folder / "hasty.toml"
    hasty = re.sub(r"(?m)^(\[\w+\]\n)", rf"\1hang_seconds = {HANG_SECONDS}\n", small(*models))
    path.write_text(re.sub(r"idle_seconds = \d+", "idle_seconds = 60", hasty))
    return str(path)


@pytest.fixture(scope="module")
def running_spoiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Server]]:
    def start(number: int) -> AbstractContextManager[Server]:
        folder = tmp_path_factory.mktemp(f"spoiled-{number}")
        return serving(folder, _profile(folder, *STEPS), ("tests.speech.faulty",))

    with replaced(start) as running:
        yield running


@pytest.fixture
def spoiled(running_spoiled: Callable[[], Server]) -> Server:
    """One for all faults that it outlives. It loads a model again twice, so no model may fail here more often."""
    return running_spoiled()


@contextmanager
def _fault(running: Server, model: str, name: str) -> Iterator[None]:
    """The model's engine has a fault until the block is left."""
    file = running.log.parent / f"fault-{model}"
    file.write_text(name)
    try:
        yield
    finally:
        file.unlink()


async def _frame(stream: Stream, sequence: int, *, start: bool = False) -> None:
    await stream.send([tensor("audio", FRAME, "FP32")], sequence_id=sequence, sequence_start=start)
    assert (await stream.next()).as_numpy("audio").shape == (1, 480)


async def _ask(stream: Stream, *, start: bool = False) -> None:
    """One request that takes a step of the model's engine, and its first answer."""
    asked: dict[str, list[tuple[str, Any, str]]] = {
        "denoise": [("audio", FRAME, "FP32")],
        "stt": [("audio", said("Yes, please."), "FP32"), ("command", [COMMAND_FLUSH], "INT32")],
        "tts": [("text", [b"Yes."], "BYTES")],
    }
    sequence = {} if stream.model == "tts" else {"sequence_id": 1, "sequence_start": start}
    await stream.send([tensor(*each) for each in asked[stream.model]], **sequence)
    await stream.next()


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("denoise", "denoise failed on these frames: the weights have turned to dust"),
        ("stt", "the recogniser failed on this utterance: the weights have turned to dust"),
        ("tts", "the synthesiser failed on this text: the weights have turned to dust"),
    ],
)
async def test_an_engine_that_raises_fails_its_request_and_nothing_else(
    model: str, sentence: str, spoiled: Server
) -> None:
    async with connected(spoiled.url) as client, Stream(client, model) as stream:
        await _ask(stream, start=True)
        with _fault(spoiled, model, "raise"), pytest.raises(TritonFault, match=sentence):
            await _ask(stream)
        await _ask(stream)


class _Told:
    """What a server's log says from now on."""

    def __init__(self, running: Server) -> None:
        self._log = running.log
        self._since = len(running.log.read_text())

    @property
    def text(self) -> str:
        return self._log.read_text()[self._since :]

    async def has(self, line: str, times: int = 1) -> None:
        """Waits until it has a line so often."""
        began = time.monotonic()
        while self.text.count(line) < times:
            assert time.monotonic() - began < READY_SECONDS
            await asyncio.sleep(0.05)


async def _served_again(running: Server, told: _Told, model: str) -> None:
    """Waits until a model whose process ended answers a new stream."""
    await told.has(f"model {model} serves again")
    async with connected(running.url) as client, Stream(client, model) as stream:
        await _ask(stream, start=True)


@pytest.mark.parametrize(("model", "other"), [("denoise", "stt"), ("stt", "denoise"), ("tts", "denoise")])
async def test_an_engine_that_hangs_fails_its_requests_and_its_model_is_loaded_again(
    model: str, other: str, spoiled: Server
) -> None:
    told = _Told(spoiled)
    async with connected(spoiled.url) as client, Stream(client, model) as hanging, Stream(client, other) as going:
        await _ask(hanging, start=True)
        await _ask(going, start=True)
        with (
            _fault(spoiled, model, "hang"),
            pytest.raises(TritonFault, match=f"restarting: a step of model {model} took too long") as problem,
        ):
            await _ask(hanging)
        assert is_restarting(str(problem.value))
        await _ask(going)
        await _served_again(spoiled, told, model)
        await _ask(going)
    assert f"a step of model {model} took more than 2 s" in told.text
    assert "in _hang" in told.text
    assert f"the process of model {model} ended with status 70: the model is loaded again" in told.text


async def test_an_engine_that_holds_pythons_lock_is_ended_and_its_model_is_loaded_again(spoiled: Server) -> None:
    told = _Told(spoiled)
    async with connected(spoiled.url) as client, Stream(client, "denoise") as hanging:
        await _ask(hanging, start=True)
        with _fault(spoiled, "denoise", "hold"):
            await hanging.send([tensor("audio", FRAME, "FP32")], sequence_id=1)
            await asyncio.sleep(HANG_SECONDS)
        await _served_again(spoiled, told, "denoise")
    assert "Timeout (0:00:04)!" in told.text
    assert "in _hold" in told.text


async def test_a_server_that_its_guard_ended_comes_back_with_the_model(tmp_path: Path) -> None:
    """Slow: two starts of a server. Its model cannot be loaded again, and the next server of `make run` has it."""
    ports = free_ports(3)
    part = Part(
        name="triton",
        argv=(sys.executable, "-m", "tests.speech.faulty"),
        environ=environment(tmp_path, ports, _profile(tmp_path, "denoise")),
        ready=http_probe(f"http://127.0.0.1:{ports[1]}/v2/health/ready"),
    )
    async with _kept(part, tmp_path) as keeper:
        await keeper.wait_ready(READY_SECONDS)
        (model_file,) = tmp_path.glob("inference/*/models/denoise/1/model.py")
        async with connected(f"127.0.0.1:{ports[0]}") as client, Stream(client, "denoise") as stream:
            await _frame(stream, 1, start=True)
            served = model_file.read_text()
            model_file.write_text("raise RuntimeError('damaged')")
            assert keeper.process is not None
            for child in psutil.Process(keeper.process.pid).children():
                if model_served(child.cmdline()):
                    child.kill()
            with pytest.raises(TritonFault, match="the stream broke"):
                await stream.next(5.0)
        model_file.write_text(served)
        began = time.monotonic()
        while keeper.starts < 2 or not keeper.ready.is_set():
            assert time.monotonic() - began < READY_SECONDS
            await asyncio.sleep(0.05)
        async with connected(f"127.0.0.1:{ports[0]}") as client, Stream(client, "denoise") as stream:
            await _frame(stream, 1, start=True)


async def test_the_model_of_a_process_that_dies_is_loaded_again_and_the_other_streams_go_on(tmp_path: Path) -> None:
    """Slow: the model dies until the server ends. tritonserver alone would never start the process again."""
    with serving(tmp_path, _profile(tmp_path, "tts", "denoise")) as running:
        told = _Told(running)
        async with connected(running.url) as client, Stream(client, "denoise") as stream:
            await _frame(stream, 1, start=True)
            for death in range(MOST_DEATHS):
                if death:
                    await told.has("model tts serves again", death)
                    await _frame(stream, 1)
                    async with Stream(client, "tts") as mouth:
                        await _ask(mouth)
                async with Stream(client, "tts") as mouth:
                    await mouth.send([tensor("text", [b"This is one more sentence. " * 100], "BYTES")])
                    await mouth.next()
                    models = running.model_processes()
                    running.model_process("tts").kill()
            with pytest.raises(TritonFault, match="the stream broke"):
                await stream.next(5.0)
        await asyncio.to_thread(running.process.wait, 5)
        assert told.text.count("the process of model tts was killed by signal 9") == MOST_DEATHS
        assert psutil.wait_procs(models, timeout=5)[1] == []


def test_a_model_process_that_cannot_end_is_ended_after_its_server(spoiled: Server) -> None:
    """It stands still here, as one does that waits for the server with Python's lock held."""
    models = spoiled.model_processes()
    # The guard looks for model processes twice a second.
    time.sleep(1.0)
    spoiled.model_process("denoise").suspend()
    spoiled.process.kill()
    spoiled.process.wait(timeout=10)
    assert psutil.wait_procs(models, timeout=5)[1] == []


@asynccontextmanager
async def _kept(part: Part, folder: Path) -> AsyncIterator[Keeper]:
    lines = Lines(folder / "logs")
    keeper = Keeper(part, f"callbox-test-{folder.name}-", lines, lambda: None)
    keeper.start()
    try:
        yield keeper
    finally:
        await keeper.stop()
        lines.close()


@pytest.mark.parametrize(
    ("stat", "expected"),
    [
        ("7 (a) b) S 1 7 7 0", None),
        ("7 (stub) Z 1 7 7 0", None),
        ("7 (stub) Z 1 7 7 9", "was killed by signal 9"),
        ("7 (stub) Z 1 7 7 17920", "ended with status 70"),
        ("7 (stub) Z 1 7 7 139", "was killed by signal 11"),
    ],
)
def test_how_a_process_ended_is_read_from_its_state(stat: str, expected: str | None) -> None:
    assert ending(stat) == expected


def test_a_model_process_is_known_by_its_arguments() -> None:
    assert model_served(["/x/triton_python_backend_stub", "/y/models/tts/1/model.py", "region"]) == "tts"
    assert model_served(["/usr/bin/python3", "/y/models/tts/1/model.py"]) is None
    assert model_served([""]) is None
