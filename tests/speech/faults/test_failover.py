"""Endpoints that die, hang or are all gone while a caller speaks or is spoken to."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from livekit import rtc
from livekit.agents import APIConnectionError

from services.agent.audio.denoise import Denoiser
from services.agent.speech import hearing, speaking
from services.agent.speech.engine import EngineError
from services.agent.speech.pool import Pool
from services.agent.speech.route import Attempts
from services.agent.speech.wire.triton import Triton
from tests.speech.engines import Engines, catalogue_of, engines
from tests.speech.server import Server, free_ports, hanging, replaced, serving_text, small
from tests.speech.sound import error_rate, said

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120)]

TEXT = "We open at ten in the morning on Saturday, and we close at six in the evening."
# Said in real time where nothing happens in the middle of it.
SHORT = "We open at ten in the morning."
LONG = "This is one more sentence, which takes its time. " * 20
# What a caller may wait beyond the time that an endpoint is given.
GRACE_SECONDS = 1.0
CROWDED_SECONDS = 40.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pool")


@contextmanager
def endpoint(folder: Path, name: str, ports: list[int] | None = None) -> Iterator[Server]:
    home = folder / name
    home.mkdir(exist_ok=True)
    with serving_text(home, small("stt", "tts"), ports=ports) as running:
        yield running


@pytest.fixture(scope="module")
def running_victim(folder: Path) -> Iterator[Callable[[], Server]]:
    with replaced(lambda number: endpoint(folder, f"victim-{number}")) as running:
        yield running


@pytest.fixture
def victim(running_victim: Callable[[], Server]) -> Iterator[Server]:
    """An endpoint to harm. A test that fails shows its log."""
    server = running_victim()
    yield server
    sys.stdout.write(f"{server.log.read_text()}exit status: {server.process.poll()}\n")


def kill(server: Server) -> None:
    for process in (psutil.Process(server.process.pid), *server.model_processes()):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    server.process.wait(timeout=10)


def first_then(first: Server, *then: Server) -> dict[str, object]:
    return {"protocol": "triton", "endpoints": [first.url, *(server.url for server in then)]}


def choose(made: Engines, server: Server) -> None:
    """Has the pool serve from one endpoint, by making the others look busy."""
    pool = made.speech._pools["pool-0"]
    for address in pool._endpoints:
        for _ in range(10 if address != server.url else 0):
            pool.opened(address)


async def test_while_a_model_is_loaded_again_no_word_is_lost(victim: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow: the caller speaks in real time. Its only endpoint loses the process of `stt`, then that of `tts`.

    Loading takes 1 to 3 s, on a crowded machine longer than a caller is kept waiting.
    """
    monkeypatch.setattr(hearing, "_UNHEARD_SECONDS", CROWDED_SECONDS)
    monkeypatch.setattr(speaking, "_LONGEST_SILENT_SECONDS", CROWDED_SECONDS)
    async with engines(catalogue_of(first_then(victim))) as made, made.ear() as ear:
        await ear.say(said("Yes."))
        await ear.final()
        await ear.say(said(TEXT), do=lambda: victim.model_process("stt").kill())
        heard, _ = await ear.final()
        assert error_rate(TEXT, heard) <= 0.15, heard
        spoken = await made.speaking.speak(SHORT)
        victim.model_process("tts").kill()
        assert abs(len(await made.speaking.speak(SHORT)) - len(spoken)) < len(spoken) / 10
    assert made.errors == []
    assert victim.process.poll() is None


async def test_an_endpoint_killed_in_mid_utterance_or_mid_clause_is_not_noticed(victim: Server, server: Server) -> None:
    """Slow: the caller speaks in real time."""
    async with engines(catalogue_of(first_then(victim, server))) as made:
        choose(made, victim)
        whole = await made.speaking.speak(LONG)
        pieces: list[bytes] = []

        async def speak() -> None:
            async for piece in speaking._speak(made.speaking._route, LONG, Attempts()):
                if not pieces:
                    kill(victim)
                pieces.append(piece)

        async with made.ear() as ear, asyncio.TaskGroup() as spoken:
            await ear.say(said("Yes."))
            await ear.final()
            await ear.say(said(TEXT), do=lambda: spoken.create_task(speak()))
            heard, seconds = await ear.final()
        spoken_by_two = np.frombuffer(b"".join(pieces), np.int16)
        spoken_by_one = np.frombuffer(whole, np.int16)
        assert spoken_by_two.size == spoken_by_one.size
        # Nothing is missing and nothing was said twice; the engine does not round the same way each time.
        assert np.corrcoef(spoken_by_two, spoken_by_one)[0, 1] > 0.95
        assert error_rate(TEXT, heard) <= 0.15, heard
        assert seconds < hearing._FINAL_SECONDS
        assert sorted(made.told) == ["stt_failover", "tts_failover"]
        assert made.errors == []


