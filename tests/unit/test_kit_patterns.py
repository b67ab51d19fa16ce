"""Contract 14.5: a `pattern` that is no valid ECMA-262 regex or can hang a matcher is refused. 5.3: what it means."""

import json
import random
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from services.kit.patterns import (
    MAX_PATTERN_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    TooSlowError,
    flags_of,
    judge,
    matches,
    pattern_faults,
)

_FILE = Path(__file__).parents[1] / "cases" / "patterns.json"
CASES: dict[str, Any] = json.loads(_FILE.read_text())
# What most bad texts of the patterns in the table are made of.
_PUMPS = ("a", "1", " ", "ab", "a ", ".", "-", ",", "x", "é", "a-", "9,")
# The same rule as `flags_of`, in the language that it is about.
_NODE = """
const cases = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
const needsUnicode = /^(?:[^\\\\]|\\\\[^])*?\\\\(?:[pP]\\{|u\\{|k<)/;
const compile = (pattern) => {
  for (const flags of ["u", "v", ""]) {
    if (flags === "" && needsUnicode.test(pattern)) break;
    try { return new RegExp(pattern, flags); } catch {}
  }
};
console.log(JSON.stringify({
  flags: Object.fromEntries([...cases.ordinary, ...cases.hanging].map((p) => [p, compile(p)?.flags ?? null])),
  invalid: cases.invalid.filter((p) => compile(p)),
  matches: cases.matches.map(([p, text]) => compile(p).test(text)),
}));
"""


@pytest.mark.parametrize("pattern", CASES["ordinary"])
def test_patterns_of_ordinary_forms_are_taken(pattern: str) -> None:
    assert pattern_faults(pattern) == []


@pytest.mark.parametrize("pattern", CASES["invalid"])
def test_what_is_no_regular_expression_is_refused_and_told_so(pattern: str) -> None:
    (fault,) = pattern_faults(pattern)
    assert fault.startswith("is not a valid JavaScript regular expression: ")


@pytest.mark.parametrize("pattern", CASES["hanging"])
def test_patterns_that_can_hang_a_matcher_are_refused_though_valid(pattern: str) -> None:
    flags_of(pattern)
    (fault,) = pattern_faults(pattern)
    assert fault.startswith(("can keep a browser busy", "uses a large count"))


@pytest.mark.parametrize(("pattern", "text", "found"), CASES["matches"])
def test_matching_is_that_of_javascript(pattern: str, text: str, found: bool) -> None:
    assert matches(pattern, text) is found


def test_v8_agrees_on_what_is_valid_and_what_matches() -> None:
    answer = subprocess.run(["node", "-e", _NODE, str(_FILE)], capture_output=True, check=True, timeout=30, text=True)
    told = json.loads(answer.stdout)
    assert told["flags"] == {pattern: flags_of(pattern) for pattern in CASES["ordinary"] + CASES["hanging"]}
    assert told["invalid"] == []
    assert told["matches"] == [found for *_, found in CASES["matches"]]


@pytest.mark.parametrize("pattern", CASES["ordinary"])
def test_patterns_that_are_taken_are_quick_on_the_longest_bad_texts(pattern: str) -> None:
    for pump in _PUMPS:
        for end in ("", "!", "\n!"):
            matches(pattern, (pump * MAX_TEXT_CHARACTERS)[: MAX_TEXT_CHARACTERS - len(end)] + end)


# Of one match. A matcher that hangs takes longer by any factor, so this bound says nothing of the machine's speed.
_ENDLESS_SECONDS = 20.0
_WORTH_COMPARING_SECONDS = 0.004


def _seconds(pattern: str, text: str) -> float:
    began = time.process_time()
    matches(pattern, text, seconds=_ENDLESS_SECONDS)
    return time.process_time() - began


def test_random_patterns_that_are_taken_take_quadratic_time_at_most() -> None:
    """Half the text takes a quarter of the time then, on any machine; of cubic time it would take an eighth."""
    dice = random.Random(14_005)

    def made(depth: int) -> str:
        kind = dice.random()
        if not depth or kind < 0.3:
            return dice.choice(["a", "b", "[ab]", ".", r"\w", "[^b]", r"\d", "-"])
        if kind < 0.55:
            return made(depth - 1) + made(depth - 1)
        if kind < 0.7:
            return f"(?:{made(depth - 1)}|{made(depth - 1)})"
        if kind < 0.95:
            return f"(?:{made(depth - 1)}){dice.choice(['*', '+', '?', '{0,3}', '{2,5}', '*?', '{1,20}', '{3,}'])}"
        return f"(?={made(depth - 1)})"

    verdicts, compared = [], 0
    for _ in range(120):
        pattern = dice.choice(["^", ""]) + "".join(made(3) for _ in range(dice.randint(1, 3))) + dice.choice(["$", "x"])
        verdicts.append(not pattern_faults(pattern))
        if verdicts[-1]:
            for pump in ("a", "b", "ab", "aab", "1", "a-", "abb"):
                text = (pump * MAX_TEXT_CHARACTERS)[: MAX_TEXT_CHARACTERS - 1]
                whole = _seconds(pattern, text + "!")
                if whole > _WORTH_COMPARING_SECONDS:
                    compared += 1
                    # The least of three: another process may have had the core's caches meanwhile.
                    whole = min(whole, *(_seconds(pattern, text + "!") for _ in range(2)))
                    half = min(_seconds(pattern, text[: len(text) // 2] + "!") for _ in range(3))
                    assert whole < 6 * half, (pattern, pump)
    assert 20 < sum(verdicts) < 110
    assert compared > 3


def test_matching_ends_in_time_whatever_the_pattern() -> None:
    began = time.process_time()
    with pytest.raises(TooSlowError):
        matches("^(a+)+$", "a" * 40 + "!", seconds=0.05)
    assert time.process_time() - began < 0.5
    assert matches("^a+$", "aaa"), "the engine goes on after it was stopped"


def test_matching_refuses_a_text_that_is_too_long() -> None:
    assert matches("a", "a" * MAX_TEXT_CHARACTERS)
    with pytest.raises(ValueError, match="longer than"):
        matches("a", "a" * (MAX_TEXT_CHARACTERS + 1))


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:" * 190 + "a" + ")*" * 190,
        "(a{64}){20}" * 80,
        "(a)" + "".join(rf"(\{n}\{n})" for n in range(1, 60)),
        "|".join("(?:a|b)*c" for _ in range(90)),
        "[" + "\\p{L}\\p{N}" * 80 + "]+x",
        "".join(f"a{{0,{n}}}" for n in range(1, 64)),
        "(?=" * 200 + "a" + ")" * 200,
        "\ud800",
    ],
)
def test_judging_is_bounded_whatever_the_pattern(pattern: str) -> None:
    assert len(pattern) <= MAX_PATTERN_CHARACTERS
    began = time.process_time()
    judgement = judge(pattern)
    assert time.process_time() - began < 3
    assert judgement.work <= 1_100_000


def test_a_pattern_has_a_longest_length() -> None:
    assert pattern_faults("a" * MAX_PATTERN_CHARACTERS) == []
    assert pattern_faults("a" * (MAX_PATTERN_CHARACTERS + 1)) == ["must be at most 1000 characters"]


def test_half_a_surrogate_pair_and_nul_are_texts_like_others() -> None:
    assert not matches("a", "a\ud800")
    assert matches("^a.b$", "a\x00b")
