"""What the server says and does when a client, a setting or the machine is at fault."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import numpy as np
import psutil
import pytest
from tritonclient.utils import InferenceServerException

from services.inference.launcher import sweep_shared_memory
from services.inference.profile import MODELS, read_profile, render
from services.inference.protocol import is_sequence_lost
from services.inference.workspace import SetupError, check_numpy
from tests.speech.client import Ear, Stream, TritonFault, connected, tensor
from tests.speech.server import Server, environment, free_ports, serving_text, small
from tests.speech.sound import said, silence

IDLE_SECONDS = 1
# Spanish is read by a process of its own, which has to end with its server.
ALL_MODELS = small(*MODELS).replace('languages = ["en-US"]', 'languages = ["en-US", "es"]')


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Server]:
    """A server of its own that forgets a silent sequence after a second."""
    profile = re.sub(r"idle_seconds = \d+", f"idle_seconds = {IDLE_SECONDS}", ALL_MODELS)
    with serving_text(tmp_path, profile) as running:
        yield running


async def test_wrong_tensors_leave_stream_and_sequence_usable(server: Server) -> None:
    async with connected(server.url) as client, Ear(client) as ear:
        await ear.say(np.array([0.0, np.nan], np.float32))
        with pytest.raises(TritonFault, match="NaN"):
            await ear.heard()
        await ear.say(silence(31))
        with pytest.raises(TritonFault, match="in pieces"):
            await ear.heard()
        await ear.say(None, 9)
        with pytest.raises(TritonFault, match="0 to 3"):
            await ear.heard()
        for wrong, sentence in (
            ([tensor("audio", [1, 2], "INT32")], "expects 'FP32'"),
            ([tensor("audio", [0.0], "FP32"), tensor("command", [1, 2], "INT32")], "shape"),
            ([tensor("sound", [0.0], "FP32")], "sound"),
        ):
            await ear.send(wrong, sequence_id=ear.sequence)
            with pytest.raises(TritonFault, match=sentence):
                await ear.heard()
        await ear.stream(np.concatenate([said("Yes, please."), silence(0.2)]))
        assert (await ear.flush()).text.startswith("Yes")


async def test_an_unknown_sequence_is_lost(server: Server) -> None:
    async with connected(server.url) as client:
        for model in ("stt", "denoise"):
            async with Stream(client, model) as stream:
                await stream.send([tensor("audio", np.zeros(480), "FP32")], sequence_id=987_654)
                with pytest.raises(TritonFault) as fault:
                    await stream.next()
                assert is_sequence_lost(str(fault.value))


async def test_an_ended_sequence_is_lost(server: Server) -> None:
    async with connected(server.url) as client, Ear(client) as ear:
        await ear.say(silence(0.1))
        await ear.say(None, end=True)
        await ear.say(silence(0.1))
        with pytest.raises(TritonFault) as fault:
            await ear.heard()
        assert is_sequence_lost(str(fault.value))


async def test_models_cannot_be_unloaded_without_the_key_of_the_server(server: Server) -> None:
    async with connected(server.url) as client:
        with pytest.raises(InferenceServerException, match="restricted"):
            await client.unload_model("denoise")
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.http_port}/v2/repository/models/denoise/unload", data=b"{}", method="POST"
    )
    with pytest.raises(HTTPError, match="403"):
        await asyncio.to_thread(urllib.request.urlopen, request, timeout=5)


async def _forgets_what_is_idle(running: Server) -> None:
    async with connected(running.url) as client, Ear(client) as ear, Stream(client, "denoise") as cleaner:
        frame = [tensor("audio", np.zeros(480), "FP32")]
        await ear.say(silence(0.1))
        await cleaner.send(frame, sequence_id=7, sequence_start=True)
        await cleaner.next()
        await asyncio.sleep(2.5 * IDLE_SECONDS)
        await ear.say(silence(0.1))
        with pytest.raises(TritonFault, match="sequence_lost:") as fault:
            await ear.heard()
        assert is_sequence_lost(str(fault.value))
        await cleaner.send(frame, sequence_id=7)
        with pytest.raises(TritonFault, match="sequence_lost:"):
            await cleaner.next()


async def _read_on(stream: Stream, seconds: float) -> None:
    """Reads until there is an error, which must be there in time."""
    async with asyncio.timeout(seconds):
        while True:
            await stream.next()


async def test_a_killed_server_breaks_its_streams_and_leaves_no_process_and_no_memory(tmp_path: Path) -> None:
    """Slow: the server loads every model."""
    with serving_text(tmp_path, ALL_MODELS) as running:
        models = psutil.Process(running.process.pid).children(recursive=True)
        assert len(running.model_processes()) == len(MODELS)
        async with connected(running.url) as client, Ear(client) as ear, Stream(client, "tts") as mouth:
            await ear.say(silence(0.1))
            await mouth.send([tensor("text", [b"This is one more sentence. " * 100], "BYTES")])
            await mouth.next()
            running.process.kill()
            for stream in (ear, mouth):
                with pytest.raises(TritonFault, match="the stream broke"):
                    await _read_on(stream, 1.0)
        assert psutil.wait_procs(models, timeout=5)[1] == []
        assert list(Path("/dev/shm").glob(f"callbox-triton-{running.grpc_port}-*")) == []


async def test_idle_sequences_and_a_stopped_server(impatient: Server) -> None:
    await _forgets_what_is_idle(impatient)
    models = psutil.Process(impatient.process.pid).children(recursive=True)
    assert len(impatient.model_processes()) == len(MODELS)
    impatient.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    impatient.process.wait(timeout=10)
    assert time.monotonic() - began < 8.0
    _, alive = psutil.wait_procs(models, timeout=5)
    assert alive == []


def test_what_a_killed_server_left_in_memory_is_swept() -> None:
    port = free_ports(1)[0]
    left, other = (Path(f"/dev/shm/callbox-triton-{number}-region") for number in (port, f"{port}0"))
    try:
        for path in (left, other):
            path.write_bytes(b"left")
        sweep_shared_memory(port)
        assert (left.exists(), other.exists()) == (False, True)
    finally:
        other.unlink(missing_ok=True)


def _launch(data_dir: Path, ports: list[int], profile: str = "cpu") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.inference"],
        env=environment(data_dir, ports, profile),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_taken_port_is_named_with_its_setting(tmp_path: Path) -> None:
    ports = free_ports(3)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports[1]))
        taken.listen()
        result = _launch(tmp_path, ports)
    assert result.returncode == 1
    assert "CALLBOX_TRITON_HTTP_PORT" in result.stderr
    assert str(ports[1]) in result.stderr


def test_an_unknown_profile_is_named_with_the_known_ones(tmp_path: Path) -> None:
    result = _launch(tmp_path, free_ports(3), "quantum")
    assert result.returncode == 2
    assert "'quantum'" in result.stderr
    assert "cpu" in result.stderr
    assert "Traceback" not in result.stderr


def test_numpy_2_is_refused_before_the_server_starts(tmp_path: Path) -> None:
    info = tmp_path / "numpy-2.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 2.1.0\n")
    with pytest.raises(SetupError, match="numpy<2"):
        check_numpy([str(tmp_path)])


def test_the_repository_is_rendered_from_the_profile(tmp_path: Path) -> None:
    render(read_profile("cpu"), tmp_path)
    configs = {path.parent.name: path.read_text() for path in tmp_path.glob("*/config.pbtxt")}
    assert set(configs) == {"stt", "tts", "denoise", "embed", "voice_match"}
    assert "decoupled: true" in configs["stt"]
    assert 'key: "voice" value { string_value: "heart" }' in configs["tts"]
    assert "max_sequence_idle_microseconds: 20000000" in configs["denoise"]
    assert [path.name for path in (tmp_path / "stt" / "1").iterdir()] == ["model.py"]