async def test_while_an_endpoint_hangs_the_other_serves_within_the_deadline(victim: Server, server: Server) -> None:
    """Slow: who hangs is given the time to answer."""
    async with engines(catalogue_of(first_then(victim, server))) as made, made.ear() as ear:
        choose(made, victim)
        await made.speaking.speak("Yes.")
        await ear.say(said("Yes."))
        await ear.final()
        with hanging(victim):
            await ear.say(said(SHORT))
            heard, seconds = await ear.final()
            assert error_rate(SHORT, heard) <= 0.15, heard
            assert seconds < hearing._FINAL_SECONDS + GRACE_SECONDS
            began = time.monotonic()
            assert len(await made.speaking.speak("Yes.")) > 10_000
            assert time.monotonic() - began < speaking._SILENT_SECONDS + GRACE_SECONDS
            began = time.monotonic()
            await made.speaking.speak("Yes.")
            assert time.monotonic() - began < GRACE_SECONDS, "an endpoint that hangs is asked only once"
    # A stream that broke before it was needed again is opened elsewhere without a word.
    assert {"stt_failover"} <= set(made.told) <= {"stt_failover", "tts_failover"}
    assert made.errors == []


async def _fault_of(work: Awaitable[object]) -> BaseException | None:
    (fault,) = await asyncio.gather(work, return_exceptions=True)
    return fault if isinstance(fault, BaseException) else None


async def test_with_all_endpoints_gone_it_is_said_so_and_hearing_comes_back(folder: Path, victim: Server) -> None:
    """Slow: a server is started, and one that is gone is given the time to come back."""
    with ExitStack() as stack:
        async with engines(catalogue_of(first_then(victim))) as made, made.ear() as ear:
            await ear.say(said("Yes."))
            await ear.final()
            kill(victim)
            await ear.say(said(SHORT))
            (heard, seconds), spoken = await asyncio.gather(ear.final(), _fault_of(made.speaking.speak("Yes.")))
            assert heard == ""
            assert seconds < hearing._UNHEARD_SECONDS + GRACE_SECONDS
            assert [type(each) for each in made.errors] == [APIConnectionError]
            assert str(victim.grpc_port) not in str(made.errors[0]), "customers read it"
            assert isinstance(spoken, EngineError)
            assert made.told == ["stt_line"]
            stack.enter_context(endpoint(folder, "again", [victim.grpc_port, victim.http_port, victim.metrics_port]))
            await ear.say(said(SHORT))
            heard, _ = await ear.final()
            assert error_rate(SHORT, heard) <= 0.15, heard
            assert len(await made.speaking.speak("Yes.")) > 10_000


async def test_where_the_suppressor_is_away_audio_passes_and_another_endpoint_takes_over(server: Server) -> None:
    nobody = f"127.0.0.1:{free_ports(1)[0]}"
    pool, told = Pool([nobody, server.url]), list[str]()
    pool.opened(server.url)
    pool.opened(server.url)
    clients = {address: Triton(address) for address in (nobody, server.url)}
    denoiser = Denoiser(pool, clients.__getitem__, lambda part, step, _: told.append(f"{part}_{step}"))
    noise = (np.random.default_rng(7).normal(0, 0.1, 960) * 32767).astype(np.int16)
    frame = rtc.AudioFrame(noise.tobytes(), 48_000, 1, 960)
    try:
        assert await denoiser.process(frame) is frame
        assert told == ["denoise_bypass"]
        async with asyncio.timeout(10):
            while await denoiser.process(frame) is frame:
                await asyncio.sleep(0.02)
        assert told == ["denoise_bypass"]
    finally:
        await denoiser.close()
        await asyncio.gather(*(client.close() for client in clients.values()))
