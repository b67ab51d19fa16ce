"""Writes number words as figures, and makes texts comparable."""

import re

from text_to_num import alpha2digit

from services.agent.tools.forms.values.hindi_numbers import HINDI_NUMBERS
from services.agent.tools.forms.values.result import NotUnderstoodError
from services.agent.tools.forms.values.words import QUARTER, Words, fold

# A value that is longer is no value: only free text may have more.
MAX_SPOKEN_CHARACTERS = 400
_BY_LIBRARY = ("en", "de", "es", "fr", "it", "pt")
_HAN = {"〇": 0, "零": 0, "一": 1, "幺": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7}
_HAN |= {"八": 8, "九": 9}
_HAN_TENS = {"十": 10, "百": 100, "千": 1000}
_HAN_MYRIADS = {"万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8}
_HAN_NUMBER = re.compile("[" + "".join([*_HAN, *_HAN_TENS, *_HAN_MYRIADS]) + "]{1,30}")
_HAN_UNITS = frozenset([*_HAN_TENS, *_HAN_MYRIADS])
_PUNCTUATION = re.compile(
    r"(?<!\d)[.,:](?=\d)|(?<!\d)\.(?!\d)|\.(?=\S)(?!\d)|\.\Z|[,:](?!\d)|[;!?¡¿\"“”„«»()\[\]{}…。、，！？：；「」]"
)
_HINDI_WORD = re.compile(r"[\u0900-\u097f]+")


def _han_value(run: str, short: bool) -> str:
    """The number that Chinese characters write: by places (二十六), or figure by figure (二零二六).

    short: whether a last figure may stand for the next lower place, as in Chinese: 一千五 is 1500.
    """
    if short and len(run) > 1 and run[-1] in _HAN and run[-1] not in "零〇" and run[-2] in "百千万萬":
        run += {"百": "十", "千": "百", "万": "千", "萬": "千"}[run[-2]]
    if not _HAN_UNITS.intersection(run):
        return "".join(str(_HAN[sign]) for sign in run)
    total = section = figure = 0
    for sign in run:
        if sign in _HAN:
            figure = _HAN[sign]
        elif sign in _HAN_TENS:
            section += (figure or 1) * _HAN_TENS[sign]
            figure = 0
        else:
            total += max(section + figure, 1) * _HAN_MYRIADS[sign]
            section = figure = 0
    return str(total + section + figure)


def _hindi(text: str) -> str:
    return _HINDI_WORD.sub(lambda word: HINDI_NUMBERS.get(word[0], word[0]), text)


def with_figures(text: str, words: Words) -> str:
    """A text, folded, with its number words as figures and without punctuation between words.

    Raises: NotUnderstoodError for a text that is too long.
    """
    if len(text) > MAX_SPOKEN_CHARACTERS:
        raise NotUnderstoodError("This is too long for this field. Pass only what the caller said for it.")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split()).casefold()
    if quarter := words.get("quarter"):
        text = re.sub(rf"\b(?:{quarter})\b", QUARTER, text)
    text = text.replace("-ish", " ish")
    for variant, usual in words.all("numbers.variants"):
        text = re.sub(rf"\b{variant}\b", usual, text)
    if words.language in _BY_LIBRARY:
        text = alpha2digit(text, words.language, threshold=0)
    elif words.language == "hi":
        text = _hindi(text)
    for digit, names in enumerate(words.all("numbers.kana")):
        text = re.sub(names, str(digit), text)
    text = fold(text)
    if not words.has_blanks:
        text = _HAN_NUMBER.sub(lambda run: _han_value(run[0], words.language == "zh"), text)
    text = "".join(str(int(c)) if c.isdecimal() else c for c in text)
    return " ".join(_PUNCTUATION.sub(" ", text).split())
