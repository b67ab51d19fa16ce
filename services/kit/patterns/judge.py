"""Decides whether a pattern may be stored: it must be valid and must not make a backtracking matcher slow.

A backtracking matcher tries every path through the automaton. The number of paths grows exponentially with the text if
two different paths lead from a position back to itself over the same text. It grows as a polynomial, with one degree
more for each pair of loops between which the same text can be divided (Weber and Seidl, "On the degree of ambiguity of
finite automata"). Patterns with at most one such pair, that is with quadratic time, are accepted: on the longest text
they take milliseconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from services.kit.patterns.automaton import Automaton, TooLargeError, UnboundedError, automaton
from services.kit.patterns.engine import MAX_TEXT_CHARACTERS, PatternError, TooSlowError, flags_of
from services.kit.patterns.graph import components
from services.kit.patterns.syntax import parse

MAX_PATTERN_CHARACTERS = 1000
_MAX_DEGREE = 1
# Most steps of the matcher on the longest text, about 5 ns each.
_MAX_STEPS = 1e7
# Most work for one judgement, in visits of an edge; about a second.
_MAX_WORK = 1_000_000
# Work of parsing and of each set of characters, in the same unit.
_BASE_WORK, _SET_WORK = 2000, 500
# The search for a slow text: number of characters, and number of texts kept at each step.
_WALK_CHARACTERS, _WALK_WIDTH = 48, 4
_STRING_CLASSES = (r"\q{", r"\p{RGI_", r"\p{Basic_Emoji", r"\p{Emoji_Keycap")

_SLOW = "can keep a browser busy for a very long time: {}"
_COMPLEX = "is too complex to be checked; shorten it"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The faults of a pattern, in sentences that follow its name, and the work of the judgement.

    work: visits of an edge of its automaton.
    """

    faults: tuple[str, ...]
    work: int = 0


def pattern_faults(pattern: str) -> list[str]:
    """The faults of a pattern, in sentences that follow its name; empty if it may be stored."""
    return list(judge(pattern).faults)


@lru_cache(maxsize=4096)
def judge(pattern: str) -> Judgement:
    """Judges a pattern."""
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        return Judgement((f"must be at most {MAX_PATTERN_CHARACTERS} characters",))
    try:
        flags = flags_of(pattern)
    except PatternError as fault:
        return Judgement((f"is not a valid JavaScript regular expression: {fault}",))
    if flags == "v" and any(name in pattern for name in _STRING_CLASSES):
        return Judgement((r"uses a class of strings (such as \q{…}), which is not supported; write a choice (a|bc)",))
    work = _Work(_BASE_WORK)
    try:
        graph = automaton(parse(pattern, flags), pattern, flags)
        work.add(_SET_WORK * len(set(graph.letters)))
        slowness = _slowness(graph, work)
    except UnboundedError as construct:
        return Judgement((f"uses {construct}, which is not supported",), work.done)
    except (TooLargeError, TooSlowError, RecursionError):
        return Judgement((_COMPLEX,), work.done)
    return Judgement((_SLOW.format(slowness),) if slowness else (), work.done)


@dataclass
class _Work:
    done: int = 0

    def add(self, visits: int) -> None:
        self.done += visits
        if self.done > _MAX_WORK:
            raise TooLargeError


def _slowness(graph: Automaton, work: _Work) -> str | None:
    reachable = _reach(graph.first, graph)
    parts = components(sorted(reachable), {source: list(graph.follow[source]) for source in reachable})
    loops = [frozenset(part) for part in parts if len(part) > 1 or part[0] in graph.follow[part[0]]]
    if any(_is_exponential(loop, graph, work) for loop in loops):
        return "a repetition inside a repetition, or a choice inside one, can match the same text in several ways"
    degree = _degree(loops, graph, work)
    if degree > _MAX_DEGREE:
        return "three or more repetitions in a row can match the same text; put something distinct between them"
    if _steps(graph, degree, work) > _MAX_STEPS:
        return "many optional parts in a row can match the same text; put something distinct between them"
    return None


