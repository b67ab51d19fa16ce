"""Compares a character that has tools and forms with one that has none: turns, and the start of calls."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.account import make_character
from bench.conversation import Asked, ask, held, milliseconds
from bench.questions import Question
from caller.session import Sessions
from measure.percentiles import Percentiles
from measure.stack import Running

PLAIN, EQUIPPED, LADEN = "bench-plain", "bench-equipped", "bench-laden"
# Answers of different lengths would be compared otherwise: tools change what a small model says.
_PROMPT = (
    "You answer customers of a lamp shop. Answer every question with the words: I will ask my colleague about that."
)
_GREETING = "Hello, how can I help you?"
# Nothing listens there. The questions need no tool.
_URL = "https://api.shop.example/"
# Starts of each character in a round.
_STARTS = 5


@dataclass(frozen=True)
class Pair:
    """One question, asked of both characters one after the other."""

    plain: Asked
    equipped: Asked

    @property
    def is_alike(self) -> bool:
        """Whether both gave the same answer in one turn."""
        plain, equipped = self.plain.turn, self.equipped.turn
        return bool(plain.replies) and (plain.replies, len(plain.heard)) == (equipped.replies, len(equipped.heard))

    @property
    def ratio(self) -> float | None:
        """How many times as long the equipped character took. None when one was not heard."""
        plain, equipped = self.plain.turn.voice_to_voice_ms, self.equipped.turn.voice_to_voice_ms
        return equipped / plain if plain and equipped else None


@dataclass
class Compared:
    """pairs: questions to both characters. starts: milliseconds from the request for a call to its first sound."""

    pairs: list[Pair] = field(default_factory=list)
    starts: dict[str, list[float]] = field(default_factory=dict)

    def latency(self) -> dict[str, Percentiles]:
        """Milliseconds of the turns that were answered alike, with their parts, and of the starts."""
        alike = [pair for pair in self.pairs if pair.is_alike]
        turns = {PLAIN: [pair.plain for pair in alike], EQUIPPED: [pair.equipped for pair in alike]}
        rows = {
            f"{name}: {part}": taken for name, asked in turns.items() for part, taken in milliseconds(asked).items()
        }
        rows |= {f"start, {name}": taken for name, taken in self.starts.items()}
        return {name: Percentiles.of(taken) for name, taken in rows.items() if taken}

    def ratios(self) -> dict[str, Percentiles]:
        """How many times as long the equipped character took, of pairs that were answered alike and of all pairs."""
        alike = [pair.ratio for pair in self.pairs if pair.is_alike and pair.ratio is not None]
        everything = [pair.ratio for pair in self.pairs if pair.ratio is not None]
        rows = {"the same answer": alike, "any answer": everything}
        return {name: Percentiles.of(ratios) for name, ratios in rows.items() if ratios}

    def later_ms(self) -> float | None:
        """How much later, in the median, a call of the laden character starts. None when one was not measured."""
        if not self.starts.get(PLAIN) or not self.starts.get(LADEN):
            return None
        return Percentiles.of(self.starts[LADEN]).p50 - Percentiles.of(self.starts[PLAIN]).p50

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        figures = {name: asdict(each) for name, each in self.latency().items()}
        ratios = {name: asdict(each) for name, each in self.ratios().items()}
        return {"ms": figures, "turn_ratios": ratios, "starts_later_by_ms": self.later_ms()}


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
    # No question asks for one.
    titles = {f"warranty-{number}": f"Register warranty {number}" for number in range(1, forms + 1)}
    shown = [{"id": name, "title": title, "fields": fields} for name, title in titles.items()]
    return {"tools": [search, *requests][:tools], "widget_appearance": {"forms": shown}}


async def compare(
    running: Running,
    sessions: Sessions,
    questions: Sequence[Question],
    rounds: int,
    progress: Callable[[Asked], None],
) -> Compared:
    """Holds `rounds` calls with the plain and the equipped character side by side, and asks each question of one and
    then of the other, so that the machine's wandering speed meets both. Then starts calls with the plain and the laden.

    Raises: MeasureError, Refused, JoinFailed, NoAnswer.
    """
    common = {"system_prompt": _PROMPT, "greeting": _GREETING}
    await make_character(running, PLAIN, **common)
    await make_character(running, EQUIPPED, **common, **equipment(tools=5, forms=2))
    await make_character(running, LADEN, **common, **equipment(tools=20, forms=10))
    compared = Compared()
    for number in range(rounds):
        async with held(sessions, PLAIN) as plain, held(sessions, EQUIPPED) as equipped:
            for at, question in enumerate(questions):
                # Each is the first as often as the other.
                callers = (plain, equipped) if (number + at) % 2 == 0 else (equipped, plain)
                asked = {caller: await ask(caller, question) for caller in callers}
                compared.pairs.append(Pair(asked[plain], asked[equipped]))
                for each in asked.values():
                    progress(each)
        for _ in range(_STARTS):
            for slug in (PLAIN, LADEN) if number % 2 == 0 else (LADEN, PLAIN):
                compared.starts.setdefault(slug, []).append(await _start(sessions, slug))
    return compared


async def _start(sessions: Sessions, character: str) -> float:
    """Starts a call and listens to the greeting. Returns: milliseconds until its first sound."""
    began = time.time()
    async with held(sessions, character) as caller:
        first = caller.downlink.received.segments[0].start
    return (first - began) * 1000.0
