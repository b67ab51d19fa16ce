"""Prepares a reply for speech: removes markup and emoji, writes numbers and addresses as a person would say them."""

import re
from typing import Final

from services.kit.reading import english
from services.kit.reading.languages import LANGUAGES
from services.kit.reading.markup import plain
from services.kit.reading.web_addresses import Signs, spoken_addresses

# English-speaking regions that write the month first.
_MONTH_FIRST: Final = frozenset(("", "us", "ph"))
_ENGLISH_SIGNS: Final = Signs("at", "dot", "dash", "underscore", "plus", "slash", "hashtag", in_english=True)
_SPACES: Final = re.compile(r"[^\S\n]+")
_BEFORE_STOP: Final = re.compile(r" +([,.;:!?…])")
_DOUBLED: Final = re.compile(r"([,;:])(?:\s*[,;:])+|,(?=[.!?])|\(\s*\)")


def _tidy(text: str) -> str:
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    text = "\n".join(line for line in lines if any(c.isalnum() for c in line))
    return _DOUBLED.sub(r"\1", _BEFORE_STOP.sub(r"\1", text)).strip()


def speakable(text: str, language: str = "en") -> str:
    """The text as it should be spoken; empty when nothing in it can be spoken.

    text: plain, Markdown or with tags; may be one clause of a longer text. language: BCP-47. English text is returned
    in words only. Other languages keep the digits that their phonemiser reads well; in an unknown language only the
    markup is removed. Line breaks remain, because a reader pauses there. The result does not change if it is passed in
    again.
    """
    primary, _, region = language.lower().replace("_", "-").partition("-")
    text = plain(text)
    if primary == "en":
        text = english.spoken(spoken_addresses(text, _ENGLISH_SIGNS), day_first=region not in _MONTH_FIRST)
    elif primary in LANGUAGES:
        text = LANGUAGES[primary].spoken(text)
    return _tidy(text)


def warm_up(language: str = "en") -> None:
    """Compile the patterns, so that the first text does not wait for them."""
    speakable("On 5/3 at 9:30 **Dr. Smith** paid $5 (5%).", language)
