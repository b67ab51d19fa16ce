"""Types of document files, by the ending of the name or by the media type."""

from dataclasses import dataclass

_OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class FileType:
    """media_type: as web servers name it. is_text: whether the file is text in some encoding."""

    media_type: str
    is_text: bool = False


BINARY = FileType("application/octet-stream")
FILE_TYPES = {
    "pdf": FileType("application/pdf"),
    "docx": FileType(f"{_OFFICE}.wordprocessingml.document"),
    "pptx": FileType(f"{_OFFICE}.presentationml.presentation"),
    "xlsx": FileType(f"{_OFFICE}.spreadsheetml.sheet"),
    "txt": FileType("text/plain", is_text=True),
    "md": FileType("text/markdown", is_text=True),
    "html": FileType("text/html", is_text=True),
    "csv": FileType("text/csv", is_text=True),
}
_ALIASES = {"htm": "html", "xhtml": "html", "markdown": "md", "text": "txt", "log": "txt", "tsv": "csv"}
_BY_MEDIA_TYPE = {kind.media_type: name for name, kind in FILE_TYPES.items()} | {
    "application/xhtml+xml": "html",
    "application/csv": "csv",
}
# Characters of the longest ending; what is longer is a part of the name.
ENDING_MAX = 16
# Size of an uploaded file, and of a page that is fetched.
MAX_FILE_BYTES = 50 * 1024 * 1024
UNKNOWN = "unknown"


def file_type(name: str) -> str:
    """The `file_type` of a file name: its ending, or `unknown` without one. The type may be one that cannot be read."""
    _, dot, ending = name.rpartition(".")
    ending = ending.lower()
    if not dot or not ending.isalnum() or len(ending) > ENDING_MAX:
        return UNKNOWN
    return _ALIASES.get(ending, ending)


def type_of_page(media_type: str, path: str) -> str:
    """The `file_type` of a web server's answer, by its `Content-Type`, else by the path."""
    named = _BY_MEDIA_TYPE.get(media_type.partition(";")[0].strip().lower())
    by_path = file_type(path.rpartition("/")[2])
    # Servers send text/plain for types that they do not know.
    if named in (None, "txt") and by_path in FILE_TYPES:
        return by_path
    return named or by_path
