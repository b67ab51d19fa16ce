"""Parses a valid pattern into a tree with the constructs that affect the number of ways to match."""

import re
from dataclasses import dataclass, field
from typing import TypeAlias

_QUANTIFIER = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_MODIFIERS = re.compile(r"\?[ims]*(?:-[ims]*)?:")
_NAME = re.compile(r"\?<([^=!>][^>]*)>")
_NUMBER = re.compile(r"[1-9]\d*")
_OCTAL = re.compile(r"[0-3]?[0-7]{1,2}")
_HEX4 = re.compile(r"u[0-9A-Fa-f]{4}")
_PAIR = re.compile(r"u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}")
_BRACED = re.compile(r"[uUpP]\{[^}]*\}")
_ASTRAL = 0x10000


@dataclass(frozen=True, slots=True)
class Atom:
    """Matches one character. source: the pattern of this character."""

    source: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """`^`, `$`, `\\b` or `\\B`."""

    source: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts that match one after the other."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives, of which one matches."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repetition. most: None for no limit."""

    part: "Node"
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """A lookahead or lookbehind."""

    part: "Node"
    behind: bool


@dataclass(frozen=True, slots=True)
class Back:
    """A backreference to a group. part: the group's tree, empty for a group that is not closed yet."""

    part: "Node"


Node: TypeAlias = Atom | Assertion | Sequence | Choice | Repeat | Look | Back
EMPTY = Sequence(())


def parse(pattern: str, flags: str) -> Node:
    """Parses a pattern that compiles with these flags (`u`, `v` or none)."""
    return _Parser(pattern, flags).whole()


@dataclass
class _Parser:
    pattern: str
    flags: str
    at: int = 0
    groups: dict[str, Node] = field(default_factory=dict)
    opened: int = 0
    # Of the enclosing groups, such as `(?i:`.
    modifiers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        bare = re.sub(r"\\.", "__", self.pattern, flags=re.DOTALL)
        bare = re.sub(r"\[[^\]]*\]", "_", bare)
        self.count = len(re.findall(r"\((?!\?)|\(\?<(?![=!])", bare))
        self.named = "(?<" in re.sub(r"\(\?<[=!]", "_", bare)

    def whole(self) -> Node:
        return self.choice()

    def choice(self) -> Node:
        parts = [self.sequence()]
        while self.eat("|"):
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            before, last = self.term()
            parts += [*before, self.repeated(last)]
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def term(self) -> tuple[list[Node], Node]:
        """(nodes before the last, the last). There is one before only if a character is two code units without `u`."""
        character = self.take()
        match character:
            case "(":
                return [], self.group()
            case "[":
                return [], self.atom(self.klass())
            case "\\":
                return [], self.escape()
            case "^" | "$":
                return [], Assertion(character)
            case ".":
                return [], self.atom(".")
        if not self.flags and ord(character) >= _ASTRAL:
            units = character.encode("utf-16-be").hex()
            return [self.atom(f"\\u{units[:4]}")], self.atom(f"\\u{units[4:]}")
        return [], self.atom(f"\\{character}" if character in "{}]" else character)

    def group(self) -> Node:
        if self.pattern.startswith(("?=", "?!"), self.at):
            self.at += 2
            return Look(self.closed(), behind=False)
        if self.pattern.startswith(("?<=", "?<!"), self.at):
            self.at += 3
            return Look(self.closed(), behind=True)
        if modifiers := _MODIFIERS.match(self.pattern, self.at):
            self.at = modifiers.end()
            self.modifiers.append(f"({modifiers.group()}")
            inside = self.closed()
            self.modifiers.pop()
            return inside
        self.opened += 1
        names = [str(self.opened)]
        if name := _NAME.match(self.pattern, self.at):
            self.at = name.end()
            names.append(name.group(1))
        inside = self.closed()
        self.groups.update(dict.fromkeys(names, inside))
        return inside

    def closed(self) -> Node:
        inside = self.choice()
        self.at += 1
        return inside

    def klass(self) -> str:
        """The source of a character class whose bracket was consumed; with `v` classes can nest."""
        start, depth = self.at - 1, 1
        while depth:
            match self.take():
                case "\\":
                    self.at += 1
                case "[" if self.flags == "v":
                    depth += 1
                case "]":
                    depth -= 1
        return self.pattern[start : self.at]

    def escape(self) -> Node:
        start = self.at - 1
        character = self.take()
        if character in "bB":
            return Assertion(f"\\{character}")
        if character == "k" and (self.flags or self.named):
            end = self.pattern.index(">", self.at)
            name, self.at = self.pattern[self.at + 1 : end], end + 1
            return Back(self.groups.get(name, EMPTY))
        if (number := _NUMBER.match(self.pattern, self.at - 1)) and (self.flags or int(number.group()) <= self.count):
            self.at = number.end()
            return Back(self.groups.get(number.group(), EMPTY))
        if octal := None if self.flags else _OCTAL.match(self.pattern, self.at - 1):
            self.at = octal.end()
        elif character == "x" and re.match(r"[0-9A-Fa-f]{2}", self.pattern[self.at :]):
            self.at += 2
        elif character == "c" and re.match(r"[A-Za-z]", self.pattern[self.at :]):
            self.at += 1
        elif self.flags and (
            escaped := _PAIR.match(self.pattern, self.at - 1) or _BRACED.match(self.pattern, self.at - 1)
        ):
            self.at = escaped.end()
        elif unit := _HEX4.match(self.pattern, self.at - 1):
            self.at = unit.end()
        return self.atom(self.pattern[start : self.at])

    def atom(self, source: str) -> Atom:
        return Atom("".join(self.modifiers) + source + ")" * len(self.modifiers))

    def repeated(self, part: Node) -> Node:
        least: int
        most: int | None
        if self.eat("*"):
            least, most = 0, None
        elif self.eat("+"):
            least, most = 1, None
        elif self.eat("?"):
            least, most = 0, 1
        elif counts := _QUANTIFIER.match(self.pattern, self.at):
            self.at = counts.end()
            least = int(counts.group(1))
            most = least if counts.group(2) is None else int(counts.group(3)) if counts.group(3) else None
        else:
            return part
        self.eat("?")
        return Repeat(part, least, most)

    def take(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]

    def eat(self, character: str) -> bool:
        found = self.pattern.startswith(character, self.at)
        self.at += found
        return found
