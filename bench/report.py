"""The results of the voice bench, as tables and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.conversation import WHOLE, Asked, milliseconds
from bench.equipped import Compared
from measure.percentiles import Percentiles
from measure.processes import Usage

_PARTS_TITLE = "Parts: memory in a call; cores kept busy, idle and in a call"


@dataclass
class Report:
    """All measurements. An empty field was not measured."""

    machine: dict[str, str]
    asked: list[Asked] = field(default_factory=list)
    starts_ms: list[float] = field(default_factory=list)
    memory: dict[str, Usage] = field(default_factory=dict)
    idle_cores: dict[str, float] = field(default_factory=dict)
    call_cores: dict[str, float] = field(default_factory=dict)
    compared: Compared | None = None

    def latency(self) -> dict[str, Percentiles]:
        """Milliseconds of the whole latency and of each part."""
        return {name: Percentiles.of(taken) for name, taken in milliseconds(self.asked).items()}

    def faults(self) -> list[str]:
        """Every fault of every turn, with its question, and each part of the stack that ended during the call."""
        turns = [f"{each.question.text!r}: {fault}" for each in self.asked for fault in each.faults()]
        ended = [name for name in self.memory if name not in self.call_cores]
        return [*turns, *(f"{name} ended during the call" for name in ended)]

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "machine": self.machine,
            "latency_ms": {name: asdict(figures) for name, figures in self.latency().items()},
            "turns": [
                {
                    **each.turn.as_json(),
                    "said": each.question.text,
                    "word_error_rate": round(each.word_error_rate, 3),
                    "splits": each.splits,
                    "parts_miss_whole_by_ms": None if each.missing_ms is None else round(each.missing_ms, 1),
                }
                for each in self.asked
            ],
            "faults": self.faults(),
            "session_start_ms": asdict(Percentiles.of(self.starts_ms)) if self.starts_ms else None,
            "memory": {name: asdict(each) for name, each in self.memory.items()},
            "idle_cores": self.idle_cores,
            "call_cores": self.call_cores,
            "compared": self.compared.as_json() if self.compared else None,
        }

    def show(self, console: Console) -> None:
        """Prints the tables."""
        console.print(pairs_table("Machine", self.machine))
        if self.asked:
            console.print(figures_table(f"One call, {len(self.asked)} turns, milliseconds", self.latency()))
        if self.starts_ms:
            console.print(
                figures_table("Session start over HTTP, milliseconds", {"start": Percentiles.of(self.starts_ms)})
            )
        if self.compared:
            self._show_compared(self.compared, console)
        if self.memory:
            console.print(self._parts())
        faults = self.faults()
        whole = len({each.question.text for each in self.asked if not each.faults()})
        console.print(f"{whole} of {len(self.asked)} questions are complete in the transcript, and their parts add up.")
        for fault in faults:
            console.print(f"  [red]✗[/red] {fault}", soft_wrap=True)

    def _show_compared(self, compared: Compared, console: Console) -> None:
        console.print(figures_table("With and without tools and forms, milliseconds", compared.latency()))
        title = "How many times as long a turn takes with 5 tools and 2 forms, question by question"
        console.print(figures_table(title, compared.ratios(), digits=3))
        if (later := compared.later_ms()) is not None:
            console.print(f"A call with 20 tools and 10 forms starts {later:+.0f} ms later, in the median.")

    def _parts(self) -> Table:
        table = _table(_PARTS_TITLE, ["part", "processes", "PSS MiB", "RSS MiB", "idle", "call"])
        for name, each in self.memory.items():
            table.add_row(
                name, str(each.processes), f"{each.pss_bytes / 2**20:.0f}", f"{each.rss_bytes / 2**20:.0f}",
                _cores(self.idle_cores.get(name)), _cores(self.call_cores.get(name)),
            )  # fmt: skip
        everything = self.memory.values()
        table.add_section()
        table.add_row(
            "all", str(sum(each.processes for each in everything)),
            f"{sum(each.pss_bytes for each in everything) / 2**20:.0f}",
            f"{sum(each.rss_bytes for each in everything) / 2**20:.0f}",
            f"{sum(self.idle_cores.values()):.3f}", f"{sum(self.call_cores.values()):.3f}",
        )  # fmt: skip
        return table


def _cores(busy: float | None) -> str:
    return "ended" if busy is None else f"{busy:.3f}"


def figures_table(title: str, rows: dict[str, Percentiles], digits: int = 0) -> Table:
    """A table of percentiles, a row each. digits: after the decimal point."""
    table = _table(title, ["", "p50", "p95", "p99", "worst", "samples"])
    for name, each in rows.items():
        style = "bold" if name == WHOLE else ""
        values = [f"{value:.{digits}f}" for value in (each.p50, each.p95, each.p99, each.worst)]
        table.add_row(name, *values, str(each.count), style=style)
    return table


def pairs_table(title: str, rows: dict[str, str]) -> Table:
    """A table of names and values."""
    table = _table(title, ["", ""])
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", show_header=any(columns))
    for index, name in enumerate(columns):
        table.add_column(name, justify="left" if index == 0 or not any(columns) else "right")
    return table
