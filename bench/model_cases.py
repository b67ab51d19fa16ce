"""The cases of `make bench-model`, and whether an answer is right."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

_FILE = Path(__file__).with_name("model_cases.toml")
_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "fifteen": 15, "thirty": 30,
}  # fmt: skip
# The zero minutes of "10:00 AM" are no number of their own.
_FULL_HOUR = re.compile(r"(?<=\d):00(?!\d)")
_WORD = re.compile(r"\d+|[^\W\d_]+(?:['’][^\W\d_]+)*")


class _Case(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: str


class QuestionCase(_Case):
    """A question, and what its answer must hold (see the data file)."""

    numbers: frozenset[int] = frozenset()
    may: frozenset[int] = frozenset()
    says: tuple[str, ...] = ()
    never: frozenset[str] = frozenset()

    def faults(self, answer: str) -> list[str]:
        """What is wrong with an answer; empty if it is right."""
        words = words_of(answer)
        numbers = {number for word in words if (number := _number(word)) is not None}
        # A number word such as "one" is often no number.
        digits = {int(word) for word in words if word.isdigit()}
        return [
            *(f"does not say {number}" for number in sorted(self.numbers - numbers)),
            *(f"says {number}" for number in sorted(digits - self.numbers - self.may)),
            *(f"does not say {line}" for line in self.says if not words & set(line.split("|"))),
            *(f"says {word}" for word in sorted(words & self.never)),
            *([] if words else ["says nothing"]),
        ]


class RequestCase(_Case):
    """A request, and the tool call that must follow (see the data file)."""

    tool: str = ""
    arguments: dict[str, str | list[str]] = {}
    may: frozenset[str] = frozenset()

    def picks(self, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
        """Whether the right function was called, and no other; or rightly none."""
        return [name for name, _ in calls] == ([self.tool] if self.tool else [])

    def faults(self, given: Mapping[str, Any]) -> list[str]:
        """What is wrong with the arguments. An empty value counts as not given."""
        filled = {name: value for name, value in given.items() if value not in ("", None)}
        return [
            *(f"{name} is missing" for name in self.arguments if name not in filled),
            *(
                f"{name} is {filled[name]!r}"
                for name, wanted in self.arguments.items()
                if name in filled and not _fits(str(filled[name]), wanted)
            ),
            *(f"{name} is invented: {filled[name]!r}" for name in filled if name not in {*self.arguments, *self.may}),
        ]


@dataclass(frozen=True)
class Cases:
    """Everything in the data file. tools: name, description and schema of each."""

    questions: list[QuestionCase]
    requests: list[RequestCase]
    prompt: str
    greeting: str
    tools: list[dict[str, Any]]


def read_cases() -> Cases:
    """The cases in the data file."""
    content = tomllib.loads(_FILE.read_text())
    acting = content["acting"]
    return Cases(
        [QuestionCase.model_validate(each) for each in content["questions"]],
        [RequestCase.model_validate(each) for each in content["requests"]],
        acting["prompt"].strip(),
        acting["greeting"],
        acting["tools"],
    )


def words_of(text: str) -> set[str]:
    """The words of a text in lower case; digits that stand together are a word."""
    return {word.replace("’", "'").lower() for word in _WORD.findall(_FULL_HOUR.sub("", text))}


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() else _NUMBER_WORDS.get(word)


def _fits(value: str, wanted: str | list[str]) -> bool:
    if isinstance(wanted, str):
        return _plain(value) == _plain(wanted)
    words = words_of(value)
    return all(words & set(line.split("|")) for line in wanted)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()
