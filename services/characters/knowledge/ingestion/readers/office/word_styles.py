"""Styles and numbering of a DOCX: what hides text, what is a heading, how items are numbered."""

import re
from dataclasses import dataclass, field

from lxml import etree

from services.characters.knowledge.ingestion.readers.office.package import attribute, child, is_on, local, whole

_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_STYLES_DEEP = 20
_MAX_LEVEL = 8
_PLACE = re.compile(r"%([1-9])")
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """hides: whether it says that text is hidden; None when it says nothing. heading: 1 to 9, 0 for none."""

    based_on: str
    hides: bool | None
    heading: int
    list_id: str
    list_level: int


class Styles:
    """The styles of a document by their id."""

    def __init__(self, root: "etree._Element | None") -> None:
        self._styles: dict[str, Style] = {}
        for style in root if root is not None else ():
            if local(style) == "style":
                self._styles[attribute(style, "styleId")] = _style(style)

    def hides(self, style_id: str) -> bool | None:
        """Whether a style hides text; None when it says nothing."""
        for style in self._chain(style_id):
            if style.hides is not None:
                return style.hides
        return None

    def heading(self, style_id: str) -> int:
        """The level of a heading style; 0 for another style."""
        return next((style.heading for style in self._chain(style_id) if style.heading), 0)

    def numbering(self, style_id: str) -> tuple[str, int]:
        """The list of a style and the level in it; an empty id for none."""
        return next(((style.list_id, style.list_level) for style in self._chain(style_id) if style.list_id), ("", 0))

    def _chain(self, style_id: str) -> list[Style]:
        found: list[Style] = []
        while len(found) < _STYLES_DEEP and (style := self._styles.get(style_id)) is not None:
            found.append(style)
            style_id = style.based_on
        return found


def hides(properties: "etree._Element | None") -> bool | None:
    """Whether properties of a run hide it; None when they say nothing."""
    vanish = child(properties, "vanish")
    return None if vanish is None else is_on(vanish)


def outline_level(properties: "etree._Element | None") -> int:
    """The heading level that properties of a paragraph name; 0 for none."""
    level = attribute(child(properties, "outlineLvl"), "val")
    return int(level) + 1 if level in tuple("012345678") else 0


def _style(style: "etree._Element") -> Style:
    properties = child(style, "pPr")
    name = attribute(child(style, "name"), "val")
    found = _HEADING.fullmatch(name)
    level = int(found[1]) if found else 1 if name.lower() == "title" else outline_level(properties)
    numbering = child(properties, "numPr")
    return Style(
        attribute(child(style, "basedOn"), "val"),
        hides(child(style, "rPr")),
        level,
        attribute(child(numbering, "numId"), "val"),
        whole(attribute(child(numbering, "ilvl"), "val")),
    )


@dataclass(slots=True)
class _Level:
    start: int
    kind: str
    text: str


@dataclass(slots=True)
class _List:
    """counts: the number of the last item by level."""

    levels: dict[int, _Level] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Counts the items of the lists of a document."""

    def __init__(self, root: "etree._Element | None") -> None:
        self._lists: dict[str, _List] = {}
        abstract: dict[str, _List] = {}
        for element in root if root is not None else ():
            if local(element) == "abstractNum":
                abstract[attribute(element, "abstractNumId")] = _List(_levels(element))
        for element in root if root is not None else ():
            if local(element) != "num":
                continue
            base = abstract.get(attribute(child(element, "abstractNumId"), "val"))
            if base is None:
                continue
            overrides = [each for each in element if local(each) == "lvlOverride"]
            self._lists[attribute(element, "numId")] = _overridden(base, overrides) if overrides else base

    def next_marker(self, list_id: str, level: int) -> str:
        """Counts an item, and returns its number as it shows, or `-`."""
        numbered = self._lists.get(list_id)
        if numbered is None or level not in numbered.levels:
            return "-"
        own = numbered.levels[level]
        numbered.counts[level] = numbered.counts.get(level, own.start - 1) + 1
        for deeper in [each for each in numbered.counts if each > level]:
            del numbered.counts[deeper]
        if own.kind in ("bullet", "none"):
            return "-"

        def number(place: re.Match[str]) -> str:
            at = int(place[1]) - 1
            of = numbered.levels.get(at, own)
            return _spelled(numbered.counts.get(at, of.start), of.kind)

        return _PLACE.sub(number, own.text).strip() or "-"


def _levels(element: "etree._Element") -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for each in element:
        if local(each) == "lvl":
            start = attribute(child(each, "start"), "val", "1")
            found[min(whole(attribute(each, "ilvl")), _MAX_LEVEL)] = _Level(
                whole(start),
                attribute(child(each, "numFmt"), "val", "decimal"),
                attribute(child(each, "lvlText"), "val"),
            )
    return found


def _overridden(base: _List, overrides: "list[etree._Element]") -> _List:
    """A list that begins anew, or is numbered in another way."""
    levels = dict(base.levels)
    for each in overrides:
        at = min(whole(attribute(each, "ilvl")), _MAX_LEVEL)
        levels |= _levels(each)
        start = child(each, "startOverride")
        if start is not None and at in levels:
            levels[at] = _Level(whole(attribute(start, "val", "1")), levels[at].kind, levels[at].text)
    return _List(levels)


def _spelled(number: int, kind: str) -> str:
    if kind.endswith("Letter") and number > 0:
        letter = chr(ord("a") + (number - 1) % 26) * min(1 + (number - 1) // 26, 5)
        return letter.upper() if kind.startswith("upper") else letter
    if kind.endswith("Roman") and 0 < number < 4_000:
        roman = ""
        for value, sign in _ROMAN:
            roman += sign * (number // value)
            number %= value
        return roman.upper() if kind.startswith("upper") else roman
    return f"{number:02}" if kind == "decimalZero" else str(number)
