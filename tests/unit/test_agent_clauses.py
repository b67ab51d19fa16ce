"""Where replies are cut for speaking."""

import pytest

from services.agent.speech.clauses import ClauseSplitter


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


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    "whole",
    [
        "$3.50",
        "1,234.50",
        "e.g. cats",
        "10:30 p.m.",
        "Dr. Smith",
        "Mr. J. R. Jones",
        "No. 5",
        "https://www.acme.com/help?x=1,2",
        "john.doe@acme.co.uk",
        "+1 (555) 123-4567",
        "555 123 4567",
        "3 1/2",
        "Jan. 5",
        "July 4th, 1776",
        "is: 4821",
        "Sat. at",
        "U.S. office",
        "*clears throat, slowly*",
        "(open until 5, mostly)",
        "[our help page, here](https://a.b/c)",
        "<break time='1s, 2s'>",
    ],
)
def test_what_is_said_as_one_is_never_cut(whole: str, size: int) -> None:
    for text in (
        f"Well it is {whole} and that is all of it. Then there is more to say here.",
        f"{whole} is the one we have for you today, I think. Yes it is.",
        f"we would say that it is about {whole} or so",
    ):
        clauses = split(text, size)
        assert any(whole in clause for clause in clauses), clauses
        assert "".join("".join(clauses).split()) == "".join(text.split())


def test_an_item_keeps_its_number() -> None:
    assert split("1. Open the app. 2. Tap on it twice. 3. Done with it now.") == [
        "1. Open the app.",
        "2. Tap on it twice.",
        "3. Done with it now.",
    ]


@pytest.mark.parametrize("size", [1, 1000])
def test_sentences_end_without_a_blank_where_the_script_needs_none(size: int) -> None:
    assert split("我们明天见，请带上证件。谢谢您的来电，再见！", size) == [
        "我们明天见，",
        "请带上证件。谢谢您的来电，再见！",
    ]
    assert split("今日は、10時から営業しています。お待ちしています。", size) == [
        "今日は、",
        "10時から営業しています。",
        "お待ちしています。",
    ]
    assert split("नमस्ते जी। आप सब लोग कैसे हैं। मैं ठीक हूँ।", size)[0] == "नमस्ते जी।"


@pytest.mark.parametrize("mark", ["*", "(", "[", "a", "1 ", "A. "])
def test_a_mark_that_never_closes_holds_back_only_so_much(mark: str) -> None:
    text = (mark * 3000)[:3000]
    clauses = split(text, 7)
    assert max(map(len, clauses)) <= 600
    assert "".join("".join(clauses).split()) == "".join(text.split())


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
