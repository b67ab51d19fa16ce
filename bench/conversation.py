"""Holds one call of many turns, and checks that each question is complete in the transcript."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.questions import Question
from bench.words import word_error_rate
from caller.caller import Caller, NoAnswer
from caller.session import Sessions
from caller.speech import Line
from caller.turn import Turn

WHOLE = "voice to voice"
MAX_WORD_ERROR_RATE = 0.2
MAX_MISSING_MS = 60.0


@dataclass(frozen=True)
class Asked:
    """One question and the turn that answered it."""

    question: Question
    turn: Turn

    @property
    def word_error_rate(self) -> float:
        """Word error rate of the transcript against the words of the recording."""
        return word_error_rate(self.question.text, " ".join(self.turn.heard))

    @property
    def splits(self) -> int:
        """How often the agent took a pause for the end of the question."""
        return max(0, len(self.turn.heard) - 1)

    @property
    def missing_ms(self) -> float | None:
        """The whole latency minus the sum of its parts; None when parts or audio are missing."""
        whole, parts = self.turn.voice_to_voice_ms, self.turn.parts
        return None if whole is None or not parts else whole - sum(parts.values())

    def faults(self) -> list[str]:
        """The faults of the turn, as sentences."""
        found = []
        if self.splits:
            found.append(f"split into {self.splits + 1} turns: {' | '.join(self.turn.heard)}")
        if self.word_error_rate > MAX_WORD_ERROR_RATE:
            found.append(f"word error rate {self.word_error_rate:.2f}: heard {' '.join(self.turn.heard)!r}")
        if not self.turn.replies:
            found.append("no reply in the transcript")
        if self.missing_ms is None:
            found.append("no parts of the latency were reported")
        elif abs(self.missing_ms) > MAX_MISSING_MS:
            found.append(f"the sum of the parts differs from the whole by {self.missing_ms:.0f} ms")
        return found


def milliseconds(asked: Iterable[Asked]) -> dict[str, list[float]]:
    """The whole latency of all turns, and each part of it."""
    samples: dict[str, list[float]] = {}
    for each in asked:
        if (whole := each.turn.voice_to_voice_ms) is not None:
            samples.setdefault(WHOLE, []).append(whole)
        for name, ms in each.turn.parts.items():
            samples.setdefault(name.replace("_", " "), []).append(ms)
    return samples


@contextlib.asynccontextmanager
async def held(sessions: Sessions, character: str) -> AsyncIterator[Caller]:
    """A call after its greeting. The end of the block ends it. Raises: Refused, JoinFailed, NoAnswer."""
    grant = await sessions.start(character)
    async with Caller(grant) as caller:
        await caller.greeting()
        yield caller
    await sessions.ended(grant.session_id)


async def say(caller: Caller, line: Line, text: str) -> Turn:
    """Speaks a line. text: its words. Raises: NoAnswer with them."""
    try:
        return await caller.say(line)
    except NoAnswer as fault:
        raise NoAnswer(f"{text!r}: {fault}") from fault


async def ask(caller: Caller, question: Question) -> Asked:
    """Asks one question. Raises: NoAnswer with the question."""
    return Asked(question, await say(caller, question.line, question.text))


async def converse(
    sessions: Sessions, character: str, questions: Sequence[Question], progress: Callable[[Asked], None]
) -> list[Asked]:
    """Asks every question in one call. Raises: Refused, JoinFailed, NoAnswer with the unanswered question."""
    asked: list[Asked] = []
    async with held(sessions, character) as caller:
        for question in questions:
            asked.append(await ask(caller, question))
            progress(asked[-1])
    return asked
