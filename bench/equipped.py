"""Compares a character that has tools and forms with one that has none: turns, and the start of calls."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.account import make_character
from bench.conversation import Asked, converse
from bench.questions import Question
from caller.caller import Caller
from caller.session import Sessions
from measure.percentiles import Percentiles
from measure.stack import Running

PLAIN, EQUIPPED, LADEN = "bench-plain", "bench-equipped", "bench-laden"
_PROMPT = "You answer customers of a lamp shop in one short sentence."
_GREETING = "Hello, how can I help you?"
# Nothing listens there. The questions need no tool.
_URL = "https://api.shop.example/"


@dataclass
class Compared:
    """Milliseconds by character. turns: voice to voice. starts: from the request to the first sound of the greeting."""

    turns: dict[str, list[float]] = field(default_factory=dict)
    starts: dict[str, list[float]] = field(default_factory=dict)

    def latency(self) -> dict[str, Percentiles]:
        """Percentiles of everything that was measured."""
        rows = {f"turn, {name}": Percentiles.of(taken) for name, taken in self.turns.items() if taken}
        return rows | {f"start, {name}": Percentiles.of(taken) for name, taken in self.starts.items() if taken}

    def turn_ratios(self) -> dict[str, float]:
        """How many times as long the equipped character takes as the plain one; empty when one was not measured."""
        if not self.turns.get(PLAIN) or not self.turns.get(EQUIPPED):
            return {}
        plain, equipped = Percentiles.of(self.turns[PLAIN]), Percentiles.of(self.turns[EQUIPPED])
        return {"p50": equipped.p50 / plain.p50, "p95": equipped.p95 / plain.p95}

    def later_ms(self) -> float | None:
        """How much later, in the median, a call of the laden character starts. None when one was not measured."""
        if not self.starts.get(PLAIN) or not self.starts.get(LADEN):
            return None
        return Percentiles.of(self.starts[LADEN]).p50 - Percentiles.of(self.starts[PLAIN]).p50

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        figures = {name: asdict(each) for name, each in self.latency().items()}
        return {"ms": figures, "turn_ratios": self.turn_ratios(), "starts_later_by_ms": self.later_ms()}


def equipment(tools: int, forms: int) -> dict[str, Any]:
    """Fields of a character: so many tools, of which the first searches documents, and so many forms."""
    schema = {"type": "object", "properties": {"number": {"type": "integer", "description": "The order's number."}}}
    search = {"name": "search_documents", "kind": "kb", "description": "Searches documents.", "input_schema": {}}
    requests = [
        {
            "name": f"find_order_{number}",
            "kind": "http",
            "description": f"Finds an order of department {number} by its number.",
            "input_schema": schema,
            "config": {"url": f"{_URL}{number}"},
        }
        for number in range(1, tools)
    ]
    fields = [
        {"name": "name", "type": "text", "label": "Your name", "required": True},
        {"name": "email", "type": "email", "label": "Your e-mail"},
        {"name": "day", "type": "date", "label": "Day"},
    ]
    shown = [
        {"id": f"visit-{number}", "title": f"Visit branch {number}", "fields": fields} for number in range(1, forms + 1)
    ]
    return {"tools": [search, *requests][:tools], "widget_appearance": {"forms": shown}}


async def compare(
    running: Running,
    sessions: Sessions,
    questions: Sequence[Question],
    rounds: int,
    progress: Callable[[Asked], None],
) -> Compared:
    """Holds `rounds` calls with the plain and the equipped character in turn, and starts as many calls with the laden.

    Raises: MeasureError, Refused, JoinFailed, NoAnswer.
    """
    common = {"system_prompt": _PROMPT, "greeting": _GREETING}
    await make_character(running, PLAIN, **common)
    await make_character(running, EQUIPPED, **common, **equipment(tools=5, forms=2))
    await make_character(running, LADEN, **common, **equipment(tools=20, forms=10))
    compared = Compared()
    for number in range(rounds):
        # Each is the first of a round as often as the other.
        for slug in (PLAIN, EQUIPPED) if number % 2 == 0 else (EQUIPPED, PLAIN):
            asked = await converse(sessions, slug, questions, progress)
            taken = (each.turn.voice_to_voice_ms for each in asked)
            compared.turns.setdefault(slug, []).extend(ms for ms in taken if ms is not None)
        for slug in (PLAIN, LADEN) if number % 2 == 0 else (LADEN, PLAIN):
            compared.starts.setdefault(slug, []).append(await _start(sessions, slug))
    return compared


async def _start(sessions: Sessions, character: str) -> float:
    """Starts a call and listens to the greeting. Returns: milliseconds until its first sound."""
    began = time.time()
    grant = await sessions.start(character)
    async with Caller(grant) as caller:
        await caller.greeting()
        first = caller.downlink.received.segments[0].start
    await sessions.ended(grant.session_id)
    return (first - began) * 1000.0
