"""Reads HTML."""

from collections.abc import Callable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.characters.knowledge.ingestion.readers import web_depth, web_hidden
from services.characters.knowledge.ingestion.readers.layout import Layout, plain_lines
from services.characters.knowledge.ingestion.readers.letters import lowered, one_line, raised
from services.characters.knowledge.ingestion.readers.reading import Collected, too_deep
from services.characters.knowledge.ingestion.readers.web_formula import formula
from services.characters.knowledge.ingestion.readers.web_table import TableReader

# Elements in each other.
MAX_DEPTH = 200
_INLINE = frozenset(
    (
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "math",
        "nobr",
        "output",
        "q",
        "ruby",
        "rb",
        "s",
        "samp",
        "slot",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "svg",
        "text",
        "time",
        "tspan",
        "tt",
        "u",
        "var",
        "wbr",
    )
)
# Parts of a form, which stand beside text without touching it.
_APART = frozenset(("button", "input", "select", "option", "textarea", "label", "img"))
# Elements without blocks in them.
_LEAVES = frozenset(("br", "img", "input", "math", "q", "sub", "sup"))
_SHOWN_INPUTS = frozenset(("", "text", "email", "tel", "url", "search", "number", "date", "time", "button", "submit"))
_BULLET = "-"


class PageReader:
    """Walks over the elements of a page. notes: what it left out."""

    def __init__(self, collected: Collected, tree: LexborHTMLParser) -> None:
        self.notes: list[str] = []
        self._layout = Layout(collected)
        self._tables = TableReader(self.text_of, MAX_DEPTH)
        self._tree = tree
        self._hides = False
        self._lists = 0
        self._shown_notes: set[str] = set()
        self._elements: dict[str, Callable[[LexborNode, int], None]] = {
            **dict.fromkeys(("ul", "ol", "menu", "dir"), self._list),
            **dict.fromkeys((f"h{level}" for level in range(1, 7)), self._heading),
            **dict.fromkeys(("pre", "listing", "xmp"), self._preformatted),
            "table": self._table,
        }

    def read(self) -> None:
        """Adds the blocks of the page."""
        title = self._tree.css_first("head title")
        body = self._tree.body
        name = one_line(title.text()) if title is not None else ""
        if name and body is not None and body.text(strip=True):
            self._layout.heading(1, name[:200])
        if body is not None:
            self._blocks(body, 0)
            self._layout.end_paragraph()
        if self._hides:
            self.notes.append("Text that the page hides was left out.")

    def text_of(self, node: LexborNode, depth: int) -> str:
        """The text of an element on its own, with line breaks between its blocks."""
        parts: list[str] = []
        self._inline(node, depth, parts.append, in_block=True)
        return plain_lines("".join(parts))

    def _blocks(self, node: LexborNode, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise too_deep()
        for child in children(node):
            tag = child.tag or ""
            if tag == "-text":
                self._layout.write(_blank(child.text_content or ""))
            elif self._is_left_out(child):
                continue
            elif special := self._elements.get(tag):
                special(child, depth + 1)
            elif tag in _LEAVES:
                self._inline(child, depth + 1, self._layout.write, in_block=False)
            elif tag in _INLINE or tag in _APART:
                around = " " if tag in _APART else ""
                self._layout.write(around)
                self._blocks(child, depth + 1)
                self._layout.write(around)
            else:
                self._layout.end_paragraph()
                self._blocks(child, depth + 1)
                self._layout.end_paragraph()

    def _list(self, node: LexborNode, depth: int) -> None:
        level, self._lists = self._lists, self._lists + 1
        self._layout.end_paragraph()
        number = _whole(node.attributes.get("start"), 1)
        for child in children(node):
            if self._is_left_out(child):
                continue
            if child.tag == "li":
                number = _whole(child.attributes.get("value"), number)
                self._layout.begin_item(level, f"{number}." if node.tag == "ol" else _BULLET)
                number += 1
                self._blocks(child, depth + 1)
                self._layout.end_items(level)
            elif child.tag in self._elements:
                # A list that stands in a list, beside its items.
                self._elements[child.tag](child, depth + 1)
            elif child.tag != "-text":
                self._blocks(child, depth + 1)
        self._layout.end_items(level)
        self._lists = level

    def _heading(self, node: LexborNode, depth: int) -> None:
        self._layout.heading(int((node.tag or "h1")[1]), self.text_of(node, depth))

    def _preformatted(self, node: LexborNode, depth: int) -> None:
        self._layout.code(node.text())

    def _table(self, node: LexborNode, depth: int) -> None:
        self._layout.end_paragraph()
        for caption in children(node):
            if caption.tag == "caption" and not self._is_left_out(caption):
                self._blocks(caption, depth + 1)
                self._layout.end_paragraph()
        rows = self._tables.rows(node, depth, self._is_left_out)
        if rows is None:
            for cell in self._tables.cells(node):
                self._blocks(cell, depth + 1)
                self._layout.end_paragraph()
            return
        self._layout.table(rows.cells, has_head=rows.has_head)

    def _inline(self, node: LexborNode, depth: int, write: Callable[[str], None], *, in_block: bool) -> None:
        """Writes the text of an element. in_block: whether the element itself ends lines."""
        if depth > MAX_DEPTH:
            raise too_deep()
        tag = node.tag or ""
        if tag == "br":
            write("\n")
        elif tag == "img":
            write(f" {node.attributes.get('alt') or ''} ")
        elif tag == "input":
            if (node.attributes.get("type") or "").lower() in _SHOWN_INPUTS:
                write(f" {node.attributes.get('value') or ''} ")
        elif tag == "math":
            write(formula(node))
        elif tag == "pre":
            write(f"\n{node.text()}\n")
        elif tag in ("sup", "sub"):
            self._raised_or_lowered(node, depth, write)
        else:
            text = self._inside(node, depth)
            if tag == "q":
                text = f"“{text.strip()}”"
            is_block = tag not in _INLINE and tag not in _APART and not in_block
            write(f"\n{text}\n" if is_block else f" {text} " if tag in _APART else text)

    def _inside(self, node: LexborNode, depth: int) -> str:
        """The text of what a node holds."""
        parts: list[str] = []
        for child in children(node):
            if child.tag == "-text":
                parts.append(_blank(child.text_content or ""))
            elif not self._is_left_out(child):
                self._inline(child, depth + 1, parts.append, in_block=False)
        return "".join(parts)

    def _raised_or_lowered(self, node: LexborNode, depth: int, write: Callable[[str], None]) -> None:
        note = self._note(node, depth)
        if note is not None:
            write(note)
            return
        text = self._inside(node, depth)
        write(raised(text) if node.tag == "sup" else lowered(text))

    def _note(self, node: LexborNode, depth: int) -> str | None:
        """The text of the note that a mark stands for, in brackets; None for a mark of no note."""
        link = node.css_first("a")
        target = (link.attributes.get("href") or "") if link is not None else ""
        name = target[1:]
        if "footnote-ref" not in (node.attributes.get("class") or "") or not target.startswith("#"):
            return None
        found = self._tree.css_first(f'[id="{name}"]') if name.replace("-", "").isalnum() else None
        if found is None:
            return None
        if name in self._shown_notes:
            return ""
        self._shown_notes.add(name)
        return f" ({one_line(self.text_of(found, depth))})"

    def _is_left_out(self, node: LexborNode) -> bool:
        if node.tag == "a" and "footnote-back" in (node.attributes.get("class") or ""):
            return True
        if node.tag == "li" and (node.attributes.get("id") or "") in self._shown_notes:
            return True
        if web_hidden.is_no_text(node):
            return True
        if web_hidden.is_hidden(node):
            self._hides = self._hides or bool(node.text(strip=True))
            return True
        return False


def children(node: LexborNode) -> Iterator[LexborNode]:
    """The elements and texts of an element."""
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _blank(text: str) -> str:
    """Text of a page, in which a line break is a blank."""
    return text.replace("\n", " ").replace("\r", " ")


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else otherwise


def read_page(text: str, collected: Collected) -> list[str]:
    """Adds the blocks of a page; returns notes.

    Raises: Unreadable.
    """
    web_depth.check(text)
    reader = PageReader(collected, LexborHTMLParser(text))
    reader.read()
    return reader.notes
