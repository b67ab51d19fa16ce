"""Compares readers of documents on the cases: prints how many are right for each kind, and the time.

Only words and their order are judged, not the marks of tables and lists, which differ from reader to reader. Callbox's
own reader is judged in the same way. The other readers are not dependencies; give them for this run:

    .tools/uv/bin/uv run --with kreuzberg,mammoth,… -m tests.document_cases.compare
"""

import contextlib
import csv
import importlib
import io
import logging
import re
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from tests.document_cases import CASES
from tests.document_cases.case import Case

Reader = Callable[[Case], str]
_MARKS = re.compile(r"[|*#>`\\_\-\s]+|(?<!\S)\d+\\?[.)](?=\s)")


def _bare(text: str) -> str:
    return " ".join(_MARKS.sub(" ", text).split())


def _is_right(case: Case, text: str) -> bool:
    bare = Case(
        case.why, case.name, b"",
        has=[_bare(words) for words in case.has],
        lacks=[_bare(words) for words in case.lacks if _bare(words)],
        order=[_bare(words) for words in case.order],
    )  # fmt: skip
    return not bare.faults(_bare(text))


def _module(name: str) -> Any:
    """A library that is not a dependency, so a type checker does not know it."""
    return importlib.import_module(name)


def _kreuzberg(case: Case) -> str:
    kreuzberg = _module("kreuzberg")
    from services.characters.knowledge.file_types import FILE_TYPES

    config = kreuzberg.ExtractionConfig(use_cache=False, enable_quality_processing=False, output_format="markdown")
    return str(kreuzberg.extract_bytes_sync(case.content, FILE_TYPES[case.file_type].media_type, config).content)


def _markitdown(case: Case) -> str:
    markitdown = _module("markitdown")

    converter = _once("markitdown", lambda: markitdown.MarkItDown(enable_plugins=False))
    stream = io.BytesIO(case.content)
    return str(converter.convert_stream(stream, file_extension=f".{case.file_type}").text_content)


def _mammoth(case: Case) -> str:
    mammoth, markdownify = _module("mammoth"), _module("markdownify")

    return str(markdownify.markdownify(mammoth.convert_to_html(io.BytesIO(case.content)).value))


def _python_docx(case: Case) -> str:
    docx = _module("docx")

    lines = []
    for part in docx.Document(io.BytesIO(case.content)).iter_inner_content():
        rows = getattr(part, "rows", None)
        lines += [part.text] if rows is None else [" | ".join(cell.text for cell in row.cells) for row in rows]
    return "\n\n".join(lines)


def _docx2python(case: Case) -> str:
    docx2python = _module("docx2python").docx2python

    with docx2python(io.BytesIO(case.content)) as document:
        return str(document.text)


def _openpyxl(case: Case) -> str:
    openpyxl = _module("openpyxl")

    book = openpyxl.load_workbook(io.BytesIO(case.content), data_only=True)
    rows = [row for sheet in book.worksheets for row in ((sheet.title,), *sheet.iter_rows(values_only=True))]
    return "\n".join(" | ".join("" if cell is None else str(cell) for cell in row) for row in rows)


def _calamine(case: Case) -> str:
    python_calamine = _module("python_calamine")

    book = python_calamine.load_workbook(io.BytesIO(case.content))
    rows = [row for name in book.sheet_names for row in ([name], *book.get_sheet_by_name(name).to_python())]
    return "\n".join(" | ".join(str(cell) for cell in row) for row in rows)


