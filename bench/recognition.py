"""Number of streams that one core recognises in real time: batched on one engine, and with a plain engine for each.

`python -m bench.recognition`. Engine and scheduler run in this process without Triton. Their threads are bound to one
core, the callers' thread to another if there is one.
"""

import itertools
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench.accuracy import Spoken, compared, spoken
from bench.plain import PlainMoonshine
from bench.words import word_error_rate
from measure.machine import machine
from measure.percentiles import Percentiles
from services.inference.engines.moonshine import Moonshine
from services.inference.engines.recogniser import SAMPLE_RATE_HZ, Recogniser, never
from services.inference.protocol import COMMAND_AUDIO, COMMAND_FLUSH, KIND_FINAL
from services.inference.recognition.listener import Listener
from services.inference.recognition.routes import Routes
from services.inference.recognition.transcription import Transcription
from services.inference.recognition.utterance import PARTIAL_INTERVAL_SECONDS, Utterance
from services.inference.recognition.workers import Transcript, Workers

SENTENCES: Final = (
    "What time do you open on Saturday?",
    "I would like to know whether you can repair my bicycle this week.",
    "Can I send the lamp back if it stops working after two days?",
    "Yes, please, that would be very kind of you.",
    "Is there a place to park close to the shop, and is it free on Sundays?",
    "Thank you very much, that is all I wanted to know.",
    "My order arrived yesterday, but one of the boxes was empty.",
    "Could you tell me how much it costs to send a parcel to Canada?",
    "No, I have never had an account with you before.",
    "The screen stays dark when I press the button on the left side.",
    "I am calling about the invoice that you sent me in March.",
    "Please change my appointment from Tuesday morning to Thursday afternoon.",
)
FINAL_LIMIT_MS: Final = 300.0
# A server that skips more partials is not in real time, even if its finals are fast.
LEAST_PARTIALS: Final = 0.8
_PARTIAL_STEP: Final = round(PARTIAL_INTERVAL_SECONDS * SAMPLE_RATE_HZ)
_STEP: Final = SAMPLE_RATE_HZ // 20
_TAIL_SECONDS: Final = 0.1
_PAUSE_SECONDS: Final = 1.0
_PAUSE_STEPS: Final = round(_PAUSE_SECONDS * SAMPLE_RATE_HZ / _STEP)
# Wide enough for the table, even if the output is a file.
_WIDTH: Final = 140
_DRAIN_SECONDS: Final = 20.0


@dataclass
class Heard:
    """The result of a run. final_ms: from flush to answer; cost: core seconds of this process."""

    streams: int
    final_ms: list[float] = field(default_factory=list)
    error_rates: list[float] = field(default_factory=list)
    partials: int = 0
    speech_seconds: float = 0.0
    cost: float = 0.0
    missing: int = 0

    @property
    def partials_a_second(self) -> float:
        """Partials for each second of speech."""
        return self.partials / self.speech_seconds

    def in_real_time(self, partials_alone: float) -> bool:
        """Whether finals came in time and partials nearly as often as for a single caller."""
        figures = Percentiles.of(self.final_ms)
        often = self.partials_a_second >= LEAST_PARTIALS * partials_alone
        return not self.missing and figures.p95 <= FINAL_LIMIT_MS and often


class Caller:
    """One stream in real time, which repeats: an utterance, a short silence, a flush, a pause."""

    def __init__(self, listener: Listener, said: Sequence[Spoken], first: int, heard: Heard) -> None:
        self._listener = listener
        self._said = itertools.cycle([*said[first:], *said[:first]])
        self._heard = heard
        self._lock = threading.Lock()  # guards `heard`, which worker threads write
        self._parts: list[tuple[NDArray[np.float32], Spoken | None]] = []

    def _plan(self) -> None:
        utterance = next(self._said)
        tail = np.zeros(int(_TAIL_SECONDS * SAMPLE_RATE_HZ), np.float32)
        sound = np.concatenate([utterance.samples, tail])
        parts = [sound[at : at + _STEP] for at in range(0, len(sound), _STEP)]
        self._parts = [(part, None) for part in parts[:-1]] + [(parts[-1], utterance)]
        quiet = np.zeros(_STEP, np.float32)
        self._parts += [(quiet, None)] * _PAUSE_STEPS

    def step(self) -> None:
        """Send the next 50 ms."""
        if not self._parts:
            self._plan()
        samples, ended = self._parts.pop(0)
        if len(self._parts) >= _PAUSE_STEPS:
            self._heard.speech_seconds += _STEP / SAMPLE_RATE_HZ
        if ended is None:
            self._listener.accept(samples, COMMAND_AUDIO, self._partial)
            return
        self._heard.missing += 1
        began, text = time.perf_counter(), ended.text

        def final(transcript: Transcript | None, error: str | None) -> None:
            took = (time.perf_counter() - began) * 1e3
            with self._lock:
                if transcript is not None and transcript.kind == KIND_FINAL:
                    self._heard.missing -= 1
                    self._heard.final_ms.append(took)
                    self._heard.error_rates.append(word_error_rate(text, transcript.text))

        self._listener.accept(samples, COMMAND_FLUSH, final)

    def _partial(self, transcript: Transcript | None, error: str | None) -> None:
        with self._lock:
            self._heard.partials += transcript is not None


