"""`python -m bench.synthesis`: first audio and cost of the tts model at rising numbers of callers.

A stream is a caller that requests replies of one to three sentences, one after the other. With Kokoro it listens to
each reply to its end and waits for 1 to 3 s, as in a call. Hibari would be idle with such callers, so there it requests
the next reply 50 to 250 ms after the last was complete. First audio is the time from sending the text to the first
samples. A piece is late if it arrives after the piece before it was played to its end. For comparison, the plain way
makes each reply as a whole, in the order of the requests, with the same engine and number of threads, and without
Triton, which is in its favour.
"""

import asyncio
import json
import random
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from bench.intelligibility import error_rates
from bench.replies import replies
from bench.speaker import own_speaker
from deploy.local.triton import TritonServer, own_triton
from measure.machine import machine
from measure.percentiles import Percentiles
from services.agent.speech.wire.triton import Triton
from services.inference import cores
from services.inference.engines.moonshine import Moonshine
from services.inference.profile import read_profile
from services.inference.profile_sections import AUTO, TtsSection
from services.inference.protocol import TTS_MODEL, TTS_RATE_HZ
from services.inference.synthesis.speech import Speaker

VOICES = {"hibari": "heart", "kokoro": "af_heart"}
STREAMS = (1, 4, 8, 16)
# NVIDIA's figures for its own synthesiser on an H100, by engine to compare and number of streams.
GOAL_P95_MS = {("hibari", 1): 42.0, ("hibari", 8): 113.0}
_REPLY_SECONDS = 120.0
_MIB = 2**20

Pieces = AsyncIterator[NDArray[np.int16]]


@dataclass(frozen=True)
class Pace:
    """A caller's wait between replies. hears: wait until the reply was played; think_seconds: then (from, to)."""

    hears: bool
    think_seconds: tuple[float, float]


PACES = {"hibari": Pace(False, (0.05, 0.25)), "kokoro": Pace(True, (1.0, 3.0))}


@dataclass(frozen=True)
class Way:
    """One way to synthesise replies. cpu_seconds: processor time used so far by its process."""

    name: str
    speak: Callable[[str], Pieces]
    cpu_seconds: Callable[[], float]


@dataclass
class Heard:
    """The results of all callers of one run."""

    first_ms: list[float] = field(default_factory=list)
    audio_seconds: float = 0.0
    pieces: int = 0
    late: int = 0


@dataclass(frozen=True)
class Row:
    """One run. audio_per_core_second: seconds of speech for each second of processor time."""

    way: str
    voice: str
    streams: int
    first_ms: Percentiles
    late: float
    audio_per_core_second: float
    cores: float


async def _call(way: Way, pace: Pace, number: int, until: float, heard: Heard) -> None:
    chance = random.Random(number)
    await asyncio.sleep(chance.uniform(0, pace.think_seconds[1]))
    for text in replies(number):
        if time.perf_counter() >= until:
            return
        asked, audible_until = time.perf_counter(), 0.0
        async with asyncio.timeout(_REPLY_SECONDS):
            async for piece in way.speak(text):
                now = time.perf_counter()
                if not audible_until:
                    heard.first_ms.append((now - asked) * 1e3)
                else:
                    heard.pieces += 1
                    heard.late += now > audible_until
                seconds = len(piece) / TTS_RATE_HZ
                audible_until = max(audible_until, now) + seconds
                heard.audio_seconds += seconds
        playing = max(0.0, audible_until - time.perf_counter()) if pace.hears else 0.0
        await asyncio.sleep(playing + chance.uniform(*pace.think_seconds))


async def _run(way: Way, engine: str, streams: int, seconds: float) -> Row:
    heard = Heard()
    used, began = way.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(_call(way, PACES[engine], number, began + seconds, heard) for number in range(streams)))
    used, took = way.cpu_seconds() - used, time.perf_counter() - began
    late = heard.late / max(1, heard.pieces)
    return Row(
        way.name, VOICES[engine], streams, Percentiles.of(heard.first_ms), late, heard.audio_seconds / used, used / took
    )


_HEAD = "way      voice     streams  replies   first audio ms p50   p95   p99   late  audio s/core s  cores"


