"""Documents as people upload them: nothing of their text is lost, glued, moved or turned into other letters."""

import re

import pytest

from services.characters.knowledge.ingestion.chunks import chunks
from services.characters.knowledge.ingestion.readers import read
from services.characters.knowledge.ingestion.readers.reading import Reading, Unreadable
from services.kit import wordpiece
from tests.document_cases import CASES
from tests.document_cases.case import Case


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_document_is_read_whole_or_refused_with_a_sentence(case: Case) -> None:
    reading, refusal = _read(case)
    if reading is None:
        assert case.may_be_refused or case.refused, f"{case.why}: {refusal}"
        assert re.search(case.refused, refusal)
        assert refusal.endswith(".")
        return
    assert not case.refused or case.may_be_refused, f"{case.why}: it was read"
    text = "\n\n".join(chunk.text for chunk in chunks(reading.pages, wordpiece.count))
    assert not case.faults(text), f"{case.why}: {text!r}"
    for words in case.notes:
        assert any(words in note for note in reading.notes), reading.notes
    assert bool(case.notes) == bool(reading.notes), reading.notes


def _read(case: Case) -> tuple[Reading | None, str]:
    """What was read of a document, or the sentence with which it was refused."""
    try:
        return read(case.content, case.file_type, case.language), ""
    except Unreadable as refusal:
        return None, str(refusal)