def listen(make: Callable[[int], list[Routes]], said: Sequence[Spoken], streams: int, seconds: float) -> Heard:
    """Run `streams` callers for some seconds. `make` returns each caller's routes."""
    own, others = _cores()
    os.sched_setaffinity(0, {own})
    routes = make(streams)
    heard = Heard(streams)
    os.sched_setaffinity(0, others)
    callers = [Caller(Listener(each), said, number * 5 % len(said), heard) for number, each in enumerate(routes)]
    cost = time.process_time()
    began = time.perf_counter()
    phase = _STEP / SAMPLE_RATE_HZ / streams
    for tick in range(int(seconds * SAMPLE_RATE_HZ / _STEP)):
        for number, caller in enumerate(callers):
            # Callers begin one after the other over the first two seconds.
            if tick * _STEP / SAMPLE_RATE_HZ < 2.0 * number / streams:
                continue
            due = began + tick * _STEP / SAMPLE_RATE_HZ + number * phase
            time.sleep(max(0.0, due - time.perf_counter()))
            caller.step()
    deadline = time.perf_counter() + _DRAIN_SECONDS
    while heard.missing and time.perf_counter() < deadline:
        time.sleep(0.01)
    heard.cost = time.process_time() - cost
    for each in dict.fromkeys(routes):
        each.close()
    return heard


def core_time(engine: Recogniser, said: Sequence[Spoken], calls: int) -> float:
    """Core milliseconds for a second of speech, partials and final, when `calls` clips are always decoded together.

    Measured by the thread's clock, so that other programs on the core do not count.
    """
    spent, heard = 0.0, 0.0
    for first in range(0, len(said) - calls + 1, calls):
        group = [(Utterance(0), each.samples) for each in said[first : first + calls]]
        for at in range(0, max(len(samples) for _, samples in group), _PARTIAL_STEP):
            speaking = [(utterance, samples) for utterance, samples in group if at < len(samples)]
            for utterance, samples in speaking:
                utterance.append(samples[at : at + _PARTIAL_STEP])
            began = time.thread_time()
            for start in range(0, len(speaking), engine.max_batch):
                _read([utterance for utterance, _ in speaking[start : start + engine.max_batch]], engine)
            spent += time.thread_time() - began
        heard += sum(len(samples) for _, samples in group) / SAMPLE_RATE_HZ
    return spent * 1e3 / heard


def _read(utterances: Sequence[Utterance], engine: Recogniser) -> None:
    readings = [Transcription(utterance, never) for utterance in utterances]
    clips = [(reading, clip) for reading in readings if (clip := reading.speech()) is not None]
    for heard in engine.decode([clip for _, clip in clips]) if clips else ():
        if heard is not None:
            clips[heard[0]][0].take(heard[1])


def _cores() -> tuple[int, set[int]]:
    available = os.sched_getaffinity(os.getpid())
    own = max(available)
    return own, (available - {own}) or {own}


def batched(streams: int) -> list[Routes]:
    """One engine with one thread for all streams."""
    engine = _warm(Moonshine())
    return [Routes([Workers(engine, 1)])] * streams


def plain(streams: int) -> list[Routes]:
    """An engine and a thread for each stream."""
    return [Routes([Workers(_warm(PlainMoonshine()), 1)]) for _ in range(streams)]


