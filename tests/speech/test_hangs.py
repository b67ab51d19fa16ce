"""A model whose engine raises or hangs, and one that dies: the others, the callers and the next start."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from deploy.local.logs import Lines
from deploy.local.part import Part
from deploy.local.probe import http_probe
from deploy.local.supervisor import Keeper
from services.inference.process_watch import ending, model_served
from services.inference.protocol import COMMAND_FLUSH
from tests.speech.client import Stream, TritonFault, connected, tensor
from tests.speech.faulty import STEPS
from tests.speech.server import READY_SECONDS, Server, environment, free_ports, serving, small
from tests.speech.sound import said

HANG_SECONDS = 2
FRAME = np.zeros(480)


def _profile(folder: Path, *models: str) -> str:
    """Some models in a hurry: they take a step for hung soon."""
    path = folder / "hasty.toml"
    path.write_text(re.sub(r"(?m)^(\[\w+\]\n)", rf"\1hang_seconds = {HANG_SECONDS}\n", small(*models)))
    return str(path)


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all faults that it outlives."""
    folder = tmp_path_factory.mktemp("spoiled")
    with serving(folder, _profile(folder, *STEPS), ("tests.speech.faulty",)) as running:
        yield running


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
    fault = spoiled.log.parent / f"fault-{model}"
    async with connected(spoiled.url) as client, Stream(client, model) as stream:
        await _ask(stream, start=True)
        fault.write_text("raise")
        try:
            with pytest.raises(TritonFault, match=sentence):
                await _ask(stream)
        finally:
            fault.unlink()
        await _ask(stream)


@pytest.mark.parametrize(
    ("model", "fault", "sign"),
    [
        ("denoise", "hang", "a step of model denoise took more than 2 s"),
        ("denoise", "hold", r"Timeout \(0:00:04\)!"),
        ("stt", "hang", "a step of model stt took more than 2 s"),
        ("tts", "hang", "a step of model tts took more than 2 s"),
    ],
)
async def test_an_engine_that_hangs_ends_the_server_and_breaks_every_stream(
    model: str, fault: str, sign: str, tmp_path: Path
) -> None:
    other = "stt" if model == "denoise" else "denoise"
    with serving(tmp_path, _profile(tmp_path, model, other), ("tests.speech.faulty",)) as running:
        async with connected(running.url) as client, Stream(client, model) as hanging, Stream(client, other) as waiting:
            await _ask(hanging, start=True)
            await _ask(waiting, start=True)
            (tmp_path / f"fault-{model}").write_text(fault)
            for answer in (_ask(hanging), waiting.next()):
                with pytest.raises(TritonFault, match="the stream broke"):
                    await answer
        await asyncio.to_thread(running.process.wait, 5)
        log = running.log.read_text()
    assert re.search(sign, log)
    assert f"in _{fault}" in log
    assert f"the process of model {model} ended with status" in log


async def test_a_server_that_its_guard_ended_comes_back_with_the_model(tmp_path: Path) -> None:
    """Under the supervisor of `make run`: an engine hangs, and a little later the same model answers."""
    ports = free_ports(3)
    part = Part(
        name="triton",
        argv=(sys.executable, "-m", "tests.speech.faulty"),
        environ=environment(tmp_path, ports, _profile(tmp_path, "denoise")),
        ready=http_probe(f"http://127.0.0.1:{ports[1]}/v2/health/ready"),
    )
    async with _kept(part, tmp_path) as keeper:
        await keeper.wait_ready(READY_SECONDS)
        fault = tmp_path / "fault-denoise"
        async with connected(f"127.0.0.1:{ports[0]}") as client, Stream(client, "denoise") as stream:
            await _frame(stream, 1, start=True)
            fault.write_text("hang")
            with pytest.raises(TritonFault, match="the stream broke"):
                await _frame(stream, 1)
        fault.unlink()
        began = time.monotonic()
        while keeper.starts < 2 or not keeper.ready.is_set():
            assert time.monotonic() - began < READY_SECONDS
            await asyncio.sleep(0.05)
        async with connected(f"127.0.0.1:{ports[0]}") as client, Stream(client, "denoise") as stream:
            await _frame(stream, 1, start=True)


async def test_a_model_process_that_dies_ends_the_server_and_breaks_every_stream(tmp_path: Path) -> None:
    """tritonserver alone would stay ready and never start the process again."""
    with serving(tmp_path, _profile(tmp_path, "tts", "denoise")) as running:
        models = running.model_processes()
        async with connected(running.url) as client, Stream(client, "denoise") as stream:
            await _frame(stream, 1, start=True)
            running.model_process("tts").kill()
            with pytest.raises(TritonFault, match="the stream broke"):
                await stream.next(5.0)
        await asyncio.to_thread(running.process.wait, 5)
        assert "the process of model tts was killed by signal 9" in running.log.read_text()
        assert psutil.wait_procs(models, timeout=5)[1] == []


def test_a_model_process_that_cannot_end_is_ended_after_its_server(tmp_path: Path) -> None:
    """It stands still here, as one does that waits for the server with Python's lock held."""
    with serving(tmp_path, _profile(tmp_path, "denoise")) as running:
        models = running.model_processes()
        # The guard looks for model processes twice a second.
        time.sleep(1.0)
        models[0].suspend()
        running.process.kill()
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
