"""Text before it is spoken and after it was heard."""

import random
import time
from pathlib import Path

import pytest
from hibari import Hibari as Synthesiser

from services.inference.recognition.hallucinations import clean
from services.inference.synthesis.clauses import Pauses, pieces
from services.kit.reading.languages import LANGUAGES
from services.kit.reading.speakable import speakable

_MAX_SECONDS = 1.0  # of processor time; 0.08 is the most that was seen
_MAX_GROWTH = 14  # "½" is "one half", "1Hz" "one hertz"


_TABLES = Path(__file__).parent / "spoken"


def _rows(language: str) -> list[list[str]]:
    """The written and the spoken form of each line of a language's file, which has a tab between them."""
    lines = (_TABLES / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines]


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_written_forms_are_said_as_a_person_would(language: str) -> None:
    rows = _rows(language)
    wrong = [
        (written, said, found)
        for written, said in rows
        for found in (speakable(written, language), speakable(said, language))
        if found != said
    ]
    assert not wrong, f"written, expected, said: {wrong}"
    assert len(rows) >= (400 if language == "en" else 70)


def test_every_table_has_its_language() -> None:
    assert {table.stem for table in _TABLES.glob("*.tsv")} == {"en", *LANGUAGES}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("**Hello** _there_! 😀", "Hello there!"),
        ("Here is a [link](https://x.com/a) and ![a cat](cat.png).", "Here is a link and a cat."),
        ("# Title\n\n- One\n* Two\n> Three\n1. Four", "Title\nOne\nTwo\nThree\none, Four"),
        ("```python\nprint\n```", "print"),
        ("- [ ] milk\n- [x] eggs", "milk\neggs"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b\none, two"),
        ("Text.[^1] More [2].\n[^1]: A note.", "Text. More.\nA note."),
        ("**Cut off", "Cut off"),
        ("<think>The caller asks.\n\nSaturday?</think>\nWe open at ten.", "We open at ten."),
        ("<Thinking>One.</Thinking>Two.<think>Three.</think> Four.", "Two. Four."),
        ("<analysis>Saturday.</analysis>We open at ten.", "We open at ten."),
        ("<inner_monologue>Saturday.</inner_monologue>We open at ten.", "We open at ten."),
        ("We open at ten. <think>Was that right?", "We open at ten."),
        ("Yes. <think>Saturday?</think>We open at ten.", "Yes. We open at ten."),
        ("The caller asks.</think>We open at ten.", "We open at ten."),
        ("I think so, thinking of you.", "I think so, thinking of you."),
        ("here](https://a.b/c) it is", "here it is"),
        (
            "<speak>Hi <break time=\"500ms\"/>you <say-as interpret-as='date'>5/3/2026</say-as></speak>",
            "Hi you May third, twenty twenty-six",
        ),
        ("<script>alert(1)</script><!-- no -->Yes", "Yes"),
        ("a<b and c>d", "a less than b and c greater than d"),
        ("I <3 you :) ;-) xD :'( ^_^ -_- o_O", "I you"),
        ("(^_^) ¯\\_(ツ)_/¯ (╯°□°)╯︵ ┻━┻ ʕ•ᴥ•ʔ fine", "fine"),
        ("(a) one, (x+y) two, (A/B)", "(a) one, (x plus y) two, (A B)"),
        (":thumbs_up: at 10:30", "at ten thirty"),
        ("👨‍👩‍👧‍👦🏳️‍🌈 1️⃣", "one"),
        ("he\u200bllo \u202eabc\u202c\x00\x07\ufeff", "hello abc"),
        ("e\u0301te\u0301 नमस्ते Việt 漢字 שלום", "été नमस्ते Việt 漢字 שלום"),
        ("𝓗𝓮𝓵𝓵𝓸", "Hello"),
        ("*", ""),
        ("", ""),
        ("...", ""),
        ("🎉", ""),
        ("\x00\x07", ""),
    ],
)
def test_what_is_only_to_be_seen_is_not_said(text: str, said: str) -> None:
    assert speakable(text) == said


