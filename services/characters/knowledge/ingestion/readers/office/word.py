"""Reads DOCX."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from services.characters.knowledge.ingestion.readers.layout import MAX_COLUMNS, Layout, plain_lines
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
from services.characters.knowledge.ingestion.readers.office.word_styles import (
    Numbering,
    Styles,
    outline_level,
)
from services.characters.knowledge.ingestion.readers.office.word_text import Notes, ParagraphText
from services.characters.knowledge.ingestion.readers.reading import Collected, too_deep

_MAX_DEPTH = 30
_MAX_LEVEL = 8
# Elements around blocks that do not show themselves.
_AROUND = frozenset(("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"))
_NO_LIST = "0"
_LEFT_OUT = (
    ("header", "footer", "Headers and footers were left out."),
    ("comments", "comments", "Comments were left out."),
)


def read_word(package: Package, collected: Collected) -> list[str]:
    """Adds the blocks of a DOCX; returns notes.

    Raises: Unreadable.
    """
    return _WordReader(package, collected).read()


@dataclass(frozen=True, slots=True)
class _Cell:
    """wide: its columns. continues: whether it is a part of the cell above."""

    element: "etree._Element"
    wide: int
    continues: bool


class _WordReader:
    def __init__(self, package: Package, collected: Collected) -> None:
        self._package = package
        self._path = package.main_part()
        self._relations = package.relations(self._path)
        parts = {relation.kind: relation.target for relation in self._relations}
        self._styles = Styles(package.optional_xml(parts.get("styles", "")))
        self._numbering = Numbering(package.optional_xml(parts.get("numbering", "")))
        self._graphics = Graphics(package, self._path)
        self._text = ParagraphText(self._styles, self._read_notes(parts), self._graphics.text_of)
        self._layout = Layout(collected)
        self._embedded = False

    def read(self) -> list[str]:
        body = child(self._package.xml(self._path), "body")
        if body is None:
            raise self._package.damaged()
        self._blocks(body, 0)
        self._layout.end_items(0)
        notes = []
        if self._text.hides:
            notes.append("Hidden text was left out.")
        for first, second, note in _LEFT_OUT:
            if any(
                relation.kind in (first, second) and self._has_text(relation.target) for relation in self._relations
            ):
                notes.append(note)
        if self._text.objects or self._embedded:
            notes.append("Embedded files were left out.")
        return notes

    def _blocks(self, parent: "etree._Element", depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise too_deep()
        for element in parent:
            name = local(element)
            if name == "p":
                self._paragraph(element, depth)
            elif name == "tbl":
                self._table(element, depth)
            elif name in _AROUND:
                self._blocks(element, depth + 1)
            elif name == "altChunk":
                self._embedded = True
            elif name == "AlternateContent":
                self._blocks(chosen(element), depth + 1)
            elif name in ("oMath", "oMathPara"):
                self._layout.end_paragraph()
                self._layout.write(formula(element))
                self._layout.end_paragraph()

    def _paragraph(self, paragraph: "etree._Element", depth: int) -> None:
        properties = child(paragraph, "pPr")
        style = attribute(child(properties, "pStyle"), "val")
        text = self._text.of(paragraph)
        boxes, self._text.boxes = self._text.boxes, []
        level = outline_level(properties) or self._styles.heading(style)
        list_id, list_level = self._list_of(properties, style)
        if level and text.strip():
            number = self._numbering.next_marker(list_id, list_level) if list_id else "-"
            self._layout.end_items(0)
            self._layout.heading(level, text if number == "-" else f"{number} {text}")
        elif list_id and text.strip():
            self._layout.begin_item(list_level, self._numbering.next_marker(list_id, list_level))
            self._layout.write(text)
            self._layout.end_paragraph()
        else:
            if text.strip():
                self._layout.end_items(0)
            self._layout.write(text)
            self._layout.end_paragraph()
        for box in boxes:
            self._blocks(box, depth + 1)

    def _list_of(self, properties: "etree._Element | None", style: str) -> tuple[str, int]:
        """The list of a paragraph and its level in it; an empty id for none."""
        own = child(properties, "numPr")
        list_id, level = self._styles.numbering(style)
        if own is not None:
            list_id = attribute(child(own, "numId"), "val", list_id)
            level = whole(attribute(child(own, "ilvl"), "val", str(level)))
        return ("", 0) if list_id == _NO_LIST else (list_id, min(level, _MAX_LEVEL))

    def _table(self, table: "etree._Element", depth: int) -> None:
        rows = [list(_cells(row)) for row in _rows(table)]
        self._layout.end_items(0)
        if sum(map(len, rows)) < 2:
            # A frame around text.
            for row in rows:
                for cell in row:
                    self._blocks(cell.element, depth + 1)
            return
        self._layout.table(self._texts(rows, depth))

    def _texts(self, rows: list[list[_Cell]], depth: int) -> list[list[str]]:
        texts: list[list[str]] = []
        for row in rows:
            line: list[str] = []
            for cell in row:
                above = texts[-1][len(line)] if texts and len(line) < len(texts[-1]) else ""
                text = above if cell.continues else self._cell_text(cell.element, depth + 1)
                line += [text] * min(cell.wide, MAX_COLUMNS - len(line))
            texts.append(line)
        return texts

    def _cell_text(self, parent: "etree._Element", depth: int) -> str:
        """The text of a cell, with a line for each paragraph. A row of a table in it is a line."""
        if depth > _MAX_DEPTH:
            raise too_deep()
        lines: list[str] = []
        for element in parent:
            name = local(element)
            if name == "p":
                lines.append(plain_lines(self._text.of(element)))
                boxes, self._text.boxes = self._text.boxes, []
                lines += [self._cell_text(box, depth + 1) for box in boxes]
            elif name == "tbl":
                inner = self._texts([list(_cells(row)) for row in _rows(element)], depth + 1)
                lines += [", ".join(filter(None, row)) for row in inner]
            elif name in _AROUND:
                lines.append(self._cell_text(element, depth + 1))
        return "\n".join(filter(None, lines))

    def _read_notes(self, parts: dict[str, str]) -> Notes:
        """The notes of a document by their kind and id, without the lines that divide them from the text."""
        found: dict[tuple[str, str], etree._Element] = {}
        for kind in ("footnote", "endnote"):
            # A part that only the name of its file tells is read, too.
            path = parts.get(f"{kind}s") or self._path.rpartition("/")[0] + f"/{kind}s.xml"
            root = self._package.optional_xml(path)
            for note in root if root is not None else ():
                if local(note) == kind and attribute(note, "type", "normal") == "normal":
                    found[kind, attribute(note, "id")] = note
        return found

    def _has_text(self, path: str) -> bool:
        root = self._package.optional_xml(path)
        return root is not None and any((each.text or "").strip() for each in root.iter() if local(each) == "t")


def _rows(table: "etree._Element") -> Iterator["etree._Element"]:
    """The rows of a table, without those that were deleted."""
    for element in table:
        if local(element) == "tr":
            if child(element, "trPr", "del") is None:
                yield element
        elif local(element) in _AROUND:
            yield from _rows(element)


def _cells(row: "etree._Element") -> Iterator[_Cell]:
    for element in row:
        if local(element) == "tc":
            properties = child(element, "tcPr")
            merge = child(properties, "vMerge")
            continues = merge is not None and attribute(merge, "val", "continue") == "continue"
            wide = max(1, whole(attribute(child(properties, "gridSpan"), "val", "1")))
            yield _Cell(element, min(wide, MAX_COLUMNS), continues)
        elif local(element) in _AROUND:
            yield from _cells(element)
