"""Text before it is spoken and after it was heard."""

import pytest
from hibari import Hibari as Synthesiser

from services.inference.hearing.guard import clean
from services.inference.speaking.clauses import Pauses, pieces
from services.inference.speaking.speakable import speakable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Sure, we open at 9 am.", "Sure, we open at 9 am."),
        ("**Hello** _there_! 😀", "Hello there!"),
        ("Here is a [link](https://x.com/a) and ![a cat](cat.png).", "Here is a link and a cat."),
        ("# Title\n\n- One\n* Two\n> Three", "Title\nOne\nTwo\nThree"),
        ("```python\nprint\n```", "print"),
        ("<b>Bold</b> & more", "Bold & more"),
        ("It is 20 °C :)", "It is 20 °C"),
        ("3 * 4 = 12", "3 times 4 = 12"),
        ("Call 555-1234 now.", "Call 5 5 5, 1 2 3 4 now."),
        ("Call +1 (555) 123-4567.", "Call plus 1, 5 5 5, 1 2 3, 4 5 6 7."),
        ("In 2024-2025, on 2026-11-21.", "In 2024-2025, on 2026-11-21."),
        ("It costs $1,250.50 or 1250000 yen.", "It costs $1,250.50 or 1 2 5 0, 0 0 0 yen."),
        ("Order #12345 has shipped.", "Order number 1 2 3 4 5 has shipped."),
        ("Write to a.b@c-d.co.uk.", "Write to a dot b at c dash d dot C O dot U K."),
        ("See https://www.acme.com/help?x=1.", "See acme dot com slash help."),
        ("Ask callbox.io, please.", "Ask callbox dot I O, please."),
        ("Mon-Fri, Sat - Sun", "Monday to Friday, Saturday to Sunday"),
        ("Pets, e.g. cats, i.e. yours", "Pets, for example, cats, that is, yours"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b\n1 2"),
        ("👨‍👩‍👧‍👦🏳️‍🌈 1️⃣", "1"),
        ("", ""),
        ("...", ""),
        ("🎉", ""),
        ("\x00\x07", ""),
    ],
)
def test_what_is_read_aloud(text: str, said: str) -> None:
    assert speakable(text) == said


@pytest.mark.parametrize(
    "text", ["*" * 5000, "[" * 5000, "<" * 5000, "a_" * 2500, "1 " * 2500, "1-" * 2500, "a." * 2500]
)
def test_hostile_text_takes_no_time(text: str) -> None:
    for _ in range(3):
        speakable(text)


def test_the_first_piece_is_short_and_nothing_is_lost() -> None:
    text = (
        "Thanks for calling, we are open from nine in the morning until half past five in the afternoon every weekday, "
        "and on Saturdays from ten to four. Dr. Smith is in on Mondays. Then " + "word " * 200
    ).strip()
    found = [piece for piece, _ in pieces(Synthesiser.split_sentences(text), Pauses(), (60, 260))]
    assert " ".join(found) == text
    assert len(found[0]) <= 60
    assert all(len(piece) <= 260 for piece in found)
    assert found[0].endswith(",")
    assert any(piece.startswith("Dr. Smith is in on Mondays.") for piece in found)


def test_lines_end_like_sentences_but_an_open_end_does_not() -> None:
    found = pieces(["Title", "One, two", "and then"], Pauses(comma_ms=1, sentence_ms=2), (60, 260))
    assert list(found) == [("Title", 2), ("One, two", 2), ("and then", 0)]


def test_pauses_follow_the_punctuation() -> None:
    pauses = Pauses(comma_ms=120, sentence_ms=250)
    assert [pauses.after(text) for text in ("One,", "Two.", 'Three!"', "four")] == [120, 250, 250, 0]


@pytest.mark.parametrize(
    ("heard", "kept"),
    [
        ("What time do you open?", "What time do you open?"),
        ("♪♪♪", ""),
        ("[Music] ♪", ""),
        ("...", ""),
        ("In short,, yes.", "In short, yes."),
        ("five five five five one two", "five five five five one two"),
        ("No, no, no.", "No, no, no."),
        ("so " * 30 + "then", "so then"),
        ("I don't know. " * 12, "I don't know."),
    ],
)
def test_only_what_was_said_is_kept(heard: str, kept: str) -> None:
    assert clean(heard) == kept


def test_a_decoder_that_overran_is_cut_sooner() -> None:
    assert clean("In the beginning " * 3, overran=True) == "In the beginning"
