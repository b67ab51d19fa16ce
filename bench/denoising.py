"""The denoise part of `make bench-speech`: delay, cost, noise reduction, and effect on word errors."""

import asyncio
import itertools
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import soxr
import typer
from rich.console import Console
from rich.table import Table

from bench import noises
from bench.noises import RATE_HZ, Sound
from bench.pacing import Cost, Paced, cost, designs, measure
from bench.questions import Question, questions
from bench.words import errors_and_words
from deploy.local.part import NotReady
from deploy.local.triton import own_triton
from measure.machine import machine
from services.agent.speech.engine import EngineError
from services.agent.speech.wire.triton import Triton
from services.inference import protocol

SEED = 7
STREAMS = (1, 8, 16)
RATIOS_DB = (-5.0, 0.0, 5.0, 10.0)
LEVELS_DB = (100.0, 24.0, 12.0)
GOAL_MS = 5.0
_REQUEST = protocol.DENOISE_MAX_FRAMES * protocol.DENOISE_FRAME_SAMPLES
_AT_ONCE = 3
_REPLY_SECONDS = 30.0
_PAD_SECONDS = 0.4
_PIPE_COLUMNS = 130
EXIT_FAILED = 1


@dataclass(frozen=True)
class Scene:
    """Speech in noise. ratio_db: None for clean speech."""

    noise: str
    ratio_db: float | None
    questions: Sequence[Question]
    clean: Sequence[Sound]
    sounds: Sequence[Sound]


@dataclass(frozen=True)
class Result:
    """A scene at an attenuation limit; None: not denoised. word_errors: errors divided by words."""

    noise: str
    ratio_db: float | None
    level_db: float | None
    signal_to_noise_db: float
    word_errors: float


def scenes(asked: Sequence[Question], ratios_db: Sequence[float]) -> list[Scene]:
    """Clean speech, and the same speech in each noise at each ratio."""
    chance = np.random.default_rng(SEED)
    pad = np.zeros(int(_PAD_SECONDS * RATE_HZ), np.float32)
    clean = [_whole(np.concatenate([pad, question.line.samples.astype(np.float32) / 32768, pad])) for question in asked]
    everything = np.concatenate(clean)
    made = {
        "babble": noises.babble(len(everything), chance, everything),
        "keyboard": noises.keyboard(len(everything), chance),
        "street": noises.street(len(everything), chance),
        "white": noises.white(len(everything), chance),
    }
    ends = list(itertools.accumulate(map(len, clean)))
    found = [Scene("none", None, asked, clean, clean)]
    for (name, noise), ratio in itertools.product(made.items(), ratios_db):
        mixed = noises.mixed(everything, noise, ratio)
        mixed *= min(1.0, 0.99 / float(np.abs(mixed).max()))
        found.append(Scene(name, ratio, asked, clean, np.split(mixed, ends[:-1])))
    return found


def _whole(samples: Sound) -> Sound:
    return np.pad(samples, (0, -len(samples) % protocol.DENOISE_FRAME_SAMPLES))


class Bench:
    """The measured models, on one server."""

    def __init__(self, triton: Triton) -> None:
        self._triton = triton
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def judge(self, scene: Scene, level_db: float | None) -> Result:
        """Measures noise and word errors of a scene, raw or denoised. Raises: EngineError, TimeoutError."""
        async with self._room:
            sound = np.concatenate(scene.sounds)
            delay = 0
            if level_db is not None:
                delay = protocol.DENOISE_DELAY_SAMPLES
                sound = await self._denoised(np.pad(sound, (0, delay)), level_db)
                sound = sound[delay:]
            ends = list(itertools.accumulate(map(len, scene.clean)))
            wrong = words = 0
            for question, part in zip(scene.questions, np.split(sound, ends[:-1]), strict=True):
                errors, count = errors_and_words(question.text, await self._heard(part))
                wrong, words = wrong + errors, words + count
        ratio = noises.ratio_db(np.concatenate(scene.clean), sound, 0)
        return Result(scene.noise, scene.ratio_db, level_db, ratio, wrong / words)

    async def _denoised(self, sound: Sound, level_db: float) -> Sound:
        level = np.array([level_db], np.float32)
        stream = self._triton.stream(protocol.DENOISE_MODEL, sequence=True)
        replies = stream.replies()
        parts: list[Sound] = []
        try:
            for at in range(0, len(sound), _REQUEST):
                stream.send({"audio": sound[at : at + _REQUEST], "level": level})
                async with asyncio.timeout(_REPLY_SECONDS):
                    parts.append((await anext(replies)).arrays["audio"])
            return np.concatenate(parts)
        finally:
            stream.close({"audio": np.empty(0, np.float32)})

    async def _heard(self, sound: Sound) -> str:
        samples = np.asarray(soxr.resample(sound, RATE_HZ, protocol.STT_RATE_HZ), np.float32)
        stream = self._triton.stream(protocol.STT_MODEL, sequence=True)
        try:
            asked = stream.send({"audio": samples, "command": np.array([protocol.COMMAND_FLUSH], np.int32)})
            async with asyncio.timeout(_REPLY_SECONDS):
                async for reply in stream.replies():
                    if reply.request_id == asked and reply.texts.get("kind") == protocol.KIND_FINAL:
                        return reply.texts["text"]
            raise EngineError("stt ended its stream without an answer")
        finally:
            stream.close({"audio": np.empty(0, np.float32)})


async def quality(
    folder: Path, ratios_db: Sequence[float], levels_db: Sequence[float], profile: str
) -> tuple[list[Result], float]:
    """Every scene, raw and at each level, and the seconds of speech in one scene. Raises: NotReady, EngineError."""
    asked = questions(folder)
    made = scenes(asked, ratios_db)
    async with own_triton(profile) as server:
        triton = Triton(server.address)
        bench = Bench(triton)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(bench.judge(scene, level)) for scene in made for level in (None, *levels_db)]
        finally:
            await triton.close()
    return [task.result() for task in tasks], sum(map(len, made[0].clean)) / RATE_HZ


