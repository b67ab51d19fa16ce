"""Reads XLSX."""

from collections.abc import Iterator, Sequence

from lxml import etree

from services.characters.knowledge.ingestion.readers.layout import MAX_COLUMNS, Layout
from services.characters.knowledge.ingestion.readers.letters import one_line
from services.characters.knowledge.ingestion.readers.office import number_format
from services.characters.knowledge.ingestion.readers.office.package import Package, attribute, child, local, whole
from services.characters.knowledge.ingestion.readers.office.sheet_cells import (
    MAX_COPIES,
    REFERENCE,
    Sheet,
    column_of,
    copy_merged,
    tables,
)
from services.characters.knowledge.ingestion.readers.reading import Collected, Unreadable

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
# Cells with a value.
_MAX_CELLS = 1_000_000
# Of a sheet.
_COLUMNS = 16_384
_LEVEL = 2


def read_sheets(package: Package, collected: Collected) -> list[str]:
    """Adds the blocks of an XLSX; returns notes.

    Raises: Unreadable.
    """
    return _BookReader(package, collected).read()


class _BookReader:
    def __init__(self, package: Package, collected: Collected) -> None:
        self._package = package
        self._path = package.main_part()
        self._book = package.xml(self._path)
        self._relations = {relation.id: relation for relation in package.relations(self._path)}
        parts = {relation.kind: relation.target for relation in self._relations.values()}
        # Counts the text of cells before it is put together: many cells can share one long text.
        self._counted = Collected(collected.limits)
        self._strings = self._shared_strings(parts.get("sharedStrings", ""))
        self._formats = _formats(package.optional_xml(parts.get("styles", "")))
        self._from_1904 = attribute(child(self._book, "workbookPr"), "date1904") in ("1", "true")
        self._layout = Layout(collected)
        self._cells = 0
        self._uncomputed = 0

    def read(self) -> list[str]:
        hidden, partly = [], []
        listed = child(self._book, "sheets")
        for sheet in listed if listed is not None else ():
            name = one_line(attribute(sheet, "name"))
            relation = self._relations.get(_relation_id(sheet))
            if relation is None or relation.kind != "worksheet":
                continue
            if attribute(sheet, "state", "visible") != "visible":
                hidden.append(name)
                continue
            found = self._sheet(relation.target)
            if found.hides:
                partly.append(name)
            comments = self._comments(relation.target)
            if found.rows or comments:
                self._layout.heading(_LEVEL, name)
                for rows in tables(found.rows):
                    self._add(rows)
                for comment in comments:
                    self._layout.write(comment)
                    self._layout.end_paragraph()
        notes = []
        if hidden:
            notes.append(f"Hidden sheets were left out: {', '.join(hidden)}.")
        if partly:
            notes.append(f"Hidden rows and columns were left out of: {', '.join(partly)}.")
        if self._uncomputed:
            notes.append(
                f"Formulas without a stored result were left out: {self._uncomputed:,}. Open the file in an Office "
                "program and save it."
            )
        return notes

    def _add(self, rows: Sequence[dict[int, str]]) -> None:
        """Adds rows without an empty one between them: titles of one cell as paragraphs, the others as a table."""
        at = 0
        while at < len(rows) and len(rows[at]) == 1:
            self._layout.write(next(iter(rows[at].values())))
            self._layout.end_paragraph()
            at += 1
        if at == len(rows):
            return
        columns = sorted({column for row in rows[at:] for column in row})
        if len(columns) > MAX_COLUMNS:
            raise Unreadable(f"A table has more than {MAX_COLUMNS} columns; upload it in parts.")
        self._layout.table([[row.get(column, "") for column in columns] for row in rows[at:]])

    def _sheet(self, path: str) -> Sheet:
        found = Sheet()
        number = 0
        tags = [f"{space}{name}" for space in (_MAIN, _STRICT) for name in ("row", "col", "mergeCell")]
        for element in self._package.elements(path, *tags):
            match local(element):
                case "col":
                    if is_hidden(element):
                        first, last = whole(attribute(element, "min")), whole(attribute(element, "max"))
                        found.hidden_columns.update(range(first, min(last, _COLUMNS) + 1))
                case "mergeCell":
                    if len(found.merged) < MAX_COPIES:
                        found.merged.append(attribute(element, "ref"))
                case "row":
                    number = whole(attribute(element, "r")) or number + 1
                    cells = dict(self._row(element))
                    if is_hidden(element):
                        found.hides = found.hides or bool(cells)
                        continue
                    shown = {column: text for column, text in cells.items() if column not in found.hidden_columns}
                    found.hides = found.hides or len(shown) < len(cells)
                    if shown:
                        found.rows[number] = shown
        copy_merged(found)
        return found

    def _row(self, row: "etree._Element") -> Iterator[tuple[int, str]]:
        column = 0
        for cell in row:
            if local(cell) != "c":
                continue
            reference = REFERENCE.match(attribute(cell, "r"))
            column = column_of(reference[1]) if reference else column + 1
            text = self._cell(cell)
            if text.strip():
                self._cells += 1
                if self._cells > _MAX_CELLS:
                    raise Unreadable(f"The document has more than {_MAX_CELLS:,} cells; upload it in parts.")
                self._counted.count(len(text))
                yield column, text

    def _cell(self, cell: "etree._Element") -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _rich(child(cell, "is"))
        value = child(cell, "v")
        text = (value.text or "") if value is not None else ""
        if not text:
            if child(cell, "f") is not None:
                self._uncomputed += 1
            return ""
        match kind:
            case "s":
                at = whole(text)
                return self._strings[at] if at < len(self._strings) else ""
            case "b":
                return "TRUE" if text == "1" else "FALSE"
            case "str" | "e" | "d":
                return text
        try:
            number = float(text)
        except ValueError:
            return text
        at = whole(cell.get("s", "0"))
        code = self._formats[at] if at < len(self._formats) else "General"
        return number_format.shown(number, code, from_1904=self._from_1904)

    def _shared_strings(self, path: str) -> list[str]:
        if not self._package.has(path):
            return []
        strings: list[str] = []
        for element in self._package.elements(path, f"{_MAIN}si", f"{_STRICT}si"):
            strings.append(_rich(element))
            if len(strings) > _MAX_CELLS:
                raise Unreadable(f"The document has more than {_MAX_CELLS:,} texts; upload it in parts.")
        return strings

    def _comments(self, path: str) -> list[str]:
        """The comments of a sheet with the names of their cells."""
        found = []
        for relation in self._package.relations(path):
            root = self._package.optional_xml(relation.target) if relation.kind == "comments" else None
            for comment in root.iter() if root is not None else ():
                if local(comment) == "comment":
                    text = one_line(_rich(child(comment, "text")))
                    found.append(f"{attribute(comment, 'ref')}: {text}")
        return found


def is_hidden(element: "etree._Element") -> bool:
    """Whether a row or column is hidden."""
    return attribute(element, "hidden", "0") in ("1", "true")


def _formats(root: "etree._Element | None") -> list[str]:
    """The number formats of the cell styles in their order."""
    named = dict(number_format.BUILT_IN)
    custom = child(root, "numFmts")
    for each in custom if custom is not None else ():
        named[whole(attribute(each, "numFmtId"))] = attribute(each, "formatCode")
    styles = child(root, "cellXfs")
    return [named.get(whole(attribute(each, "numFmtId")), "General") for each in (styles if styles is not None else ())]


def _rich(element: "etree._Element | None") -> str:
    """A text in runs, without the reading aids of Japanese."""
    if element is None:
        return ""
    parts = []
    for each in element:
        if local(each) == "t":
            parts.append(each.text or "")
        elif local(each) == "r":
            text = child(each, "t")
            parts.append((text.text or "") if text is not None else "")
    return "".join(parts)


def _relation_id(sheet: "etree._Element") -> str:
    return next((str(value) for key, value in sheet.attrib.items() if str(key).endswith("}id")), "")
