"""The text of a paragraph of a DOCX: runs, fields, notes, formulas, text boxes."""

from collections.abc import Callable, Mapping

from lxml import etree

from services.characters.knowledge.ingestion.readers.letters import lowered, one_line, raised
from services.characters.knowledge.ingestion.readers.office.formula import formula
from services.characters.knowledge.ingestion.readers.office.package import attribute, child, chosen, is_on, local, whole
from services.characters.knowledge.ingestion.readers.office.word_styles import Styles, hides
from services.characters.knowledge.ingestion.readers.reading import too_deep

_MAX_DEPTH = 60
# Text that was deleted, and the old place of text that was moved. Neither shows.
_GONE = frozenset(("del", "moveFrom", "pPr", "rPr", "sdtPr", "sdtEndPr", "instrText", "delText", "delInstrText", "rt"))
_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": ""}
# Letters of the font Wingdings that stand for a sign of Unicode.
_WINGDINGS = {0xFC: "✓", 0xFB: "✗", 0xFE: "☒", 0xA8: "☐", 0x6F: "☐", 0xE0: "→", 0xDF: "←", 0xA7: "▪", 0x4A: "☺"}

Notes = Mapping[tuple[str, str], "etree._Element"]


class ParagraphText:
    """Reads the text of paragraphs. boxes: text boxes that were met, for the caller to read after the paragraph.

    hides: whether hidden text was met. objects: embedded objects that were met.
    """

    def __init__(self, styles: Styles, notes: Notes, picture_of: Callable[["etree._Element"], str]) -> None:
        self.boxes: list[etree._Element] = []
        self.hides = False
        self.objects = 0
        self._styles = styles
        self._notes = notes
        self._picture_of = picture_of
        self._in_note = False
        # Of fields in each other: the text to write at the end of the instruction, for a choice of a form.
        self._fields: list[str] = []

    def of(self, paragraph: "etree._Element") -> str:
        """The text of a paragraph. A line feed in it is a line break."""
        style = attribute(child(paragraph, "pPr", "pStyle"), "val")
        return self._inside(paragraph, self._styles.hides(style) or False, 0)

    def _inside(self, element: "etree._Element", is_hidden: bool, depth: int) -> str:
        if depth > _MAX_DEPTH:
            raise too_deep()
        return "".join(self._part(each, is_hidden, depth + 1) for each in element)

    def _part(self, element: "etree._Element", is_hidden: bool, depth: int) -> str:
        name = local(element)
        if name in _GONE:
            return ""
        if name == "r":
            return self._run(element, is_hidden, depth)
        if name in ("oMath", "oMathPara"):
            return formula(element)
        if name == "AlternateContent":
            element = chosen(element)
        return self._inside(element, is_hidden, depth)

    def _run(self, run: "etree._Element", is_hidden: bool, depth: int) -> str:
        properties = child(run, "rPr")
        of_style = self._styles.hides(attribute(child(properties, "rStyle"), "val"))
        own = hides(properties)
        is_hidden = own if own is not None else of_style if of_style is not None else is_hidden
        text = "".join(self._content(each, is_hidden, depth) for each in run)
        if is_hidden:
            self.hides = self.hides or bool(text.strip())
            return ""
        match attribute(child(properties, "vertAlign"), "val"):
            case "superscript":
                return raised(text)
            case "subscript":
                return lowered(text)
        return text

    def _content(self, element: "etree._Element", is_hidden: bool, depth: int) -> str:
        name = local(element)
        if name == "t":
            return (element.text or "").replace("\n", " ")
        if name in _SIGNS:
            return _SIGNS[name]
        if name in _GONE:
            return ""
        match name:
            case "sym":
                code = attribute(element, "char")
                number = int(code, 16) & 0xFF if len(code) == 4 and code.isalnum() and _is_hex(code) else 0
                return _WINGDINGS.get(number, "")
            case "footnoteReference" | "endnoteReference":
                return self._note(name.removesuffix("Reference"), attribute(element, "id"), depth)
            case "fldChar":
                return self._field(element)
            case "drawing" | "pict" | "object":
                return self._drawing(element, name)
            case "ruby":
                base = child(element, "rubyBase")
                return "" if base is None else self._inside(base, is_hidden, depth)
            case "AlternateContent":
                if depth > _MAX_DEPTH:
                    raise too_deep()
                return "".join(self._content(each, is_hidden, depth + 1) for each in chosen(element))
        return ""

    def _note(self, kind: str, note_id: str, depth: int) -> str:
        """The text of a note in brackets, where its mark stands."""
        note = self._notes.get((kind, note_id))
        if note is None or self._in_note:
            return ""
        self._in_note = True
        text = one_line(" ".join(self._inside(each, False, depth) for each in note))
        self._in_note = False
        return f" ({text})" if text else ""

    def _field(self, element: "etree._Element") -> str:
        """A field shows its result, which follows as runs. A choice or check box of a form has its value here."""
        match attribute(element, "fldCharType"):
            case "begin":
                if len(self._fields) < _MAX_DEPTH:
                    self._fields.append(_form_value(child(element, "ffData")))
            case "end":
                return self._fields.pop() if self._fields else ""
        return ""

    def _drawing(self, element: "etree._Element", name: str) -> str:
        boxes = [each for each in element.iter() if local(each) == "txbxContent"]
        self.boxes += boxes
        if name == "object":
            self.objects += 1
        return "" if boxes else self._picture_of(element)


def _form_value(data: "etree._Element | None") -> str:
    choice = child(data, "ddList")
    if choice is not None:
        entries = [attribute(each, "val") for each in choice if local(each) == "listEntry"]
        at = whole(attribute(child(choice, "result"), "val", "0"))
        return entries[at] if at < len(entries) else ""
    box = child(data, "checkBox")
    if box is not None:
        checked = child(box, "checked")
        return "☒" if is_on(checked if checked is not None else child(box, "default")) else "☐"
    return ""


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdefABCDEF" for character in text)