def _line(row: Row, engine: str) -> str:
    first, goal = row.first_ms, GOAL_P95_MS.get((engine, row.streams)) if row.way == "Callbox" else None
    line = (
        f"{row.way:8s} {row.voice:9s} {row.streams:7d} {first.count:8d} {first.p50:20.0f} {first.p95:5.0f}"
        f" {first.p99:5.0f} {row.late:6.0%} {row.audio_per_core_second:15.1f} {row.cores:6.2f}"
    )
    return line if goal is None else f"{line}  goal p95 {goal:.0f}"


def _on_triton(triton: Triton, server: TritonServer, voice: str) -> Way:
    async def speak(text: str) -> Pieces:
        stream = triton.stream(TTS_MODEL)
        stream.send({"text": text, "voice": voice})
        async for reply in stream.replies():
            if "audio" in reply.arrays:
                yield reply.arrays["audio"]
            if reply.final:
                break
        stream.close()

    (process,) = server.model_processes(TTS_MODEL)
    return Way("Callbox", speak, lambda: sum(process.cpu_times()[:2]))


def _plain(speaker: Speaker, pool: ThreadPoolExecutor, voice: str) -> Way:
    def whole(text: str) -> NDArray[np.int16]:
        engine, known = speaker.found(voice)
        sound = np.concatenate(list(engine.sounds(text, known, known.languages[0], 1.0)))
        return np.asarray(np.round(np.clip(sound, -1, 1) * 32_767), np.int16)

    async def speak(text: str) -> Pieces:
        yield await asyncio.get_running_loop().run_in_executor(pool, whole, text)

    return Way("plain", speak, time.process_time)


async def _measure(
    profile: str, section: TtsSection, engines: Sequence[str], streams: Sequence[int], seconds: float, tell: Console
) -> None:
    tell.print(_HEAD)
    async with own_triton(profile) as server:
        triton = Triton(server.address)
        try:
            for engine in engines:
                for count in streams:
                    tell.print(
                        _line(await _run(_on_triton(triton, server, VOICES[engine]), engine, count, seconds), engine)
                    )
            (process,) = server.model_processes(TTS_MODEL)
            memory = process.memory_info().rss / _MIB
        finally:
            await triton.close()
    assert section.workers != AUTO
    with own_speaker(section.threads) as speaker:
        for engine in engines:
            threads = max(1, section.workers // section.threads) if engine == "kokoro" else section.workers
            with ThreadPoolExecutor(threads) as pool:
                for count in streams:
                    way = _plain(speaker, pool, VOICES[engine])
                    tell.print(_line(await _run(way, engine, count, seconds), engine))
    tell.print(f"tts process after that: {memory:.0f} MiB; workers {section.workers}, threads {section.threads}")


def _toml(section: TtsSection) -> str:
    """A profile with only this section."""
    return "\n".join(["[tts]", *(f"{name} = {json.dumps(value)}" for name, value in section.model_dump().items())])


def _quality(voices: Sequence[str], tell: Console) -> None:
    recogniser = Moonshine()
    with own_speaker() as speaker:
        for voice in voices:
            rate, seconds = error_rates(speaker, voice, recogniser)
            tell.print(f"{voice}: word error rate {rate:.1%} in {seconds:.0f} s, heard by Moonshine tiny")


def synthesis(
    profile: Annotated[str, typer.Option(help="A profile with a tts section.")] = "cpu",
    engine: Annotated[list[str] | None, typer.Option(help="hibari, kokoro; default: both.")] = None,
    streams: Annotated[list[int] | None, typer.Option(help="How many callers at once; default: 1, 4, 8, 16.")] = None,
    seconds: Annotated[float, typer.Option(min=5, help="How long each number of callers talks.")] = 20.0,
    quality: Annotated[bool, typer.Option(help="Also transcribe the voices back.")] = True,
) -> None:
    """Measures the tts model of a profile, served alone."""
    tell = Console(highlight=False, width=140)
    tell.print("; ".join(f"{name} {value}" for name, value in machine().items()))
    engines = engine or list(VOICES)
    section = read_profile(profile).on(cores.available()).tts
    if section is None:
        raise typer.BadParameter(f"profile {profile} has no tts section")
    with tempfile.TemporaryDirectory(prefix="callbox-bench-") as folder:
        alone = Path(folder) / "tts.toml"
        alone.write_text(_toml(section))
        asyncio.run(_measure(str(alone), section, engines, streams or STREAMS, seconds, tell))
    if quality:
        _quality([VOICES[name] for name in engines], tell)


if __name__ == "__main__":
    typer.run(synthesis)
