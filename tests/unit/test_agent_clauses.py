"""Where replies are cut for speaking."""

import pytest

from services.agent.clauses import ClauseSplitter


def split(text: str, size: int = 3) -> list[str]:
    """Feeds a text in tokens of `size` characters."""
    splitter = ClauseSplitter()
    clauses: list[str] = []
    for start in range(0, len(text), size):
        clauses += splitter.push(text[start : start + size])
    return clauses + list(splitter.flush())


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_the_first_clause_leaves_at_its_comma_and_later_ones_at_sentences(size: int) -> None:
    text = "On Saturday, we open at nine, and close at noon. Bring your receipt, please. Bye."
    assert split(text, size) == [
        "On Saturday,",
        "we open at nine, and close at noon.",
        "Bring your receipt, please. Bye.",
    ]


def test_numbers_and_abbreviations_stay_whole() -> None:
    assert split("We open at 9:30 a.m. on weekdays. Mr. Smith is here.") == [
        "We open at 9:30 a.m. on weekdays.",
        "Mr. Smith is here.",
    ]


def test_a_long_first_clause_without_punctuation_does_not_hold_up_the_voice() -> None:
    words = [f"word{number}" for number in range(30)]
    clauses = split(" ".join(words) + ".")
    assert clauses[0] == " ".join(words[:7])
    assert " ".join(clauses) == " ".join(words) + "."


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_makes_no_clause(text: str) -> None:
    assert split(text) == []


def test_nothing_is_lost_or_doubled() -> None:
    text = "Well — yes! You can (really) return it: within 30 days, unused, with the receipt… Anything else?"
    assert "".join("".join(split(text, 2)).split()) == "".join(text.split())
