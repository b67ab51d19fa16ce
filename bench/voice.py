"""`make bench-voice`: measures one call of many turns, session starts, and the stack's memory and processor use."""

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.conversation import Asked, converse
from bench.equipped import compare
from bench.questions import questions
from bench.report import Report
from bench.starts import measure_starts
from caller.caller import NoAnswer
from caller.connection import JoinFailed
from caller.session import Refused, Sessions, Target
from deploy.local.settings import LocalSettings
from measure.machine import machine
from measure.processes import Meter, usage
from measure.stack import MeasureError, Running, own_stack

IDLE_SECONDS = 10.0
# Wait after a start: models load lazily and caches are cold, but a real installation is warm.
SETTLE_SECONDS = 3.0
EXIT_FAILED = 1
EXIT_FAULTY = 5
CHARACTER = "support-bot"


def voice(
    base_url: Annotated[str | None, typer.Option(help="A running stack; default: a separate one is started.")] = None,
    api_key: Annotated[str | None, typer.Option(help="API key for --base-url; default: the demo's.")] = None,
    data_dir: Annotated[Path, typer.Option(help="Data folder of the stack at --base-url.")] = Path(".callbox"),
    character: Annotated[str, typer.Option(help="Slug of the character to call.")] = CHARACTER,
    starts: Annotated[int, typer.Option(min=0, help="Sessions to start one after the other; 0 leaves it out.")] = 200,
    equipped: Annotated[
        int, typer.Option(min=0, help="Rounds that compare a character with tools and forms with one without.")
    ] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write everything to this file.")] = None,
) -> None:
    """Measures a call by its waveform. Exit status: 0 fine, 1 it could not be measured, 5 a turn was faulty."""
    console = Console(highlight=False)
    try:
        report = asyncio.run(_bench(base_url, api_key, data_dir, character, starts, equipped, console))
    except (MeasureError, Refused, JoinFailed, NoAnswer) as fault:
        print(f"bench: {fault}", file=sys.stderr)
        raise typer.Exit(EXIT_FAILED) from None
    report.show(console)
    if json_file:
        json_file.write_text(json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n")
    if report.faults():
        raise typer.Exit(EXIT_FAULTY)


async def _bench(
    base_url: str | None,
    api_key: str | None,
    data_dir: Path,
    character: str,
    starts: int,
    equipped: int,
    console: Console,
) -> Report:
    report = Report(machine())
    async with _stack(base_url, api_key, data_dir, character, console) as running:
        asked = questions(running.folder / "bench")
        await asyncio.sleep(SETTLE_SECONDS)
        async with Sessions(running.target) as sessions:
            console.print("[dim]an idle stack …")
            idle = Meter(running.pids())
            await asyncio.sleep(IDLE_SECONDS)
            report.idle_cores = idle.cores()
            console.print(f"[dim]one call of {len(asked)} turns …")
            busy = Meter(running.pids())

            def tell(each: Asked) -> None:
                _tell(console, each)
                if each.question is asked[-1]:  # the last answer has ended and the call still runs
                    report.call_cores = busy.cores()
                    report.memory = usage(running.pids())

            report.asked = await converse(sessions, character, asked, tell)
            if starts:
                console.print(f"[dim]{starts} sessions, one after the other …")
                report.starts_ms = await measure_starts(sessions, character, starts)
            if equipped:
                console.print(f"[dim]{equipped} rounds with a plain and an equipped character …")
                report.compared = await compare(running, sessions, asked, equipped, lambda each: _tell(console, each))
    return report


@contextlib.asynccontextmanager
async def _stack(
    base_url: str | None, api_key: str | None, data_dir: Path, character: str, console: Console
) -> AsyncIterator[Running]:
    if base_url:
        yield Running(Target.found(data_dir, base_url, api_key), character, data_dir)
        return
    with tempfile.TemporaryDirectory(prefix="callbox-bench-") as folder:
        console.print("[dim]starting a stack …")
        async with own_stack(Path(folder), character, local_llm=LocalSettings().local_llm) as running:
            yield running


def _tell(console: Console, asked: Asked) -> None:
    whole = asked.turn.voice_to_voice_ms
    measured = "   -" if whole is None else f"{whole:4.0f}"
    mark = "[red]✗[/red]" if asked.faults() else "[green]✓[/green]"
    console.print(f"{mark} {measured} ms  {asked.question.text}", soft_wrap=True)


if __name__ == "__main__":
    typer.run(voice)
