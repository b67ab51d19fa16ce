"""`callbox size`: measures how many calls this machine carries."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from caller.caller import NoAnswer
from caller.connection import JoinFailed
from caller.session import Refused, Sessions
from caller.speech import from_text
from deploy.local.environment import read_settings, variables_of
from deploy.local.seed import SLUG
from deploy.local.settings import DEFAULT_PROFILE, LocalSettings
from deploy.local.size import Size, processor, write_size
from measure.capacity import LONGEST_P95_MS, Capacity, Step, Watch, search
from measure.concurrent_calls import ConcurrentCalls
from measure.machine import machine
from measure.questions import TEXTS
from measure.stack import MeasureError, Running, own_stack
from services.kit.settings import SettingsError

EXIT_FAILED = 1
EXIT_USAGE = 2
# The quick form takes at most two minutes, with starting and stopping its stack.
_QUICK_SECONDS, _THOROUGH_SECONDS = 80.0, 1_500.0
_QUICK_STEP_SECONDS, _THOROUGH_STEP_SECONDS = 18.0, 90.0
# New calls get their greeting and settle before anything is counted.
_GREETED_SECONDS, _SETTLE_SECONDS = 8.0, 2.0
_MOST_PER_CORE, _MOST = 8, 64


def size(
    thorough: Annotated[bool, typer.Option("--thorough", help="Watch each number of calls for 90 s.")] = False,
    most: Annotated[
        int | None, typer.Option(min=1, max=_MOST, help="Calls not to go beyond; default 8 a core.")
    ] = None,
    keep: Annotated[bool, typer.Option(help="Keep the figure: the next `callbox up` announces it.")] = True,
) -> None:
    """Measures how many calls this machine carries before the wait at p95 passes 1.5 s or audio has gaps.

    A stack of its own is started beside what runs, so nothing else should run. Exit status: 0 measured, 1 it could not
    be, 2 settings that cannot be used.
    """
    console = Console(highlight=False)
    try:
        settings = read_settings()
        capacity = asyncio.run(_measure(settings, thorough, most, console))
    except SettingsError as fault:
        _fail(str(fault), EXIT_USAGE)
    except (MeasureError, Refused, JoinFailed, NoAnswer) as fault:
        _fail(f"callbox size: {fault}", EXIT_FAILED)
    _show(capacity, console)
    carried = capacity.carried
    if carried is None or carried.waits is None:
        _fail("callbox size: not even one call is carried well here; nothing was kept.", EXIT_FAILED)
    if keep:
        found = Size(
            calls=carried.observed.calls,
            cores=capacity.cores,
            processor=processor(),
            profile=_profile(),
            limit=capacity.limit(),
            p95_ms=round(carried.waits.p95, 1),
            thorough=thorough,
            measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        path = write_size(settings.folder, found)
        console.print(f"Kept in {path}: the next `callbox up` announces {found.calls} slots.")


async def _measure(settings: LocalSettings, thorough: bool, most: int | None, console: Console) -> Capacity:
    bound = most or min(_MOST, _MOST_PER_CORE * len(os.sched_getaffinity(0)))
    step_seconds = _THOROUGH_STEP_SECONDS if thorough else _QUICK_STEP_SECONDS
    lines = [from_text(text) for text in TEXTS]
    until = time.monotonic() + (_THOROUGH_SECONDS if thorough else _QUICK_SECONDS)
    with tempfile.TemporaryDirectory(prefix="callbox-size-") as folder:
        console.print("[dim]starting a stack …")
        async with (
            _stack(settings, Path(folder), bound) as running,
            Sessions(running.target) as sessions,
            ConcurrentCalls(sessions, SLUG, lines) as calls,
        ):

            async def attempt(count: int) -> Step:
                return await _step(calls, running, count, step_seconds)

            return await search(attempt, bound, lambda step: _tell(console, step), until)


def _stack(settings: LocalSettings, folder: Path, slots: int) -> contextlib.AbstractAsyncContextManager[Running]:
    """A stack with the operator's language model and speech models, and more slots than are needed."""
    known = variables_of("inference") | variables_of("agent")
    chosen = {name: value for name, value in os.environ.items() if name in known}
    chosen["CALLBOX_DEFAULT_CONCURRENT_SESSIONS"] = str(2 * _MOST)
    model = {
        name: getattr(settings, name) for name in ("llm_url", "llm_model", "llm_api_key", "local_llm", "llm_threads")
    }
    return own_stack(folder, SLUG, chosen, slots=slots, **model)


async def _step(calls: ConcurrentCalls, running: Running, count: int, seconds: float) -> Step:
    await calls.resize(count, _GREETED_SECONDS)
    await asyncio.sleep(_SETTLE_SECONDS)
    watch = Watch(running.pids())
    observed = await calls.observe(seconds)
    cores, callers = watch.cores()
    return Step(observed, cores, callers)


def _tell(console: Console, step: Step) -> None:
    faults = step.faults()
    mark = "[red]✗[/red]" if faults else "[green]✓[/green]"
    waits = step.waits
    seen = "nothing heard" if waits is None else f"p50 {waits.p50:4.0f}  p95 {waits.p95:4.0f} ms, {waits.count} turns"
    console.print(f"{mark} {step.observed.calls:2d} calls  {seen}  {'; '.join(faults)}", soft_wrap=True)


def _show(capacity: Capacity, console: Console) -> None:
    table = Table(title="Calls at once, voice to voice in milliseconds; cores kept busy", title_justify="left")
    names = list(dict.fromkeys(name for step in capacity.steps for name in step.cores))
    for name in ("calls", "p50", "p95", "p99", "turns", "gaps", "all parts", "callers"):
        table.add_column(name, justify="right")
    for step in sorted(capacity.steps, key=lambda each: each.observed.calls):
        waits = step.waits
        figures = [f"{value:.0f}" for value in (waits.p50, waits.p95, waits.p99)] if waits else ["-"] * 3
        turns, gaps = str(len(step.observed.answered)), str(step.observed.under_runs)
        cores = [f"{sum(step.cores.values()):.2f}", f"{step.callers:.2f}"]
        table.add_row(str(step.observed.calls), *figures, turns, gaps, *cores)
    console.print(table)
    carried = capacity.carried
    if carried is not None:
        shares = sorted(((carried.cores.get(name, 0.0), name) for name in names), reverse=True)
        console.print("Cores by part: " + ", ".join(f"{name} {busy:.2f}" for busy, name in shares if busy >= 0.005))
        calls = carried.observed.calls
        console.print(
            f"[bold]{calls} calls[/bold] at once before p95 passes {LONGEST_P95_MS / 1000:g} s or audio has gaps: "
            f"{calls / capacity.cores:.1f} a core, {_per_gpu(calls)}."
        )
    console.print(f"What is the limit: {capacity.limit()}")
    console.print(", ".join(f"{name} {value}" for name, value in machine().items()), style="dim", soft_wrap=True)


def _per_gpu(calls: int) -> str:
    gpus = _gpus()
    return f"{calls / len(gpus):.1f} a GPU ({', '.join(gpus)})" if gpus else "no GPU here"


def _gpus() -> list[str]:
    """Names of the GPUs of this machine."""
    if shutil.which("nvidia-smi") is None:
        return []
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout.split("\n")[:-1]
    return []


def _profile() -> str:
    return os.environ.get("CALLBOX_INFERENCE_PROFILE", DEFAULT_PROFILE)


def _fail(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(status)
