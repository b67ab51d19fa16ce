"""Names of documents, kinds by name or address, and languages of words. Contract 12.1."""

import pytest

from services.characters.knowledge.file_names import cited, file_key
from services.characters.knowledge.file_types import file_type, type_of_page
from services.characters.knowledge.text_search import configuration


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.pdf", "pdf"),
        ("A.PDF", "pdf"),
        ("a.b.docx", "docx"),
        ("a.htm", "html"),
        ("a.markdown", "md"),
        ("a.exe", "exe"),
        ("a", "unknown"),
        ("a.", "unknown"),
        (".pdf", "pdf"),
        ("a.with blank", "unknown"),
        ("a." + "x" * 17, "unknown"),
    ],
)
def test_the_ending_of_a_name_is_its_kind(name: str, kind: str) -> None:
    assert file_type(name) == kind


@pytest.mark.parametrize(
    ("media_type", "path", "kind"),
    [
        ("text/html; charset=utf-8", "/faq", "html"),
        ("TEXT/HTML", "/faq.pdf", "html"),
        ("application/pdf", "/download", "pdf"),
        ("application/octet-stream", "/prices.csv", "csv"),
        ("text/plain", "/README.md", "md"),
        ("text/plain", "/LICENSE", "txt"),
        ("", "/", "unknown"),
        ("image/png", "/a.png", "png"),
    ],
)
def test_a_server_says_what_a_page_is_unless_it_knows_no_better(media_type: str, path: str, kind: str) -> None:
    assert type_of_page(media_type, path) == kind


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.pdf", "a.pdf"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("  two   blanks .txt ", "two blanks .txt"),
        ("\x00\x1b[31m.md", "[31m.md"),
        ("..", ".."),
        ("می\u200cخواهم.pdf", "می\u200cخواهم.pdf"),
        ("/", ""),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("x" * 300, "x" * 255),
        ("a." + "x" * 300, "a." + "x" * 253),
        ("Preisliste 2026 – Öl 😀.pdf", "Preisliste 2026 – Öl 😀.pdf"),
    ],
)
def test_a_name_is_cited_without_folders_and_hidden_signs(name: str, shown: str) -> None:
    assert cited(name) == shown


@pytest.mark.parametrize("name", ["..", "../../x", "a/b", "日本語", "", "." * 300, "https://shop.example/a?b=c"])
def test_a_key_is_safe_whatever_the_name(name: str) -> None:
    key = file_key("chr_1", "doc_2", name)
    folder, character, document, file = key.split("/")
    assert (folder, character, document) == ("documents", "chr_1", "doc_2")
    assert file
    assert file.strip(".")
    assert key.isascii()
    assert len(key) < 300


@pytest.mark.parametrize(
    ("tag", "known"),
    [
        ("en", "english"),
        ("en-GB", "english"),
        ("de_AT", "german"),
        ("nb-NO", "norwegian"),
        ("zh", "simple"),
        ("", "simple"),
    ],
)
def test_a_language_is_what_postgresql_calls_it(tag: str, known: str) -> None:
    assert configuration(tag) == known
