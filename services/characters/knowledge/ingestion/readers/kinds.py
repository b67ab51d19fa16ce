"""What a file is by its first bytes, whatever its name says."""

import zipfile
from io import BytesIO

from services.characters.knowledge.ingestion.readers.reading import Unreadable

_OFFICE_FOLDERS = {"word/": "docx", "ppt/": "pptx", "xl/": "xlsx"}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BINARY = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a packed file"),
    (b"Rar!", "a packed file"),
    (b"7z\xbc\xaf", "a packed file"),
)
_PDF_WITHIN = 1_024
_TEXT_KINDS = ("txt", "md", "csv", "html")


def check(data: bytes, file_type: str) -> None:
    """Refuses a file that is something else than its name says.

    Raises: Unreadable.
    """
    if data.startswith(_OLD_OFFICE):
        raise Unreadable(
            "The file is of an older Office program or protected by a password; save it as docx, xlsx or pptx without "
            "a password."
        )
    if data.startswith(b"{\\rtf"):
        raise Unreadable("The file is RTF, so its name has the wrong ending; save it as docx or pdf and upload that.")
    found = _kind(data, file_type)
    if found is not None and found != file_type:
        raise Unreadable(f"The file is {found}, so its name has the wrong ending; rename it and upload it again.")
    if file_type in _TEXT_KINDS:
        for begin, what in _BINARY:
            if data.startswith(begin):
                raise Unreadable(f"The file is not text but {what}, though its name says so.")


def _kind(data: bytes, file_type: str) -> str | None:
    """`pdf`, `docx`, `xlsx` or `pptx` for a file that surely is one; None for anything else."""
    if data.startswith(b"%PDF-") or (file_type == "pdf" and b"%PDF-" in data[:_PDF_WITHIN]):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(BytesIO(data)) as archive:
                for name in archive.namelist()[:1_000]:
                    for folder, kind in _OFFICE_FOLDERS.items():
                        if name.startswith(folder):
                            return kind
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return None
        return None if file_type in _OFFICE_FOLDERS.values() else "a packed file"
    return None
