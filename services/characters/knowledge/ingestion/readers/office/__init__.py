"""Readers of Office files (Office Open XML): DOCX, PPTX and XLSX."""

from services.characters.knowledge.ingestion.readers.office.package import Package
from services.characters.knowledge.ingestion.readers.reading import Collected


def read(data: bytes, file_type: str, collected: Collected) -> list[str]:
    """Adds the blocks of an Office file; returns notes.

    Raises: Unreadable.
    """
    with Package(data, file_type) as package:
        if file_type == "docx":
            from services.characters.knowledge.ingestion.readers.office.word import read_word

            return read_word(package, collected)
        if file_type == "pptx":
            from services.characters.knowledge.ingestion.readers.office.slides import read_slides

            return read_slides(package, collected)
        from services.characters.knowledge.ingestion.readers.office.sheets import read_sheets

        return read_sheets(package, collected)
