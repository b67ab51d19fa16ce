"""Spoken questions that call an http tool, and how long the caller waits for a sound and for the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.conversation import held, say
from caller.caller import Caller
from caller.session import Sessions
from caller.speech import Line
from caller.turn import Turn
from caller.waveform import Segment

TOOL = "find_hours"
ANSWER = "That day we open at nine in the morning."
# Seconds until the server answers, by the day that the caller asks for. The recogniser does not miss these words.
DAYS = {"Saturday": 0.0, "Sunday": 0.3, "Monday": 1.0, "Wednesday": 3.0, "Friday": 12.0}
_TIMEOUT_SECONDS = 20
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"delay": {"type": "number"}}, "required": ["delay"]}
_RULE = """\
  - when: {word}
    call:
      - name: {tool}
        arguments: {{delay: {delay}}}
"""


def question(day: str) -> str:
    """The text of the question about a day."""
    return f"What time do you open on {day}?"


def script() -> str:
    """What the scripted language model does: it calls the tool for each day, and answers from the result."""
    rules = "".join(_RULE.format(word=rf"\b{day[:3].lower()}", tool=TOOL, delay=delay) for day, delay in DAYS.items())
    told = f"  - when_tool: '\"opens\"'\n    say: {ANSWER}\n"
    return f"first_token_ms: 60\ntokens_per_second: 100\nanswers:\n{rules}{told}otherwise: I did not understand that.\n"


def tool(url: str) -> dict[str, Any]:
    """The definition of the tool. url: of the server that answers it."""
    return {
        "name": TOOL,
        "kind": "http",
        "description": "Finds the opening hours of a day.",
        "input_schema": SCHEMA,
        "config": {"url": url, "timeout_seconds": _TIMEOUT_SECONDS},
    }


@dataclass(frozen=True)
class ToolTurn:
    """One question. delay: seconds until the server answered. The rest in milliseconds from the end of the question.

    first_ms: until the first sound, a filler or the answer. answer_ms: until the first sound of the answer. Both are
    None when it was not heard.
    """

    day: str
    delay: float
    heard: str
    first_ms: float | None
    answer_ms: float | None

    def fault(self) -> str:
        """What was wrong with the turn; empty when nothing was."""
        if self.first_ms is None:
            return f"{self.day}: no sound (heard {self.heard!r})"
        return "" if self.answer_ms is not None else f"{self.day}: the tool's result was not spoken of ({self.heard!r})"


async def ask_all(
    sessions: Sessions, character: str, lines: dict[str, Line], told: Callable[[ToolTurn], None]
) -> tuple[list[ToolTurn], dict[str, Any]]:
    """Asks about every day in one call. Returns: the turns, and the history of the call. Raises: Refused, NoAnswer."""
    turns: list[ToolTurn] = []
    async with held(sessions, character) as caller:
        for day, line in lines.items():
            turns.append(await _ask(caller, day, line))
            told(turns[-1])
    return turns, await sessions.history(caller.session_id)


async def _ask(caller: Caller, day: str, line: Line) -> ToolTurn:
    turn = await say(caller, line, line.said)
    answered = answer_start(turn, caller.downlink.received.segments)
    answer_ms = None if answered is None else (answered - turn.spoken.end) * 1000.0
    return ToolTurn(day, DAYS[day], " ".join(turn.heard), turn.voice_to_voice_ms, answer_ms)


def answer_start(turn: Turn, segments: Sequence[Segment]) -> float | None:
    """When the first sound of the answer reached the caller, in unix seconds. None when it was not heard.

    The worker tells when it sent the first frame of an answer, which is no filler; worker and caller share one clock.
    Sound that is heard from then on is the answer, also when it follows a filler without a pause.
    """
    if turn.waterfall is None or not any(ANSWER in reply for reply in turn.replies):
        return None
    sent = turn.waterfall.first_frame
    return next((max(each.start, sent) for each in segments if each.end > sent), None)
