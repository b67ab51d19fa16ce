"""Keeps the encoding that a web server names for a page: the file alone does not say it."""

import codecs
from email.message import Message
from pathlib import Path

from services.characters.knowledge.ingestion.readers.decoding import encoding_of_page, is_utf8

_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def keep_charset(path: Path, content_type: str) -> None:
    """Writes a fetched text again as UTF-8 with a byte order mark, if its `Content-Type` names another encoding.

    A text with a mark of its own, good UTF-8, and what the named encoding cannot read stay as they are.
    """
    header = Message()
    header["Content-Type"] = content_type
    encoding = encoding_of_page(header.get_content_charset() or "")
    if encoding is None:
        return
    data = path.read_bytes()
    if data.startswith(_MARKS) or is_utf8(data):
        return
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return
    path.write_bytes(codecs.BOM_UTF8 + text.encode("utf-8", "ignore"))
