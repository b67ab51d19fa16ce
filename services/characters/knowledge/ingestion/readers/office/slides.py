"""Reads PPTX."""

from lxml import etree

from services.characters.knowledge.ingestion.readers.layout import Layout, plain_lines
from services.characters.knowledge.ingestion.readers.letters import lowered, raised
from services.characters.knowledge.ingestion.readers.office.formula import formula
from services.characters.knowledge.ingestion.readers.office.graphics import Graphics
from services.characters.knowledge.ingestion.readers.office.package import (
    Package,
    attribute,
    child,
    chosen,
    local,
    whole,
)
from services.characters.knowledge.ingestion.readers.reading import Collected, numbers, too_deep

_MAX_DEPTH = 30
_MAX_SLIDES = 5_000
_TITLES = ("title", "ctrTitle")
# Placeholders whose paragraphs are points of a list; an empty kind is a body.
_BODIES = ("body", "obj", "")
_REPEATED = ("dt", "ftr", "sldNum", "hdr")


def read_slides(package: Package, collected: Collected) -> list[str]:
    """Adds the blocks of a PPTX; returns notes.

    Raises: Unreadable.
    """
    path = package.main_part()
    targets = {relation.id: relation.target for relation in package.relations(path)}
    listed = child(package.xml(path), "sldIdLst")
    layout = Layout(collected)
    hidden, empty = [], []
    for number, entry in enumerate(listed if listed is not None else (), 1):
        target = targets.get(next((str(v) for k, v in entry.attrib.items() if str(k).endswith("}id")), ""), "")
        if number > _MAX_SLIDES or not package.has(target):
            raise package.damaged()
        slide = package.xml(target)
        if attribute(slide, "show", "1") in ("0", "false"):
            hidden.append(number)
            continue
        before = len(collected.blocks)
        _SlideReader(package, target, layout).read(slide)
        if len(collected.blocks) == before:
            empty.append(number)
    notes = []
    if hidden:
        notes.append(_slides(hidden, "is hidden and was left out.", "are hidden and were left out."))
    if empty and len(empty) < len(listed if listed is not None else ()) - len(hidden):
        notes.append(_slides(empty, "has no text.", "have no text."))
    return notes


def _slides(found: list[int], one: str, more: str) -> str:
    return f"Slide {found[0]} {one}" if len(found) == 1 else f"Slides {numbers(found)} {more}"


class _SlideReader:
    def __init__(self, package: Package, path: str, layout: Layout) -> None:
        self._package = package
        self._relations = package.relations(path)
        self._graphics = Graphics(package, path)
        self._layout = layout

    def read(self, slide: "etree._Element") -> None:
        tree = child(slide, "cSld", "spTree")
        if tree is None:
            return
        shapes = list(self._shapes(tree, 0))
        for shape in shapes:
            if _kind(shape) in _TITLES:
                self._layout.heading(1, plain_lines(self._text(child(shape, "txBody"))))
        for shape in shapes:
            if _kind(shape) not in _TITLES:
                self._shape(shape)
        self._layout.end_items(0)
        for relation in self._relations:
            notes = self._package.optional_xml(relation.target) if relation.kind == "notesSlide" else None
            for shape in self._shapes(child(notes, "cSld", "spTree"), 0):
                if _kind(shape) == "body":
                    self._paragraphs(child(shape, "txBody"), are_points=False)
        self._layout.end_items(0)

    def _shapes(self, tree: "etree._Element | None", depth: int) -> "list[etree._Element]":
        """The shapes of a slide, also those in groups."""
        if depth > _MAX_DEPTH:
            raise too_deep()
        found: list[etree._Element] = []
        for element in tree if tree is not None else ():
            match local(element):
                case "grpSp":
                    found += self._shapes(element, depth + 1)
                case "AlternateContent":
                    found += self._shapes(chosen(element), depth + 1)
                case "sp" | "graphicFrame" | "pic" | "cxnSp":
                    found.append(element)
        return found

    def _shape(self, shape: "etree._Element") -> None:
        kind = _kind(shape)
        if kind in _REPEATED:
            return
        self._layout.end_items(0)
        data = child(shape, "graphic", "graphicData")
        for element in data if data is not None else ():
            match local(element):
                case "tbl":
                    self._table(element)
                case "chart":
                    self._layout.table(self._graphics.chart(element), has_head=False)
                case "relIds":
                    for text in self._graphics.diagram(element):
                        self._layout.write(text)
                        self._layout.end_paragraph()
        is_placeholder = child(child(child(shape, "nvSpPr"), "nvPr"), "ph") is not None
        self._paragraphs(child(shape, "txBody"), are_points=is_placeholder and kind in _BODIES)
        self._layout.end_items(0)
        if local(shape) != "graphicFrame" or data is None:
            self._layout.write(_description(shape))
            self._layout.end_paragraph()

    def _paragraphs(self, body: "etree._Element | None", *, are_points: bool) -> None:
        counts: dict[int, int] = {}
        for paragraph in body if body is not None else ():
            text = self._paragraph(paragraph) if local(paragraph) == "p" else ""
            if not text.strip():
                continue
            properties = child(paragraph, "pPr")
            level = min(whole(attribute(properties, "lvl", "0")), 8)
            counts = {at: count for at, count in counts.items() if at <= level}
            is_plain = child(properties, "buNone") is not None
            if child(properties, "buAutoNum") is not None:
                counts[level] = counts.get(level, 0) + 1
                self._layout.begin_item(level, f"{counts[level]}.")
            elif not is_plain and (are_points or level or child(properties, "buChar") is not None):
                self._layout.begin_item(level, "-")
            else:
                self._layout.end_items(0)
            self._layout.write(text)
            self._layout.end_paragraph()

    def _text(self, body: "etree._Element | None") -> str:
        return "\n".join(self._paragraph(each) for each in (body if body is not None else ()) if local(each) == "p")

    def _paragraph(self, paragraph: "etree._Element") -> str:
        parts: list[str] = []
        for element in paragraph:
            match local(element):
                case "r" | "fld":
                    text = child(element, "t")
                    words = (text.text or "").replace("\v", "\n") if text is not None else ""
                    base = attribute(child(element, "rPr"), "baseline", "0")
                    parts.append(lowered(words) if base[:1] == "-" else raised(words) if base.strip("0%") else words)
                case "br":
                    parts.append("\n")
                case "m" | "AlternateContent" | "oMath":
                    parts.append(formula(element if local(element) != "AlternateContent" else chosen(element)))
        return "".join(parts)

    def _table(self, table: "etree._Element") -> None:
        rows: list[list[str]] = []
        for row in table:
            if local(row) != "tr":
                continue
            cells: list[str] = []
            for cell in (each for each in row if local(each) == "tc"):
                if attribute(cell, "hMerge") in ("1", "true") and cells:
                    cells.append(cells[-1])
                elif attribute(cell, "vMerge") in ("1", "true") and rows and len(cells) < len(rows[-1]):
                    cells.append(rows[-1][len(cells)])
                else:
                    cells.append(plain_lines(self._text(child(cell, "txBody"))))
            rows.append(cells)
        self._layout.table(rows)


def _kind(shape: "etree._Element") -> str:
    """The kind of a placeholder; `other` for a shape that is none."""
    for part in shape:
        placeholder = child(child(part, "nvPr"), "ph")
        if placeholder is not None:
            return attribute(placeholder, "type")
    return "other"


def _description(shape: "etree._Element") -> str:
    """What the description of a picture says."""
    for part in shape:
        properties = child(part, "cNvPr")
        if properties is not None:
            return attribute(properties, "descr").strip()
    return ""
