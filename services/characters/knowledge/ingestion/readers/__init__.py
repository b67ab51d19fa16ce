"""Readers of documents, a module or folder for each kind. `read` chooses the reader."""

from dataclasses import replace

from services.characters.knowledge.file_types import FILE_TYPES
from services.characters.knowledge.ingestion.readers import kinds
from services.characters.knowledge.ingestion.readers.decoding import decoded
from services.characters.knowledge.ingestion.readers.letters import cleaned
from services.characters.knowledge.ingestion.readers.reading import Collected, Limits, Page, Reading, Unreadable

_LIMITS = Limits(max_pages=2_000, max_characters=5_000_000)
_NO_TEXT = "The document has no text; a scan must be recognised (OCR) before it is uploaded."


def read(data: bytes, file_type: str, language: str, limits: Limits = _LIMITS) -> Reading:
    """Reads a document. language: a BCP-47 tag that it is probably written in.

    Raises: Unreadable.
    """
    if file_type not in FILE_TYPES:
        raise Unreadable(f"Files of this type are not read; send one of: {', '.join(sorted(FILE_TYPES))}.")
    kinds.check(data, file_type)
    reading = _cleaned(_read(data, file_type, language, limits))
    if not any(line.strip() for page in reading.pages for block in page.blocks for line in block.lines):
        raise Unreadable(_NO_TEXT)
    return reading


def _cleaned(reading: Reading) -> Reading:
    pages = [
        Page(page.number, [replace(block, lines=tuple(map(cleaned, block.lines))) for block in page.blocks])
        for page in reading.pages
    ]
    return Reading(pages, reading.notes)


def _read(data: bytes, file_type: str, language: str, limits: Limits) -> Reading:
    """The libraries of a kind are imported only for it: each takes time and memory."""
    if file_type == "pdf":
        from services.characters.knowledge.ingestion.readers.pdf import read_pdf

        return read_pdf(data, limits)
    collected = Collected(limits)
    notes: list[str] = []
    if file_type in ("docx", "pptx", "xlsx"):
        from services.characters.knowledge.ingestion.readers import office

        notes = office.read(data, file_type, collected)
    else:
        text = decoded(data, language, is_page=file_type == "html")
        notes = _read_text(text, file_type, collected, limits)
    return Reading([Page(0, collected.blocks)], notes)


def _read_text(text: str, file_type: str, collected: Collected, limits: Limits) -> list[str]:
    from services.characters.knowledge.ingestion.readers import plain

    if file_type == "txt":
        plain.read_text(text, collected, limits)
        return []
    if file_type == "csv":
        plain.read_rows(text, collected, limits)
        return []
    from services.characters.knowledge.ingestion.readers import markdown, web_page

    notes: list[str] = []
    if file_type == "md":
        if len(text) > limits.max_characters:
            raise limits.too_many_characters()
        text, has_front_matter = markdown.html_of(text)
        if has_front_matter:
            notes.append("The front matter was left out.")
    return web_page.read_page(text, collected) + notes