def _python_pptx(case: Case) -> str:
    pptx = _module("pptx")

    lines = []
    for slide in pptx.Presentation(io.BytesIO(case.content)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                lines.append(shape.text_frame.text)
            if getattr(shape, "has_table", False):
                lines += [" | ".join(cell.text for cell in row.cells) for row in shape.table.rows]
        if slide.has_notes_slide:
            lines.append(slide.notes_slide.notes_text_frame.text)
    return "\n".join(lines)


def _pypdfium2(case: Case) -> str:
    pypdfium2 = _module("pypdfium2")

    pages = pypdfium2.PdfDocument(case.content)
    return "\n".join(page.get_textpage().get_text_bounded().replace("\ufffe\r\n", "") for page in pages)


def _pdfplumber(case: Case) -> str:
    pdfplumber = _module("pdfplumber")

    with pdfplumber.open(io.BytesIO(case.content)) as document:
        return "\n".join(page.extract_text() for page in document.pages)


def _pdfminer(case: Case) -> str:
    return str(_module("pdfminer.high_level").extract_text(io.BytesIO(case.content)))


def _markdown_it(case: Case) -> str:
    markdownify = _module("markdownify")
    html = (
        _module("markdown_it").MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(case.content.decode())
    )
    return str(markdownify.markdownify(html))


def _selectolax(case: Case) -> str:
    return str(_module("selectolax.lexbor").LexborHTMLParser(case.content).body.text(separator="\n"))


def _trafilatura(case: Case) -> str:
    trafilatura = _module("trafilatura")

    return str(trafilatura.extract(case.content, output_format="markdown", favor_recall=True) or "")


def _lxml(case: Case) -> str:
    return "\n".join(_module("lxml.html").document_fromstring(case.content).itertext())


def _markdownify(case: Case) -> str:
    markdownify = _module("markdownify")

    return str(markdownify.markdownify(case.content))


def _html_to_markdown(case: Case) -> str:
    html_to_markdown = _module("html_to_markdown")

    return str(html_to_markdown.convert(case.content.decode("utf-8", "replace")).content)


def _charset_normalizer(case: Case) -> str:
    charset_normalizer = _module("charset_normalizer")

    text = str(charset_normalizer.from_bytes(case.content).best())
    return text if case.file_type == "txt" else "\n".join(" | ".join(row) for row in csv.reader(io.StringIO(text)))


def _callbox(case: Case) -> str:
    from services.characters.knowledge.ingestion.readers import read

    reading = read(case.content, case.file_type, case.language)
    return "\n\n".join("\n".join(block.lines) for page in reading.pages for block in page.blocks)


READERS: dict[str, dict[str, Reader]] = {
    "docx": {"mammoth": _mammoth, "python-docx": _python_docx, "docx2python": _docx2python},
    "xlsx": {"openpyxl": _openpyxl, "python-calamine": _calamine},
    "pptx": {"python-pptx": _python_pptx},
    "pdf": {"pypdfium2": _pypdfium2, "pdfplumber": _pdfplumber, "pdfminer.six": _pdfminer},
    "md": {"markdown-it-py + markdownify": _markdown_it},
    "html": {
        "selectolax": _selectolax,
        "trafilatura": _trafilatura,
        "lxml": _lxml,
        "markdownify": _markdownify,
        "html-to-markdown": _html_to_markdown,
    },
    "txt": {"charset-normalizer": _charset_normalizer},
    "csv": {"charset-normalizer + csv": _charset_normalizer},
}
_EVERYWHERE: dict[str, Reader] = {"kreuzberg": _kreuzberg, "markitdown": _markitdown, "Callbox": _callbox}
_made: dict[str, Any] = {}


def _once(name: str, make: Callable[[], Any]) -> Any:
    return _made[name] if name in _made else _made.setdefault(name, make())


def _judge(reader: Reader, cases: list[Case]) -> tuple[int, list[str], float]:
    """Cases that are right, the names of the wrong ones, and milliseconds for each case."""
    with contextlib.suppress(Exception):
        reader(cases[0])
    wrong = []
    began = time.perf_counter()
    for case in cases:
        try:
            is_right = _is_right(case, reader(case)) and not case.refused
        except ImportError:
            raise
        except Exception:
            is_right = bool(case.refused) or case.may_be_refused
        if not is_right:
            wrong.append(case.name)
    return len(cases) - len(wrong), wrong, (time.perf_counter() - began) * 1000 / len(cases)


def main(arguments: list[str]) -> None:
    """Prints the table; with `-v` also the cases that are wrong."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    print("| kind | reader | right | ms a case |\n|---|---|---|---|")
    for kind, by_name in READERS.items():
        cases = [case for case in CASES if case.file_type == kind]
        for name, reader in (_EVERYWHERE | by_name).items():
            try:
                right, wrong, milliseconds = _judge(reader, cases)
            except ImportError as missing:
                print(f"| {kind} | {name} | not installed: {missing.name} | |")
                continue
            print(f"| {kind} | {name} | {right} of {len(cases)} | {milliseconds:.1f} |")
            if "-v" in arguments:
                print(f"    {', '.join(wrong)}")


if __name__ == "__main__":
    main(sys.argv[1:])
