"""How much of an interrupted reply was heard."""

import pytest

from services.agent.audio.spoken import heard

CLAUSES = [("We open at nine,", 0.0), ("and we close at noon on Saturdays.", 1.0)]


@pytest.mark.parametrize(
    ("played", "text"),
    [
        (0.0, ""),
        (0.5, "We open"),
        (1.0, "We open at nine,"),
        (2.0, "We open at nine, and we close"),
        (3.0, "We open at nine, and we close at noon on Saturdays."),
        (9.0, "We open at nine, and we close at noon on Saturdays."),
    ],
)
def test_words_count_as_heard_when_their_share_of_the_clause_was_played(played: float, text: str) -> None:
    assert heard(CLAUSES, total_seconds=3.0, played_seconds=played) == text


def test_nothing_spoken_is_nothing_heard() -> None:
    assert heard([], 0.0, 1.0) == ""