@pytest.mark.parametrize(
    "direction",
    [
        "*laughs*",
        "(sighs)",
        "[pause]",
        "<breath>",
        "*clears throat*",
        "_smiles_",
        "(laughing)",
        "(long pause)",
        "[laughter]",
        "*chuckles softly*",
        "(pauses for a moment)",
        "(laughs nervously and looks away)",
        "*checks the calendar*",
        "*leans forward*",
        "[typing]",
        "{coughs}",
        "**sighs deeply**",
        "(sigh)",
    ],
)
def test_a_stage_direction_is_acted_and_not_said(direction: str) -> None:
    assert speakable(f"{direction} Of course.") == "Of course."
    assert speakable(direction) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is *very* good.", "It is very good."),
        ("We serve lunch (open until late).", "We serve lunch (open until late)."),
        ("She *laughs* a lot.", "She laughs a lot."),
        ("*checks are accepted*", "checks are accepted"),
        ("(laughing out loud is fine)", "(laughing out loud is fine)"),
        ("The pause (or break) is short.", "The pause (or break) is short."),
        ("*Pauses are included*", "Pauses are included"),
        ("[Your name], please", "Your name, please"),
        ("Ask for it (optional).", "Ask for it (optional)."),
    ],
)
def test_a_persons_own_parentheses_and_emphasis_are_said(text: str, said: str) -> None:
    assert speakable(text) == said


@pytest.mark.parametrize(
    ("language", "text"),
    [("ja", "(笑) はい"), ("zh", "（叹气）好"), ("es", "(risas) Sí"), ("fr", "*rit* Oui"), ("it", "*sospira* Sì")],
)
def test_directions_of_other_languages_are_not_said(language: str, text: str) -> None:
    assert speakable(text, language) == text.split()[-1].split("）")[-1]


def test_the_region_decides_which_comes_first_day_or_month() -> None:
    assert speakable("5/3/2026", "en-US") == "May third, twenty twenty-six"
    assert speakable("5/3/2026", "en-GB") == "the fifth of March, twenty twenty-six"


def test_an_unknown_language_loses_only_its_markup() -> None:
    assert speakable("**Cena** 5 zł 😀", "pl") == "Cena 5 zł"


_NASTY = (
    "*",
    "[",
    "<",
    "a_",
    "1 ",
    "1-",
    "a.",
    "(",
    "((^",
    "![",
    "[](",
    "**a",
    "<a ",
    "<a b=",
    "`",
    "~",
    "|",
    "-",
    "\\",
    "&a",
    ":a",
    "[^",
    "a@",
    "a@b.",
    "http://",
    "1,",
    "1.",
    "1:",
    "1/",
    "$1",
    "+1 ",
    "#",
    "(1",
    "XX",
    "jan ",
    "1 jan ",
    "<!--",
    "<script>",
    "😀",
    "漢字",
    "\u0301",
    "A.",
    "A1",
    "st. ",
    "*a ",
    "(laughs ",
    "0",
    "９",
    "1k",
    "\n#",
    "--|",
    "1x",
    "1'",
    "½",
    "\ud800",
    "5 km ",
    "9:30 ",
    "ʕ",
    "Mr. ",
    "$1-",
    "1 1/",
    "v1.",
    "° ",
    "1,00,",
    "1h ",
    "1h30m",
    "<think>",
    "</think>",
    "code 12 ",
    "code is ",
    "1/2 ",
    "€1.000,",
    "4.5/",
    "1 000 ",
    "IL 1",
    "have 20",
    "1'000",
    "5 km/",
    "1 x ",
    "2019 ",
    "㎡",
    "5分",
    "10000 ",
    "código de ",
)


@pytest.mark.parametrize("language", ["en", *LANGUAGES, "xx"])
def test_hostile_text_is_read_in_bounded_time_and_length(language: str) -> None:
    for piece in _NASTY:
        text = (piece * 5000)[:5000]
        started = time.thread_time()
        said = speakable(text, language)
        assert time.thread_time() - started < _MAX_SECONDS, piece
        assert len(said) <= _MAX_GROWTH * len(text), piece


@pytest.mark.parametrize("piece", ["5 km ", "she *laughs* ", '1/4" ', "Rs 1,00,000 "])
def test_time_grows_with_the_length_and_not_with_its_square(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    started = time.thread_time()
    speakable(text)
    assert time.thread_time() - started < _MAX_SECONDS


@pytest.mark.parametrize("language", ["en", *LANGUAGES, "xx"])
def test_random_text_never_fails_nor_grows_without_bound(language: str) -> None:
    chance = random.Random(5)
    alphabet = "0123456789$€£%.,:/-+()[]<>*_#@&'\" \nabcdxkmhAPMIVXst°½²éñनमस্ते今日你好😀\u200d\u0301\ud800\x00"
    for _ in range(400):
        if chance.random() < 0.5:
            text = "".join(chance.choices(alphabet, k=chance.randrange(60)))
        else:
            text = "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randrange(60)))
        said = speakable(text, language)
        assert len(said) <= _MAX_GROWTH * len(text) + 20
        assert not any(c in said for c in "\x00\u200d😀")


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
