"""Documents of every kind are read, and hostile ones are refused in bounded time and memory. Contract 12.1, 14.12."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from services.characters.knowledge.ingestion import extractor_process
from services.characters.knowledge.ingestion.extractor_process import Limits, Passage, extract
from services.characters.knowledge.ingestion.readers.reading import Unreadable
from tests.fixtures import documents
from tests.fixtures.stopwatch import Stopwatch

LIMITS = Limits(memory_mb=1024, seconds=8.0, max_pages=100, max_characters=1_000_000)


def readers() -> list[psutil.Process]:
    """Processes of this test run that read documents."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if any("knowledge.ingestion.extractor" in word for word in child.cmdline())]


async def read(folder: Path, content: bytes, file_type: str, limits: Limits = LIMITS) -> list[Passage]:
    path = folder / "document"
    path.write_bytes(content)
    return (await extract(path, file_type, limits)).passages


OFFICE = [("Heading1", "Returns"), ("", "Within 30 days."), ("Heading2", "Exceptions"), ("", "Sold as seen.")]
GOOD = {
    "docx": (documents.docx(OFFICE, [["item", "price"], ["bike", "100"]]), ["Within 30 days.", "| bike | 100 |"]),
    "pptx": (documents.pptx([("Hours", "Ten to four"), ("Returns", "30 days")]), ["Ten to four", "30 days"]),
    "xlsx": (documents.xlsx([["item", "price"], ["bike", "100"]]), ["Prices", "| bike | 100 |"]),
    "html": (
        b"<html><head><title>Our shop</title><style>p{}</style></head><body><h1>Hours</h1><p>Ten &amp; four</p>"
        b"<script>steal()</script><table><tr><th>a</th></tr><tr><td>1</td></tr></table></body></html>",
        ["Our shop", "Ten & four", "| 1 |"],
    ),
    "md": (b"# Hours\n\n- Saturday: ten to four\n- Sunday: closed\n", ["- Saturday: ten to four"]),
    "txt": ("\ufeffGrüße aus der Werkstatt".encode(), ["Grüße aus der Werkstatt"]),
    "csv": (b"item,price\nbike,100\n", ["| bike | 100 |"]),
}


@pytest.mark.parametrize("file_type", GOOD)
async def test_each_kind_is_read(tmp_path: Path, file_type: str) -> None:
    content, sentences = GOOD[file_type]
    passages = await read(tmp_path, content, file_type)
    text = "\n".join(passage.text for passage in passages)
    for sentence in sentences:
        assert sentence in text
    assert {passage.page for passage in passages} == {0}
    assert "steal" not in text


@pytest.mark.parametrize("file_type", [*GOOD, "pdf"])
async def test_a_reader_leaves_nothing_in_the_home_and_temporary_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_type: str
) -> None:
    """A library that unpacks itself at its first use fails on a new machine. Its empty file would stay here."""
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    monkeypatch.setattr(extractor_process, "_NO_FOLDER", str(folder))
    content = documents.pdf([["Ten to four"]]) if file_type == "pdf" else GOOD[file_type][0]
    assert await read(tmp_path, content, file_type)
    assert list(folder.iterdir()) == []


async def test_a_pdf_has_pages(tmp_path: Path) -> None:
    lines = [f"Line {line} about the returns of bicycles and their wheels." for line in range(40)]
    passages = await read(tmp_path, documents.pdf([lines, ["Second page, about hours."], lines]), "pdf")
    assert {passage.page for passage in passages} >= {1, 3}
    assert any("Second page, about hours." in passage.text for passage in passages)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Öffnungszeiten".encode("utf-16"), "Öffnungszeiten"),
        ("Öffnungszeiten".encode("cp1252"), "Öffnungszeiten"),
        (b"before\x00\x01\x1b[31mafter".replace(b"\x00", b""), "before[31mafter"),
        ("emoji 😀 \u202eright to left".encode(), "emoji 😀 \u202eright to left"),
    ],
)
async def test_text_in_other_encodings_is_read(tmp_path: Path, content: bytes, text: str) -> None:
    (passage,) = await read(tmp_path, content, "txt")
    assert passage.text == text


async def test_lines_of_a_pdf_come_in_order_and_words_are_whole(tmp_path: Path) -> None:
    """Compressed, with brackets, letters beyond ASCII, and a word that is cut at the end of a line."""
    content = documents.pdf([["Ten (to) four, Gr\xf6\xdfe 5", "the ware-", "house is closed"]], compressed=True)
    (passage,) = await read(tmp_path, content, "pdf")
    assert passage.text == "Ten (to) four, Gr\xf6\xdfe 5\nthe warehouse is closed"


