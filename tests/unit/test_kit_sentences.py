"""Where sentences end."""

import pytest

from services.kit.reading.sentences import sentences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We open at nine. We close at noon.", ["We open at nine. ", "We close at noon."]),
        ("Dr. Smith is in. Ask for Mr. Lee.", ["Dr. Smith is in. ", "Ask for Mr. Lee."]),
        ("It costs 3.5 dollars. Really?! Yes.", ["It costs 3.5 dollars. ", "Really?! ", "Yes."]),
        ("We are on St. James St., e.g. on Mon. at 9 a.m. sharp.", None),
        ('He said "No." Then he left.', ['He said "No." ', "Then he left."]),
        ("See no. 5 below. Is it so? No. It is not.", ["See no. 5 below. ", "Is it so? ", "No. ", "It is not."]),
        ("Es el mié. 4 de marzo. Voy al mar. Adiós.", ["Es el mié. 4 de marzo. ", "Voy al mar. ", "Adiós."]),
        ("We have Rs. 1,25,000 left. Yes.", ["We have Rs. 1,25,000 left. ", "Yes."]),
        ("First line\nSecond line.\n\nThird", ["First line\n", "Second line.\n\n", "Third"]),
        ("営業は九時からです。土曜日は休みです。", ["営業は九時からです。", "土曜日は休みです。"]),
        ("「はい。」と言いました。", ["「はい。」", "と言いました。"]),
        ("हम नौ बजे खोलते हैं। रविवार बंद है।", ["हम नौ बजे खोलते हैं। ", "रविवार बंद है।"]),
        ("1. Open the box. 2. Read.", ["1. Open the box. ", "2. Read."]),
        ("Wait… what? ", ["Wait… ", "what? "]),
        ("", []),
        ("no end", ["no end"]),
    ],
)
def test_sentences_of_a_text(text: str, found: list[str] | None) -> None:
    assert list(sentences(text)) == ([text] if found is None else found)


@pytest.mark.parametrize("text", ["a. " * 50_000, "." * 100_000, "\n" * 100_000, "。" * 100_000, "Dr. " * 25_000])
def test_the_sentences_of_an_odd_text_are_the_text_again(text: str) -> None:
    assert "".join(sentences(text)) == text
