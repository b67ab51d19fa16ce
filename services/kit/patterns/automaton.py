"""The position automaton (Glushkov) of a pattern: every path of a backtracking matcher, with multiplicities."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.kit.patterns.engine import letters_of
from services.kit.patterns.syntax import EMPTY, Assertion, Atom, Back, Choice, Look, Node, Repeat, Sequence

MAX_POSITIONS = 1200
_MAX_EDGES = 40_000
# Repetition counts up to these are written out; a larger count is treated as an unbounded repetition.
_MAX_ATOM_COUNT, _MAX_COUNT = 64, 24
_MANY = 10**9
# One or two letters of many scripts and kinds, in addition to ASCII and the pattern's own.
_SAMPLES = (
    *(0xA0, 0xC9, 0xDF, 0xE9, 0x130, 0x300, 0x3A9, 0x3B1, 0x416, 0x436, 0x5D0, 0x627, 0x661, 0x905, 0xE01, 0x200D),
    *(0x2019, 0x2028, 0x20AC, 0x3042, 0x30A2, 0x4E2D, 0xAC00, 0xFE0F, 0xFF21, 0xFFFD, 0x1F1E6, 0x1F600, 0x10FFFF),
)
_ASTRAL = 0x10000
_ESCAPED = re.compile(r"\\(?:u\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_ANY = Atom(r"[\s\S]")

Ways = dict[int, int]


class TooLargeError(Exception):
    """The automaton would be too large to judge."""


class UnboundedError(Exception):
    """The cost of a construct cannot be bounded; the message names it."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """The positions are the characters of the pattern, with repetitions written out.

    follow: for each position, the positions that may come next and in how many ways. first: the positions that may come
    first. letters: the letters that each position matches, as bits.
    """

    follow: list[Ways]
    first: Ways
    letters: list[int]


@dataclass(slots=True)
class _Part:
    first: Ways
    last: Ways
    # Number of ways to match the empty string.
    nothing: int


@dataclass
class _Builder:
    sources: list[str] = field(default_factory=list)
    follow: list[Ways] = field(default_factory=list)
    edges: int = 0

    def build(self, node: Node) -> _Part:
        match node:
            case Atom(source):
                if len(self.sources) >= MAX_POSITIONS:
                    raise TooLargeError
                self.sources.append(source)
                self.follow.append({})
                at = len(self.sources) - 1
                return _Part({at: 1}, {at: 1}, 0)
            case Assertion():
                return _Part({}, {}, 1)
            case Sequence(parts):
                whole = _Part({}, {}, 1)
                for part in parts:
                    whole = self.joined(whole, self.build(part))
                return whole
            case Choice(parts):
                whole = _Part({}, {}, 0)
                for one in map(self.build, parts):
                    whole = _Part(_sum(whole.first, one.first), _sum(whole.last, one.last), whole.nothing + one.nothing)
                return whole
            case Look(part, behind):
                if behind:
                    if _is_unbounded(part):
                        raise UnboundedError("a lookbehind that repeats without bound")
                    return _Part({}, {}, 1)
                # The paths inside a lookaround are tried in addition to those after it, and end there.
                return _Part(self.build(stripped(part)).first, {}, 1)
            case Back(part):
                return self.build(part)
            case Repeat(part, least, most):
                return self.repeated(part, least, most)

    def repeated(self, part: Node, least: int, most: int | None) -> _Part:
        limit = _MAX_ATOM_COUNT if isinstance(part, Atom) else _MAX_COUNT
        if least > limit or (most is not None and most > limit):
            if least > 1 and _may_be_empty(part):
                raise UnboundedError("a large count of something that may be empty")
            least, most = min(least, 1), None
        whole = _Part({}, {}, 1)
        for _ in range(least if most is not None else least - 1):
            whole = self.joined(whole, self.build(part))
        if most is None:
            return self.joined(whole, self.looped(part, least))
        rest = _Part({}, {}, 1)
        for _ in range(most - least):
            rest = self.joined(self.build(part), rest)
            # Beyond the minimum count, ECMA-262 rejects a repetition that matches the empty string.
            rest.nothing = 1
        return self.joined(whole, rest)

    def looped(self, part: Node, least: int) -> _Part:
        inside = self.build(part)
        self.link(inside.last, inside.first)
        return _Part(inside.first, inside.last, inside.nothing if least else 1)

    def joined(self, left: _Part, right: _Part) -> _Part:
        self.link(left.last, right.first)
        return _Part(
            _sum(left.first, right.first, left.nothing),
            _sum(right.last, left.last, right.nothing),
            min(left.nothing * right.nothing, _MANY),
        )

    def link(self, last: Mapping[int, int], first: Mapping[int, int]) -> None:
        self.edges += len(last) * len(first)
        if self.edges > _MAX_EDGES:
            raise TooLargeError
        for source, out in last.items():
            ways = self.follow[source]
            for target, into in first.items():
                ways[target] = min(ways.get(target, 0) + out * into, _MANY)


def automaton(tree: Node, pattern: str, flags: str) -> Automaton:
    """The automaton of a search for the pattern.

    Raises: TooLargeError, UnboundedError.
    """
    builder = _Builder()
    whole = builder.build(_searched(tree))
    sources = sorted(set(builder.sources))
    letters = dict(zip(sources, letters_of(sources, flags, _alphabet(pattern, flags)), strict=True))
    return Automaton(builder.follow, whole.first, [letters[source] for source in builder.sources])


def stripped(node: Node) -> Node:
    """The tree without the repetitions of one character at its end: they always succeed at once."""
    match node:
        case Choice(parts):
            return Choice(tuple(stripped(part) for part in parts))
        case Sequence(parts):
            kept = list(parts)
            while kept:
                last = stripped(kept.pop())
                if last != EMPTY:
                    return Sequence((*kept, last))
            return EMPTY
        case Repeat(Atom() as part, least, _):
            return Sequence((part,) * min(least, _MAX_ATOM_COUNT))
        case _:
            return node


def _searched(tree: Node) -> Node:
    """The tree, preceded by the search for a start position if the pattern is not anchored."""
    alternatives = tree.parts if isinstance(tree, Choice) else (tree,)
    return Choice(
        tuple(
            stripped(part) if _is_anchored(part) else Sequence((Repeat(_ANY, 0, None), stripped(part)))
            for part in alternatives
        )
    )


def _is_anchored(node: Node) -> bool:
    match node:
        case Assertion(source):
            return source == "^"
        case Sequence(parts):
            return bool(parts) and _is_anchored(parts[0])
        case Choice(parts):
            return all(_is_anchored(part) for part in parts)
        case Repeat(part, least, _):
            return least > 0 and _is_anchored(part)
        case _:
            return False


def _is_unbounded(node: Node) -> bool:
    match node:
        case Repeat(part, _, most):
            return most is None or most > _MAX_ATOM_COUNT or _is_unbounded(part)
        case Sequence(parts) | Choice(parts):
            return any(_is_unbounded(part) for part in parts)
        case Look(part) | Back(part):
            return _is_unbounded(part)
        case _:
            return False


def _may_be_empty(node: Node) -> bool:
    match node:
        case Atom():
            return False
        case Repeat(part, least, _):
            return least == 0 or _may_be_empty(part)
        case Sequence(parts):
            return all(_may_be_empty(part) for part in parts)
        case Choice(parts):
            return any(_may_be_empty(part) for part in parts)
        case Back(part):
            return _may_be_empty(part)
        case _:
            return True


def _alphabet(pattern: str, flags: str) -> list[int]:
    points = {*range(128), *_SAMPLES, *map(ord, pattern)}
    points.update(int(next(filter(None, groups)), 16) for groups in _ESCAPED.findall(pattern))
    points |= {point + step for point in points for step in (-1, 1) if point >= 128}
    top = 0x10FFFF if flags else _ASTRAL - 1
    return sorted(point for point in points if 0 <= point <= top)


def _sum(left: Ways, right: Ways, factor: int = 1) -> Ways:
    if not factor or not right:
        return left
    ways = dict(left)
    for position, count in right.items():
        ways[position] = min(ways.get(position, 0) + count * factor, _MANY)
    return ways
