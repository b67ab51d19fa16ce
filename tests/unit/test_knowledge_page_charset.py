"""The encoding that a web server names is kept with the page."""

from pathlib import Path

import pytest

from services.characters.knowledge.ingestion.page_charset import keep_charset
from services.characters.knowledge.ingestion.readers.decoding import decoded

RUSSIAN = "Мы открыты. Возврат товара."


@pytest.mark.parametrize(
    ("content_type", "content", "text"),
    [
        ("text/html; charset=windows-1251", RUSSIAN.encode("cp1251"), RUSSIAN),
        ('text/html;charset="KOI8-R"', RUSSIAN.encode("koi8-r"), RUSSIAN),
        ("text/html; charset=utf-8", RUSSIAN.encode(), RUSSIAN),
        ("text/html", RUSSIAN.encode(), RUSSIAN),
        ("text/html; charset=no-such", RUSSIAN.encode(), RUSSIAN),
        ("text/html; charset=base64", RUSSIAN.encode(), RUSSIAN),
        ("text/html; charset=shift_jis", b"<p>\x83\x89\x83\x93\x83v</p>", "<p>ランプ</p>"),
        ("text/html; charset=windows-1251", "\ufeffGrüße".encode(), "Grüße"),
        ("text/html; charset=windows-1251", b"<meta charset=koi8-r>" + RUSSIAN.encode("cp1251"), RUSSIAN),
        ("text/html; charset=shift_jis", "Grüße".encode(), "Grüße"),
        ("", b"", ""),
    ],
)
def test_a_page_is_read_in_the_encoding_that_its_server_names(
    tmp_path: Path, content_type: str, content: bytes, text: str
) -> None:
    path = tmp_path / "page"
    path.write_bytes(content)
    keep_charset(path, content_type)
    assert decoded(path.read_bytes(), "en", is_page=True).removeprefix("<meta charset=koi8-r>") == text
