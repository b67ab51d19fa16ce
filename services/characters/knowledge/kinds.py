"""Kinds of documents, by the ending of their names."""

from dataclasses import dataclass

_OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class Kind:
    """media_type: as the reader of documents calls it. is_text: bytes are text in some encoding."""

    media_type: str
    is_text: bool = False


KINDS = {
    "pdf": Kind("application/pdf"),
    "docx": Kind(f"{_OFFICE}.wordprocessingml.document"),
    "pptx": Kind(f"{_OFFICE}.presentationml.presentation"),
    "xlsx": Kind(f"{_OFFICE}.spreadsheetml.sheet"),
    "txt": Kind("text/plain", is_text=True),
    "md": Kind("text/markdown", is_text=True),
    "html": Kind("text/html", is_text=True),
    "csv": Kind("text/csv", is_text=True),
}
_ALIASES = {"htm": "html", "xhtml": "html", "markdown": "md", "text": "txt", "log": "txt", "tsv": "csv"}
_BY_MEDIA_TYPE = {kind.media_type: name for name, kind in KINDS.items()} | {
    "application/xhtml+xml": "html",
    "application/csv": "csv",
}
# Characters of an ending; a longer one is part of the name.
ENDING_MAX = 16
# Of an uploaded file and of a page that is fetched.
MAX_FILE_BYTES = 50 * 1024 * 1024
UNKNOWN = "unknown"


def file_type(name: str) -> str:
    """The `file_type` of a file by its name; an ending that nobody reads is answered as it is, none as `unknown`."""
    _, dot, ending = name.rpartition(".")
    ending = ending.lower()
    if not dot or not ending.isalnum() or len(ending) > ENDING_MAX:
        return UNKNOWN
    return _ALIASES.get(ending, ending)


def type_of_page(media_type: str, path: str) -> str:
    """The `file_type` of what an address answered, by its `Content-Type`, else by the path."""
    named = _BY_MEDIA_TYPE.get(media_type.partition(";")[0].strip().lower())
    by_path = file_type(path.rpartition("/")[2])
    # A server that knows no better says text/plain.
    if named in (None, "txt") and by_path in KINDS:
        return by_path
    return named or by_path
