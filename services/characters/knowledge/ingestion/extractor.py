"""Reads one document: `python -m services.characters.knowledge.ingestion.extractor <task as JSON>`.

A document may be hostile, so it is read in a process of its own: without secrets in the environment, without network
where the system allows that, and with hard limits on memory, time and files. The process answers on standard output,
one JSON object a line: passages, then `{"done": true}`, or `{"error": "…"}`.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.characters.knowledge.file_types import FILE_TYPES
from services.characters.knowledge.ingestion.chunks import Page, chunks

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_OPEN_FILES = 64
# PDFium gives this for a hyphen at the end of a line that cuts a word in two.
_PDF_LINE_END_HYPHEN = "\ufffe"
# Characters that PostgreSQL or a model cannot have, but for tab and line feed.
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), 127, *range(55296, 57344)))


@dataclass(frozen=True, slots=True)
class Task:
    """The file to read, and limits."""

    path: str
    file_type: str
    max_characters: int
    max_pages: int
    memory_bytes: int
    cpu_seconds: int


class Unreadable(Exception):
    """A document that cannot be read; the message says why, as one sentence for its owner."""


def confine(task: Task) -> None:
    """Limits this process to what reading a document needs."""
    libc = ctypes.CDLL(None, use_errno=True)
    # The process ends with its parent.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CPU, (task.cpu_seconds, task.cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (task.memory_bytes, task.memory_bytes))
    # An empty network namespace. Where the system refuses one to this user, the process keeps its network.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def read(task: Task) -> list[Page]:
    """The text of a document, page by page where it has pages.

    Raises: Unreadable.
    """
    kind = FILE_TYPES.get(task.file_type)
    if kind is None:
        raise Unreadable(f"Files of this type are not read; send one of: {', '.join(sorted(FILE_TYPES))}.")
    data = Path(task.path).read_bytes()
    if kind.is_text:
        text = _decoded(data, task.max_characters)
        data = b""
        if task.file_type == "txt":
            return _checked([Page(0, text)], task)
        title, body = _split_html(text) if task.file_type == "html" else ("", text)
        data = body.encode()
    else:
        title = ""
    if task.file_type == "pdf":
        return _checked(_pdf_pages(data, task), task)
    pages = _extracted(data, task.file_type, kind.media_type)
    return _checked([Page(0, f"# {title}"), *pages] if title else pages, task)


def _pdf_pages(data: bytes, task: Task) -> list[Page]:
    """The text of each page of a PDF.

    Not by kreuzberg: it unpacks its PDF library into the temporary folder, and this process writes no files.
    """
    import pypdfium2

    pages: list[Page] = []
    characters = 0
    try:
        with pypdfium2.PdfDocument(data) as document:
            if len(document) > task.max_pages:
                raise _too_many_pages(task)
            for number in range(len(document)):
                with contextlib.closing(document[number]) as page, contextlib.closing(page.get_textpage()) as text_page:
                    text = text_page.get_text_bounded().replace("\r\n", "\n").replace(_PDF_LINE_END_HYPHEN, "")
                pages.append(Page(number + 1, text))
                characters += len(text)
                if characters > task.max_characters:
                    raise _too_many_characters(task)
    except pypdfium2.PdfiumError as fault:
        raise Unreadable(_reason(str(fault), "pdf")) from None
    return pages


def _extracted(data: bytes, file_type: str, media_type: str) -> list[Page]:
    import kreuzberg

    config = kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        output_format="markdown",
    )
    try:
        result = kreuzberg.extract_bytes_sync(data, media_type, config)
    except kreuzberg.KreuzbergError as fault:
        raise Unreadable(_reason(str(fault), file_type)) from None
    return [Page(0, result.content)]


def _reason(fault: str, file_type: str) -> str:
    if "password" in fault.lower():
        return "The document is protected by a password; upload it without one."
    if "limit" in fault.lower():
        return "The document is larger inside than a document may be; upload it in parts."
    return f"The file cannot be read as {file_type}: it is damaged, or its name has the wrong ending."


def _too_many_pages(task: Task) -> Unreadable:
    return Unreadable(f"The document has more than {task.max_pages:,} pages; upload it in parts.")


def _too_many_characters(task: Task) -> Unreadable:
    return Unreadable(f"The document has more than {task.max_characters:,} characters of text; upload it in parts.")


def _checked(pages: Sequence[Page], task: Task) -> list[Page]:
    if len(pages) > task.max_pages:
        raise _too_many_pages(task)
    clean = [Page(page.number, page.text.translate(_CONTROLS)) for page in pages]
    if sum(len(page.text) for page in clean) > task.max_characters:
        raise _too_many_characters(task)
    if not any(page.text.strip() for page in clean):
        raise Unreadable("The document has no text; a scan must be recognised (OCR) before it is uploaded.")
    return clean


def _decoded(data: bytes, max_characters: int) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[: 1 << 16]:
        raise Unreadable("The file is not text, though its name says so.")
    try:
        return data[: max_characters * 4 + 4].decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        if fault.start > max_characters * 4 - 4:
            return data[: fault.start].decode("utf-8-sig")
        # The encoding that browsers assume for text that is not UTF-8.
        return data.decode("cp1252", errors="replace")


def _split_html(text: str) -> tuple[str, str]:
    """The title of a page, and the page without its head."""
    lower = text.lower()
    body = lower.find("<body")
    if body < 0:
        end = lower.find("</head")
        body = lower.find(">", end) + 1 if end >= 0 else 0
    start = lower.find("<title", 0, body)
    opened, closed = lower.find(">", start, body), lower.find("</title", start, body)
    title = " ".join(text[opened + 1 : closed].split())[:200] if 0 <= start < opened < closed else ""
    return title.replace("<", ""), text[body:]


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


def main(arguments: list[str]) -> int:
    """Exit status 0 when the answer is whole, also when it says why the document cannot be read."""
    # The stacks of their threads would count as memory.
    os.environ.update(TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1", TOKIO_WORKER_THREADS="1")
    task = Task(**json.loads(arguments[0]))
    confine(task)
    try:
        from services.kit import wordpiece

        for chunk in chunks(read(task), wordpiece.count):
            _say({"page": chunk.page, "text": chunk.text, "headings": chunk.headings, "in_context": chunk.in_context})
        _say({"done": True})
    except Unreadable as reason:
        _say({"error": str(reason)})
    except MemoryError:
        return 3
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