def street(seconds: float) -> Sound:
    """Street noise: float32 [n]."""
    return np.asarray(0.05 * noises.street(int(seconds * RATE_HZ), np.random.default_rng(SEED)), np.float32)


async def speed(folder: Path, streams: Sequence[int], seconds: float) -> list[Paced]:
    """Measures Callbox's design and the plain one, one after the other. Raises: NotReady, EngineError."""
    sound = street(20)
    return [each for design in designs() for each in await measure(design, streams, sound, seconds, str(folder))]


def show_speed(console: Console, found: Sequence[Paced], seconds: float) -> None:
    """A line for each design and number of callers."""
    table = Table(title=f"denoise: round-trip milliseconds of a packet, in real time for {seconds:g} s, through Triton")
    for name in (
        "design",
        "streams",
        "packet ms",
        "p50",
        "p95",
        "p99",
        "late",
        "cores",
        "requests/step",
        "added delay",
    ):
        table.add_column(name, justify="left" if name == "design" else "right")
    algorithm_ms = 1e3 * protocol.DENOISE_DELAY_SAMPLES / RATE_HZ
    for each in found:
        away = each.away_ms
        mark = "green" if away.p95 <= GOAL_MS else "red"
        table.add_row(
            each.design, str(each.streams), str(each.packet_ms), f"{away.p50:.1f}", f"[{mark}]{away.p95:.1f}[/]",
            f"{away.p99:.1f}", f"{each.late:.1%}", f"{each.cores:.2f}", f"{each.requests_an_execution:.2f}",
            f"{algorithm_ms + away.p95:.0f}",
        )  # fmt: skip
    console.print(table)
    console.print(f"goal: p95 ≤ {GOAL_MS:g} ms; added delay: {algorithm_ms:.0f} ms of the algorithm and p95")


def show_cost(console: Console, found: Sequence[Cost]) -> None:
    """A line for each number of callers."""
    table = Table(title="denoise: milliseconds of one core for a caller's packet of 20 ms, engines without a server")
    for name in ("callers at once", "batched p50", "p95", "p99", "C library p50", "p95", "p99", "library / batched"):
        table.add_column(name, justify="right")
    for each in found:
        figures = [
            f"{value:.2f}" for way in (each.batched_ms, each.library_ms) for value in (way.p50, way.p95, way.p99)
        ]
        table.add_row(str(each.callers), *figures, f"{each.library_ms.p50 / each.batched_ms.p50:.1f}")
    console.print(table)


def show_quality(console: Console, found: Sequence[Result], seconds: float) -> None:
    """A line for each scene: signal to noise and word errors, raw and at each level."""
    levels = list(dict.fromkeys(each.level_db for each in found))
    table = Table(title=f"denoise: signal to noise in dB (SI-SDR) and word errors, {seconds:.0f} s of speech a line")
    table.add_column("noise")
    table.add_column("mixed at", justify="right")
    for level in levels:
        table.add_column("as it came" if level is None else f"{level:g} dB", justify="right")
    rows: dict[tuple[str, float | None], list[Result]] = {}
    for each in found:
        rows.setdefault((each.noise, each.ratio_db), []).append(each)
    for (noise, ratio), results in rows.items():
        cells = [f"{each.signal_to_noise_db:5.1f} dB {each.word_errors:6.1%}" for each in results]
        table.add_row(noise, "clean" if ratio is None else f"{ratio:g} dB", *cells)
    console.print(table)
    for level in levels:
        noisy = [each for each in found if each.level_db == level and each.ratio_db is not None]
        clean = [each for each in found if each.level_db == level and each.ratio_db is None]
        name = "as it came" if level is None else f"{level:g} dB"
        console.print(
            f"{name:>10}: word errors on clean speech {clean[0].word_errors:.1%}, "
            f"in noise {np.mean([each.word_errors for each in noisy]):.1%}"
        )


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Real time for each number of streams.")] = 10.0,
    streams: Annotated[list[int] | None, typer.Option(help="Numbers of streams.")] = None,
    ratio: Annotated[list[float] | None, typer.Option(help="Signal to noise to mix at, in dB.")] = None,
    level: Annotated[list[float] | None, typer.Option(help="Attenuation limits, in dB.")] = None,
    only: Annotated[str, typer.Option(help="`engine`, `speed`, `quality` or `all`.")] = "all",
    profile: Annotated[str, typer.Option(help="Profile of the quality part; stt and denoise must be in it.")] = "cpu",
) -> None:
    """Measures the denoise model through Triton. Exit status: 0 fine, 1 it could not be measured."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)
    console.print(", ".join(f"{name} {value}" for name, value in machine().items()), style="dim", soft_wrap=True)
    try:
        with tempfile.TemporaryDirectory(prefix="callbox-bench-") as folder:
            if only in ("all", "engine"):
                show_cost(console, cost(streams or STREAMS, street(20), seconds))
            if only in ("all", "speed"):
                show_speed(console, asyncio.run(speed(Path(folder), streams or STREAMS, seconds)), seconds)
            if only in ("all", "quality"):
                work = quality(Path(folder), ratio or RATIOS_DB, level or LEVELS_DB, profile)
                show_quality(console, *asyncio.run(work))
    except (NotReady, EngineError, TimeoutError) as fault:
        print(f"bench: {fault}", file=sys.stderr)
        raise typer.Exit(EXIT_FAILED) from None


if __name__ == "__main__":
    typer.run(main)
