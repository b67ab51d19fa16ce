"""Reads PDF."""

import contextlib
import unicodedata

import pypdfium2

from services.characters.knowledge.ingestion.blocks import blocks
from services.characters.knowledge.ingestion.readers.pdf_columns import Segment, lines_in_order
from services.characters.knowledge.ingestion.readers.pdf_forms import Forms
from services.characters.knowledge.ingestion.readers.reading import Limits, Page, Reading, Unreadable, damaged, numbers

# PDFium gives this for a hyphen at the end of a line that cuts a word in two.
_LINE_END_HYPHEN = "\ufffe"
_MAX_SEGMENTS = 5_000
# Share of a page's letters without a name from which on it cannot be read.
_NAMELESS = 0.2


def read_pdf(data: bytes, limits: Limits) -> Reading:
    """The text of a PDF, page by page.

    Raises: Unreadable.
    """
    try:
        with pypdfium2.PdfDocument(data) as document:
            return _read(document, limits)
    except pypdfium2.PdfiumError as fault:
        if "password" in str(fault).lower():
            raise Unreadable("The document is protected by a password; upload it without one.") from None
        raise damaged("pdf") from None


def _read(document: pypdfium2.PdfDocument, limits: Limits) -> Reading:
    count = len(document)
    if count > limits.max_pages:
        raise limits.too_many_pages()
    forms = Forms(document)
    pages: list[Page] = []
    without_text: list[int] = []
    nameless: list[int] = []
    characters = 0
    for number in range(1, count + 1):
        with contextlib.closing(document[number - 1]) as page:
            text = _text(page, forms)
            if not text.strip():
                if next(page.get_objects(max_depth=1), None) is not None:
                    without_text.append(number)
            elif _is_nameless(text):
                nameless.append(number)
                text = ""
        characters += len(text)
        if characters > limits.max_characters:
            raise limits.too_many_characters()
        pages.append(Page(number, list(blocks(text))))
    if nameless and not any(page.blocks for page in pages):
        raise Unreadable(
            "The letters of the document have no names in the file; print it to a new PDF, or recognise it (OCR)."
        )
    return Reading(pages, _notes(without_text, nameless, forms))


def _notes(without_text: list[int], nameless: list[int], forms: Forms) -> list[str]:
    notes = []
    if without_text:
        notes.append(f"{_pages(without_text)} without text, such as a scan, left out: {numbers(without_text)}.")
    if nameless:
        notes.append(f"{_pages(nameless)} whose letters have no names in the file left out: {numbers(nameless)}.")
    if forms.has_comments:
        notes.append("Comments were left out.")
    return notes


def _pages(found: list[int]) -> str:
    return "Page" if len(found) == 1 else "Pages"


def _text(page: pypdfium2.PdfPage, forms: Forms) -> str:
    values = forms.values(page)
    with contextlib.closing(page.get_textpage()) as text_page:
        whole = text_page.get_text_bounded()
        count = text_page.count_rects()
        if (count or values) and count <= _MAX_SEGMENTS and (values or _may_have_columns(count, whole)):
            segments = list(values)
            for at in range(count):
                left, bottom, right, top = text_page.get_rect(at)
                text = _joined(text_page.get_text_bounded(left, bottom, right, top)).replace("\n", " ").strip()
                if text:
                    segments.append(Segment(left, bottom, right, top, text))
            return lines_in_order(segments)
    return _joined(whole)


def _may_have_columns(count: int, text: str) -> bool:
    """Whether a page has clearly more pieces of text than lines, as one with columns has."""
    return count >= 8 and count > 1.3 * (text.count("\n") + 1)


def _joined(text: str) -> str:
    """Text with its lines, and words whole that the end of a line cuts in two."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace(f"{_LINE_END_HYPHEN}\n", "").replace(_LINE_END_HYPHEN, "")


def _is_nameless(text: str) -> bool:
    """Whether many letters are control characters or for private use: the file does not say which letters they are."""
    signs = [sign for sign in text if not sign.isspace()]
    odd = sum(sign == "\ufffd" or unicodedata.category(sign) in ("Cc", "Cn", "Co") for sign in signs)
    return odd > _NAMELESS * len(signs)