LINES = [["word " * 10] * 50]
# Made when a test runs: some have 50 MB.
HOSTILE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "empty": (lambda: b"", "txt", "no text"),
    "blank": (lambda: b" \n\t ", "md", "no text"),
    "binary called text": (lambda: b"\x00\x01\x02" * 100, "txt", "not text"),
    "an unknown kind": (lambda: b"MZ", "exe", "not read; send one of"),
    "no kind": (lambda: b"text", "unknown", "not read; send one of"),
    "garbage called PDF": (lambda: b"%PDF-1.7 garbage", "pdf", "damaged"),
    "DOCX called PDF": (lambda: documents.docx([("", "x")]), "pdf", "wrong ending"),
    "PDF called DOCX": (lambda: documents.pdf([["x"]]), "docx", "wrong ending"),
    "half a DOCX": (lambda: documents.docx([("", "x" * 1000)])[:700], "docx", "damaged"),
    "half an XLSX": (lambda: documents.xlsx([["x"] * 9] * 99)[:500], "xlsx", "damaged"),
    "password": (lambda: documents.pdf([["secret"]], encrypted=True), "pdf", "password"),
    "a PDF that is its own page": (documents.looping_pdf, "pdf", "damaged"),
    "a scan": (lambda: documents.pdf([[]]), "pdf", "OCR"),
    "too many pages": (lambda: documents.pdf([["x"]] * 101), "pdf", "more than 100 pages"),
    "zip bomb": (lambda: documents.zip_bomb_docx(300), "docx", "larger inside"),
    "zip bomb below the reader's own limit": (
        lambda: documents.zip_bomb_docx(90),
        "docx",
        "memory|longer than|characters",
    ),
    "flate bomb": (lambda: documents.flate_bomb_pdf(200), "pdf", "memory|longer than|characters"),
    "zip bomb of a sheet": (
        lambda: documents.with_part(documents.xlsx([["x"]]), "xl/worksheets/sheet1.xml", b" " * (300 << 20)),
        "xlsx",
        "larger inside",
    ),
    "a sheet that says it is short": (
        lambda: documents.with_part(documents.xlsx([["x"]]), "xl/worksheets/sheet1.xml", b"<worksheet><row><c><v>1"),
        "xlsx",
        "damaged",
    ),
    "a sheet whose cells share a long text": (documents.shared_text_xlsx, "xlsx", "characters"),
    "tables in tables": (documents.nested_tables_docx, "docx", "nested too deeply"),
    "lists in lists": (lambda: b"<ul><li>" * 1_000 + b"x", "html", "nested too deeply"),
    "quotations in quotations": (lambda: b">" * 10_000 + b"x", "md", "nested too deeply"),
    "a table of many columns": (lambda: b"a," * 100_000, "csv", "more than 200 columns"),
    "entity bomb": (documents.entity_bomb_docx, "docx", "no text|damaged"),
    "one line of 50 MB": (lambda: b"word " * 10_000_000, "txt", "characters"),
    "one word of 50 MB": (lambda: b"x" * 50_000_000, "md", "characters"),
    "HTML of a million tags": (lambda: b"<div>" * 1_000_000, "html", "nested too deeply"),
    "HTML that is slow to read": (lambda: b"<title" * 1_000_000 + b"<body>", "html", "longer than 8 s|no text"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_document_is_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    make, file_type, reason = HOSTILE[name]
    content = make()
    watch = Stopwatch()
    with pytest.raises(Unreadable, match=reason) as refusal:
        await read(tmp_path, content, file_type)
    assert watch.seconds() < LIMITS.seconds + 5
    assert str(tmp_path) not in str(refusal.value)
    assert readers() == []


async def test_a_file_of_this_machine_is_not_read_into_a_document(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the operator's password")
    passages = await read(tmp_path, documents.external_entity_docx(str(secret)), "docx")
    assert "password" not in "".join(passage.text for passage in passages)


async def test_reading_does_not_touch_the_network(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        page = (
            f"<html><head><link rel=stylesheet href={address}/a.css><base href={address}></head><body><p>Words</p>"
            f"<img src={address}/b.png><iframe src={address}/c></iframe><object data={address}/d></object></body>"
        )
        (passage,) = await read(tmp_path, page.encode(), "html")
        assert "Words" in passage.text
        with pytest.raises(TimeoutError):
            listener.accept()


async def test_a_reader_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    watch = Stopwatch()
    with pytest.raises(Unreadable, match="longer than 1 s"):
        await read(tmp_path, documents.flate_bomb_pdf(40), "pdf", Limits(4096, 1.0, 100, 1_000_000))
    assert watch.seconds() < 5
    assert readers() == []


async def test_a_reader_whose_caller_gives_up_is_ended(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await read(tmp_path, documents.flate_bomb_pdf(40), "pdf")
    assert readers() == []
