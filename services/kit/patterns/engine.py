"""The JavaScript engine that patterns run in: QuickJS, with limits on time, memory and stack."""

import json
import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import quickjs

MAX_TEXT_CHARACTERS = 2000
MATCH_SECONDS = 0.1
_COMPILE_SECONDS = 0.25
_MEMORY_BYTES = 32 * 1024 * 1024
_STACK_BYTES = 256 * 1024
# In the order in which they are tried.
_FLAGS = ("u", "v", "")
# Without a flag these would compile, but with a meaning that no author wants.
_NEEDS_UNICODE = re.compile(r"(?:[^\\]|\\.)*?\\(?:[pP]\{|u\{|k<)", re.DOTALL)
_PROGRAM = """
(() => {
    const known = new Map();
    const compiled = (source, flags) => {
        const key = flags + "/" + source;
        let found = known.get(key);
        if (found === undefined) {
            if (known.size >= 256) known.clear();
            known.set(key, found = new RegExp(source, flags));
        }
        return found;
    };
    return (task, source, flags, text) => {
        if (task === "compile") {
            try { new RegExp(source, flags); return ""; } catch (fault) {
                if (fault instanceof SyntaxError) return fault.message;
                throw fault;
            }
        }
        if (task === "test") return compiled(source, flags).test(text);
        const letters = JSON.parse(text).map((point) => String.fromCodePoint(point));
        return JSON.stringify(JSON.parse(source).map((atom) => {
            const whole = new RegExp("^(?:" + atom + ")$", flags);
            return letters.map((letter) => whole.test(letter) ? "1" : "0").join("");
        }));
    };
})()
"""


class TooSlowError(Exception):
    """The match was stopped at its time limit."""


class PatternError(Exception):
    """The pattern is not valid; the message says why, in English."""


class _Engine(threading.local):
    """The engine of one thread: two threads must not use one QuickJS."""

    def __init__(self) -> None:
        self._context = quickjs.Context()
        self._context.set_memory_limit(_MEMORY_BYTES)
        self._context.set_max_stack_size(_STACK_BYTES)
        self._run = self._context.eval(_PROGRAM)

    def run(self, seconds: float, *arguments: str) -> Any:
        """Run the program and return its result.

        Raises: TooSlowError when it exceeds a limit of time, memory or stack.
        """
        self._context.set_time_limit(seconds)
        try:
            return self._run(*arguments)
        except quickjs.JSException as fault:
            raise TooSlowError(str(fault).partition("\n")[0]) from None


_engine = _Engine()


@lru_cache(maxsize=4096)
def flags_of(pattern: str) -> str:
    """The flags with which a pattern compiles: `u`, `v` or none.

    Raises: PatternError when it compiles with none of them, or compiling exceeds a limit.
    """
    if not _is_whole(pattern):
        raise PatternError("half of a surrogate pair")
    faults: list[str] = []
    for flags in _FLAGS:
        if not flags and _NEEDS_UNICODE.match(pattern):
            raise PatternError(faults[0])
        try:
            fault = _engine.run(_COMPILE_SECONDS, "compile", pattern, flags, "")
        except TooSlowError:
            raise PatternError("too complex") from None
        if not fault:
            return flags
        faults.append(fault)
    raise PatternError(faults[-1])


def matches(pattern: str, text: str, seconds: float = MATCH_SECONDS) -> bool:
    """Whether the pattern matches anywhere in the text.

    text: at most `MAX_TEXT_CHARACTERS`. seconds: limit of processor time.
    Raises: PatternError for an invalid pattern, TooSlowError, ValueError for a longer text.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise ValueError(f"longer than {MAX_TEXT_CHARACTERS} characters")
    return _is_whole(text) and bool(_engine.run(seconds, "test", pattern, flags_of(pattern), text))


def letters_of(atoms: Sequence[str], flags: str, points: Sequence[int]) -> list[int]:
    """For each atom (a pattern of one character), the code points that it matches, as bits in the order of `points`.

    Raises: TooSlowError.
    """
    answer = _engine.run(_COMPILE_SECONDS, "letters", json.dumps(list(atoms)), flags, json.dumps(list(points)))
    return [int(bits[::-1], 2) for bits in json.loads(answer)]


def _is_whole(text: str) -> bool:
    # A lone surrogate cannot be passed to QuickJS.
    return not any("\ud800" <= character <= "\udfff" for character in text)
