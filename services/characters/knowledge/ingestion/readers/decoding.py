"""Finds the encoding of a text. A text that could be read in several ways, none of them surely right, is refused."""

import codecs
import re

from services.characters.knowledge.ingestion.readers.plausibility import LANGUAGES, Alphabet, alphabet_of
from services.characters.knowledge.ingestion.readers.reading import Unreadable

_UNSURE = (
    "The letters of the file cannot be told for sure, since it is in an older encoding or damaged; save it as UTF-8 "
    "and upload it again."
)
_BINARY = "The file is not text, though its name says so."
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What browsers read for these names (WHATWG Encoding).
_WEB_NAMES = {
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "shift_jis": "cp932",
    "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs", "x-mac-cyrillic": "mac-cyrillic", "tis-620": "cp874", "iso-8859-11": "cp874",
    "utf-16": "utf-8", "utf-16le": "utf-8", "utf-16be": "utf-8",
}  # fmt: skip
_CHARSET = re.compile(rb"<meta\b[^>]{0,500}?\bcharset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"\A\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([\w.:-]{1,40})", re.IGNORECASE)
_HEAD_BYTES = 4_096
# Share of the upper bytes that are zero in Latin text of two bytes a letter.
_HIGH_ZEROS = 0.6
# Bytes that are judged. More say no more.
_SAMPLE_BYTES = 64 * 1024
# A reading with fewer doubtful letters than the first share is taken, if each other reading has more than the second.
_SURE, _OTHER = 0.02, 0.08


def decoded(data: bytes, language: str, *, is_page: bool = False) -> str:
    """The text of a file. language: a BCP-47 tag that it is probably written in. is_page: whether it is HTML.

    Raises: Unreadable when the encoding cannot be told for sure.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :] if encoding == "utf-8" else data, encoding)
    if b"\0" in data[:_SAMPLE_BYTES]:
        return _wide(data)
    if b"\x1b$" in data:
        # Seven bits for each byte, so UTF-8 would take it as well.
        try:
            return data.decode("iso2022_jp")
        except UnicodeDecodeError:
            pass
    if is_utf8(data):
        # Also of a page that names another encoding: text of other encodings is hardly ever good UTF-8.
        return data.decode("utf-8")
    if is_page and (named := _named(data)):
        try:
            return data.decode(named)
        except UnicodeDecodeError:
            pass
    return data.decode(_older_encoding(data, language))


def is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8 from the first to the last."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def encoding_of_page(name: str) -> str | None:
    """Python's name of an encoding by its name on the web; None for an unknown one."""
    try:
        found = codecs.lookup(_WEB_NAMES.get(name.strip().lower(), name.strip()))
    except (LookupError, ValueError):
        return None
    return found.name if found._is_text_encoding else None


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable(_UNSURE) from None


def _named(data: bytes) -> str | None:
    """The encoding that a page names itself."""
    head = data[:_HEAD_BYTES]
    found = _XML_ENCODING.search(head) or _CHARSET.search(head)
    return encoding_of_page(found[1].decode("ascii", "replace")) if found else None


def _wide(data: bytes) -> str:
    """Text of two bytes a letter, without a mark: every other byte of Latin letters and blanks is zero."""
    first, second = data[0:_SAMPLE_BYTES:2], data[1:_SAMPLE_BYTES:2]
    for encoding, high, low in (("utf-16-le", second, first), ("utf-16-be", first, second)):
        if high.count(0) > _HIGH_ZEROS * len(high) and not low.count(0) and len(data) % 2 == 0:
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                break
            if "\0" not in text:
                return text
    raise Unreadable(_BINARY)


def _older_encoding(data: bytes, language: str) -> str:
    """The encoding whose reading of a text has hardly a doubtful letter, while every other reading has many.

    The encodings of the text's own language win over those of other languages.
    """
    own = alphabet_of(language)
    doubts = _doubts(data, own)
    if doubts and min(doubts.values()) <= _SURE:
        return min(doubts, key=lambda encoding: doubts[encoding])
    ranked: list[tuple[float, str, str]] = []
    for alphabet in LANGUAGES:
        if alphabet is not own:
            ranked += [(doubt, encoding, alphabet.name) for encoding, doubt in _doubts(data, alphabet).items()]
    ranked.sort()
    if not ranked or ranked[0][0] > _SURE:
        raise Unreadable(_UNSURE)
    best = data.decode(ranked[0][1])
    if any(doubt < _OTHER and data.decode(encoding) != best for doubt, encoding, _ in ranked[1:]):
        raise Unreadable(_UNSURE)
    return ranked[0][1]


def _doubts(data: bytes, alphabet: Alphabet) -> dict[str, float]:
    """Share of doubtful letters by encoding, of the encodings of a language that can read the whole text."""
    found: dict[str, float] = {}
    for encoding in alphabet.encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        found[encoding] = alphabet.doubt(text[:_SAMPLE_BYTES])
    return found