def _is_exponential(loop: frozenset[int], graph: Automaton, work: _Work) -> bool:
    """Whether two paths over the same text lead from some position back to itself."""
    inside = {source: [target for target in graph.follow[source] if target in loop] for source in loop}
    work.add(len(loop))
    if any(graph.follow[source][target] > 1 for source in loop for target in inside[source]):
        return True
    pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
    left = [(position, position) for position in loop]
    while left:
        pair = left.pop()
        if pair in pairs:
            continue
        pairs[pair] = [
            (one, other) if one <= other else (other, one)
            for one in inside[pair[0]]
            for other in inside[pair[1]]
            if graph.letters[one] & graph.letters[other]
        ]
        work.add(1 + len(inside[pair[0]]) * len(inside[pair[1]]))
        left += pairs[pair]
    return any(
        any(one == other for one, other in part) and any(one != other for one, other in part)
        for part in components(list(pairs), pairs)
    )


def _degree(loops: list[frozenset[int]], graph: Automaton, work: _Work) -> int:
    """The largest number of successive pairs of loops between which one text can be divided."""
    behind = [_reach(dict.fromkeys(loop, 1), graph) for loop in loops]
    work.add(sum(len(reached) for reached in behind))
    # From the last loop to the first: each loop comes after those that it leads to.
    order = sorted(range(len(loops)), key=lambda at: sum(loops[other] <= behind[at] for other in range(len(loops))))
    degree: dict[int, int] = {}
    for at in order:
        degree[at] = max(
            (
                degree[other] + _divides(loops[at], loops[other], behind[at], graph, work)
                for other in degree
                if loops[other] <= behind[at]
            ),
            default=0,
        )
    return max(degree.values(), default=0)


def _divides(one: frozenset[int], other: frozenset[int], between: set[int], graph: Automaton, work: _Work) -> bool:
    """Whether one text leads from the first loop to itself, from it to the other, and from the other to itself."""
    for start in one:
        for end in other:
            goal = (start, end, end)
            seen = {(start, start, end)}
            left = [(start, start, end)]
            while left:
                here = left.pop()
                steps = [
                    [target for target in graph.follow[position] if target in allowed]
                    for position, allowed in zip(here, (one, between, other), strict=True)
                ]
                work.add(len(steps[0]) * len(steps[1]) * len(steps[2]))
                for first in steps[0]:
                    for second in steps[1]:
                        letters = graph.letters[first] & graph.letters[second]
                        if not letters:
                            continue
                        for third in steps[2]:
                            there = (first, second, third)
                            if letters & graph.letters[third] and there not in seen:
                                if there == goal:
                                    return True
                                seen.add(there)
                                left.append(there)
    return False


def _steps(graph: Automaton, degree: int, work: _Work) -> float:
    """Estimates the steps of the slowest text of the longest length, by a search for the text with the most paths."""
    paths = [graph.first]
    most = 1
    for _ in range(min(_WALK_CHARACTERS, len(graph.follow))):
        after: dict[frozenset[int], dict[int, int]] = {}
        for ways in paths:
            targets: dict[int, int] = {}
            for position, count in ways.items():
                work.add(len(graph.follow[position]))
                for target, times in graph.follow[position].items():
                    targets[target] = targets.get(target, 0) + count * times
            for letter in _distinct([graph.letters[target] for target in targets]):
                live = {target: count for target, count in targets.items() if graph.letters[target] & letter}
                work.add(len(targets))
                known = after.get(frozenset(live))
                if known is None or sum(known.values()) < sum(live.values()):
                    after[frozenset(live)] = live
        paths = sorted(after.values(), key=lambda ways: -sum(ways.values()))[:_WALK_WIDTH]
        if not paths:
            break
        most = max(most, sum(paths[0].values()))
    return most * MAX_TEXT_CHARACTERS * (MAX_TEXT_CHARACTERS / _WALK_CHARACTERS) ** degree / (degree + 1)


def _distinct(sets: list[int]) -> Iterator[int]:
    """One letter, as a bit, from each class into which these sets divide all letters."""
    classes: list[int] = []
    for letters in set(sets):
        split: list[int] = []
        rest = letters
        for known in classes:
            split += [part for part in (known & letters, known & ~letters) if part]
            rest &= ~known
        classes = [*split, rest] if rest else split
    return (part & -part for part in classes)


def _reach(start: dict[int, int], graph: Automaton) -> set[int]:
    seen, left = set(start), list(start)
    while left:
        for target in graph.follow[left.pop()]:
            if target not in seen:
                seen.add(target)
                left.append(target)
    return seen
