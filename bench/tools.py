"""`make bench-tools`: how long a caller waits when the character calls an http tool, by the time the tool takes."""

import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench.account import make_character
from bench.report import figures_table, pairs_table
from bench.tool_overhead import measure_overhead
from bench.tool_server import ToolServer
from bench.tool_turns import DAYS, ToolTurn, ask_all, question, script, tool
from caller.caller import NoAnswer
from caller.connection import JoinFailed
from caller.session import Refused, Sessions
from caller.speech import from_text
from measure.machine import machine
from measure.percentiles import Percentiles
from measure.stack import MeasureError, own_stack
from tests.fixtures.scripted_llm import MODEL, ScriptedLLM

SETTLE_SECONDS = 3.0
EXIT_FAILED = 1
EXIT_FAULTY = 5
_CHARACTER = "tools"
_CONDITIONS = """\
first sound   from the last audible sample of the spoken question to the first sound of any kind: a filler or the answer
answer        from there to the first sound of the answer that is made from the tool's result
tool, bare    requests to a server on this machine that answers at once, each way in turn, over an open connection
in a call     what the history tells of the tool that answers at once: the worker's own time, rounded to milliseconds
The language model follows a script and is asked twice a turn; each time its first token takes 60 ms."""


@dataclass
class Result:
    """All measurements."""

    conditions: dict[str, str]
    turns: list[ToolTurn] = field(default_factory=list)
    overhead: dict[str, list[float]] = field(default_factory=dict)

    def waits(self) -> dict[str, Percentiles]:
        """Milliseconds until the first sound and until the answer, by the seconds that the tool takes."""
        rows: dict[str, Percentiles] = {}
        for delay in sorted({turn.delay for turn in self.turns}):
            mine = [turn for turn in self.turns if turn.delay == delay]
            first = [turn.first_ms for turn in mine if turn.first_ms is not None]
            answer = [turn.answer_ms for turn in mine if turn.answer_ms is not None]
            if first:
                rows[f"{delay:g} s: first sound"] = Percentiles.of(first)
            if answer:
                rows[f"{delay:g} s: answer"] = Percentiles.of(answer)
        return rows

    def requests(self) -> dict[str, Percentiles]:
        """Milliseconds of one request, by the way it was sent."""
        return {name: Percentiles.of(taken) for name, taken in self.overhead.items() if taken}

    def faults(self) -> list[str]:
        """Every turn that was not answered as the script says."""
        return [fault for turn in self.turns if (fault := turn.fault())]

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "conditions": self.conditions,
            "waits_ms": {name: asdict(each) for name, each in self.waits().items()},
            "requests_ms": {name: asdict(each) for name, each in self.requests().items()},
            "turns": [asdict(turn) for turn in self.turns],
            "faults": self.faults(),
        }

    def show(self, console: Console) -> None:
        """Prints the tables."""
        console.print(pairs_table("Conditions", self.conditions))
        console.print(figures_table("Spoken questions that call a tool, milliseconds by the tool's time", self.waits()))
        if self.overhead:
            console.print(figures_table("One request of a tool, milliseconds", self.requests(), digits=2))
        console.print(_CONDITIONS, soft_wrap=True)
        for fault in self.faults():
            console.print(f"  [red]✗[/red] {fault}", soft_wrap=True)


def tools(
    rounds: Annotated[int, typer.Option(min=1, help="Calls; each asks one question for each delay.")] = 20,
    requests: Annotated[int, typer.Option(min=1, help="Requests to compare with bare ones.")] = 500,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write everything to this file.")] = None,
) -> None:
    """Measures calls with slow tools. Exit status: 0 fine, 1 it could not be measured, 5 a turn was faulty."""
    console = Console(highlight=False)
    try:
        result = asyncio.run(_bench(rounds, requests, console))
    except (MeasureError, Refused, JoinFailed, NoAnswer) as fault:
        print(f"bench: {fault}", file=sys.stderr)
        raise typer.Exit(EXIT_FAILED) from None
    result.show(console)
    if json_file:
        json_file.write_text(json.dumps(result.as_json(), indent=2, ensure_ascii=False) + "\n")
    if result.faults():
        raise typer.Exit(EXIT_FAULTY)


async def _bench(rounds: int, requests: int, console: Console) -> Result:
    result = Result(machine())
    lines = {day: from_text(question(day)) for day in DAYS}
    with (
        tempfile.TemporaryDirectory(prefix="callbox-bench-") as folder,
        ScriptedLLM(script()) as model,
        ToolServer() as server,
    ):
        console.print("[dim]requests …")
        overhead = await measure_overhead(server.url, requests)
        result.overhead = {"tool": overhead.tool_ms, "bare": overhead.bare_ms}
        console.print("[dim]starting a stack …")
        allowed = {"CALLBOX_OUTBOUND_ALLOW": "127.0.0.0/8"}
        async with own_stack(Path(folder), _CHARACTER, allowed, llm_url=model.url, llm_model=MODEL) as running:
            await make_character(running, _CHARACTER, greeting="Hello!", tools=[tool(server.url)])
            await asyncio.sleep(SETTLE_SECONDS)
            async with Sessions(running.target) as sessions:
                for number in range(rounds):
                    console.print(f"[dim]call {number + 1} of {rounds} …")
                    turns, history = await ask_all(sessions, _CHARACTER, lines, lambda turn: _tell(console, turn))
                    result.turns += turns
                    result.overhead.setdefault("in a call", []).extend(_at_once(history))
    result.conditions["load average"] = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return result


def _at_once(history: dict[str, Any]) -> list[float]:
    """Milliseconds of the calls of the tool that answered at once."""
    return [call["duration_seconds"] * 1000.0 for call in history["tool_calls"] if call["arguments"] == {"delay": 0.0}]


def _tell(console: Console, turn: ToolTurn) -> None:
    mark = "[red]✗[/red]" if turn.fault() else "[green]✓[/green]"
    console.print(f"{mark} {_shown(turn.first_ms)} {_shown(turn.answer_ms)} ms  {turn.delay:g} s", soft_wrap=True)


def _shown(milliseconds: float | None) -> str:
    return "    -" if milliseconds is None else f"{milliseconds:5.0f}"


if __name__ == "__main__":
    typer.run(tools)