def _warm(engine: Recogniser) -> Recogniser:
    engine.warm_up()
    return engine


DESIGNS: Final = {"batched": batched, "plain": plain}


def table(runs: dict[str, list[Heard]]) -> Table:
    """Every run of every design."""
    shown = Table(title="Recognition on one core", title_justify="left")
    for name in (
        "design", "streams", "final ms p50", "p95", "p99", "finals", "partials / s speech",
        "core ms / s speech", "word error rate", "in real time",
    ):  # fmt: skip
        shown.add_column(name, justify="left" if name == "design" else "right")
    for design, all_heard in runs.items():
        alone = all_heard[0].partials_a_second
        for heard in all_heard:
            figures = Percentiles.of(heard.final_ms)
            shown.add_row(
                design, str(heard.streams), f"{figures.p50:.0f}", f"{figures.p95:.0f}", f"{figures.p99:.0f}",
                str(figures.count), f"{heard.partials_a_second:.2f}", f"{heard.cost / heard.speech_seconds * 1e3:.0f}",
                f"{np.mean(heard.error_rates):.3f}", "yes" if heard.in_real_time(alone) else "no",
            )  # fmt: skip
    return shown


def _core_times(said: Sequence[Spoken]) -> Table:
    shown = Table(title="Core ms for a second of speech, thread's clock", title_justify="left")
    for name in ("heard together", "batched", "plain", "times"):
        shown.add_column(name, justify="right")
    engine, alone = _warm(Moonshine()), _warm(PlainMoonshine())
    base = core_time(alone, said, 1)
    for calls in (1, 2, 4, 8):
        cost = core_time(engine, said, calls)
        shown.add_row(str(calls), f"{cost:.1f}", f"{base:.1f}", f"{base / cost:.2f}")
    return shown


def main(
    seconds: Annotated[float, typer.Option(min=5, help="How long each number of streams is heard.")] = 15.0,
    streams: Annotated[str, typer.Option(help="Numbers of streams to try, until two in a row are too many.")] = (
        "1,4,6,8,10,12,16,20,24,28,32,40,48"
    ),
    design: Annotated[list[str] | None, typer.Option(help="batched or plain; default: both.")] = None,
    only: Annotated[str, typer.Option(help="`errors`, `streams` or `all`.")] = "all",
) -> None:
    """Prints p50, p95, p99 of finals, partials, cost, word errors and the highest number of streams of each design."""
    console = Console(highlight=False, width=_WIDTH)
    conditions = ", ".join(f"{name} {value}" for name, value in machine().items())
    console.print(f"{conditions}; load {os.getloadavg()[0]:.1f}", soft_wrap=True)
    console.print(
        f"{len(SENTENCES)} sentences by hibari, {_PAUSE_SECONDS:g} s pause after each, flush {_TAIL_SECONDS * 1e3:.0f} "
        "ms after the last sound, partials by the same rule. plain: the wheel's graphs, greedy with its key/value "
        "cache, an engine and a thread a stream, no draft, no batch. In real time: p95 of finals at most "
        f"{FINAL_LIMIT_MS:.0f} ms, all answered, and at least {LEAST_PARTIALS:.0%} of the partials of one stream.",
        soft_wrap=True,
    )
    said = spoken(SENTENCES)
    console.print(_core_times(said))
    if only in ("all", "errors"):
        console.print(compared(_warm(Moonshine()), _warm(PlainMoonshine())), soft_wrap=True)
    if only == "errors":
        return
    runs: dict[str, list[Heard]] = {}
    for name in design or list(DESIGNS):
        runs[name] = []
        for number in (int(each) for each in streams.split(",")):
            runs[name].append(listen(DESIGNS[name], said, number, seconds))
            console.print(f"[dim]{name}, {number}: {Percentiles.of(runs[name][-1].final_ms)}")
            late = [not heard.in_real_time(runs[name][0].partials_a_second) for heard in runs[name][-2:]]
            if late == [True, True]:
                break
    console.print(table(runs))
    borne = {
        name: max((h.streams for h in all_heard if h.in_real_time(all_heard[0].partials_a_second)), default=0)
        for name, all_heard in runs.items()
    }
    console.print(", ".join(f"{name}: {count} streams a core" for name, count in borne.items()))


if __name__ == "__main__":
    typer.run(main)
