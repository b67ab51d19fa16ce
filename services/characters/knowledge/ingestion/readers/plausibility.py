"""How likely a text is in a language, by its letters: to tell older encodings apart."""

import functools
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_WESTERN = "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿßœšžªº"
_CYRILLIC = "".join(map(chr, range(0x430, 0x460))) + "ґ"
# Signs beyond ASCII that stand in ordinary text.
_SIGNS = frozenset("«»„“”‚‘’‹›–—…•·°§€£¥©®™²³¹½¼¾±×÷¿¡№´\u00a0\u00ad\u200c\u200d\u200e\u200f")
# A sign where only a letter can stand, and a capital that follows a small letter.
_IN_A_WORD = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f’‘“”„»«·–—…°²³™®€\u00ad\u200c\u200d](?=[^\W\d_])")
_CAPITAL_INSIDE = re.compile(r"(?<=([^\W\d_]))([^\W\d_A-Z])")


@dataclass(frozen=True, slots=True)
class Alphabet:
    """A language or a group of languages. letters: small ones beyond ASCII, or none where `is_common` judges."""

    name: str
    languages: Sequence[str]
    encodings: Sequence[str]
    letters: frozenset[str] = frozenset()
    is_common: Callable[[str], bool] | None = None
    # Share of the letters that are beyond ASCII, at most and at least.
    most: float = 1.0
    least: float = 0.0

    def doubt(self, text: str) -> float:
        """Share of a text's characters beyond ASCII that do not fit the language."""
        beyond = [character for character in text if character > "\x7f"]
        if not beyond:
            return 1.0
        wrong: float = sum(not self._fits(character) for character in beyond)
        if self.is_common is None:
            wrong += len(_IN_A_WORD.findall(text))
            wrong += _capitals_inside(text)
        letters = sum(character.isalpha() for character in text)
        share = sum(character.isalpha() for character in beyond) / max(1, letters)
        if not self.least <= share <= self.most:
            wrong += len(beyond)
        if self.letters and self.least:
            # A text of capitals is read rarely, and small letters of one encoding are capitals of another.
            wrong += sum(character.isupper() for character in beyond) / 2 / len(beyond)
        return wrong / len(beyond)

    def _fits(self, character: str) -> bool:
        if character in _SIGNS:
            return True
        if self.is_common is not None:
            return self.is_common(character)
        return unicodedata.normalize("NFC", character).lower() in self.letters


def alphabet_of(language: str) -> Alphabet:
    """The alphabet of a BCP-47 tag; that of western Europe for an unknown one."""
    primary = language.replace("_", "-").partition("-")[0].lower()
    return next((each for each in LANGUAGES if primary in each.languages), LANGUAGES[0])


def _capitals_inside(text: str) -> int:
    """Capitals beyond ASCII right behind a small letter."""
    return sum(found[1].islower() and found[2].isupper() for found in _CAPITAL_INSIDE.finditer(text))


@functools.lru_cache(maxsize=20_000)
def _is_chinese(character: str) -> bool:
    """Of the first, common half of GB 2312 or Big5, or punctuation of East Asia."""
    return _is_wide_sign(character) or _lead(character, "gb2312", 0xB0, 0xD7) or _lead(character, "big5", 0xA4, 0xC6)


@functools.lru_cache(maxsize=20_000)
def _is_japanese(character: str) -> bool:
    """Kana, a kanji of the first level of JIS, or punctuation of East Asia."""
    return _is_wide_sign(character) or "\u3041" <= character <= "\u30ff" or _lead(character, "cp932", 0x88, 0x98)


@functools.lru_cache(maxsize=20_000)
def _is_korean(character: str) -> bool:
    return _is_wide_sign(character) or _lead(character, "euc_kr", 0xB0, 0xC8)


def _is_wide_sign(character: str) -> bool:
    return "\u3000" <= character <= "\u3020" or "\uff01" <= character <= "\uff5e"


def _lead(character: str, encoding: str, first: int, last: int) -> bool:
    """Whether the first byte of a character in an encoding is in a range."""
    try:
        return first <= character.encode(encoding)[0] <= last
    except UnicodeEncodeError:
        return False


def _script(name: str) -> Callable[[str], bool]:
    @functools.lru_cache(maxsize=1_000)
    def is_of(character: str) -> bool:
        return unicodedata.name(character, "").startswith(name)

    return is_of


def _letters(text: str) -> frozenset[str]:
    return frozenset(text)


_WESTERN_LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "da", "sv", "no", "nb", "nn", "fi", "is", "ca", "eu", "ga", "id", "ms",
    "sw",
)  # fmt: skip
# The first is western Europe. `least` is set where nearly every letter is beyond ASCII.
LANGUAGES: tuple[Alphabet, ...] = (
    Alphabet(
        "western", _WESTERN_LANGUAGES, ["cp1252"],
        _letters(_WESTERN), most=0.4,
    ),
    Alphabet("polish", ["pl"], ["cp1250", "iso8859-2"], _letters("ąćęłńóśźż"), most=0.4),
    Alphabet("czech", ["cs", "sk"], ["cp1250", "iso8859-2"], _letters("áäčďéěíĺľňóôŕřšťúůýž"), most=0.4),
    Alphabet("hungarian", ["hu"], ["cp1250", "iso8859-2"], _letters("áéíóöőúüű"), most=0.4),
    Alphabet("romanian", ["ro"], ["cp1250", "iso8859-2"], _letters("ăâîşţșț"), most=0.4),
    Alphabet("croatian", ["hr", "sl", "bs"], ["cp1250", "iso8859-2"], _letters("čćđšž"), most=0.4),
    Alphabet("turkish", ["tr", "az"], ["cp1254"], _letters("çğıöşüâîûi̇") | {"i̇"}, most=0.4),
    Alphabet("baltic", ["lt", "lv", "et"], ["cp1257"], _letters("ąčęėįšųūžāēģīķļņõäöü"), most=0.4),
    Alphabet(
        "vietnamese", ["vi"], ["cp1258"], _letters("ăâđêôơưàáãèéìíòóõùúýũ\u0300\u0301\u0303\u0309\u0323"), most=0.6,
    ),
    Alphabet(
        "russian", ["ru", "bg"], ["cp1251", "koi8-r", "cp866", "mac-cyrillic", "iso8859-5"],
        _letters("абвгдежзийклмнопрстуфхцчшщъыьэюяё"), least=0.5,
    ),
    Alphabet(
        "cyrillic", ["uk", "be", "sr", "mk", "kk", "mn"], ["cp1251", "koi8-u", "iso8859-5"],
        _letters(_CYRILLIC), least=0.5,
    ),
    Alphabet("greek", ["el"], ["cp1253", "iso8859-7"], _letters("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"), least=0.5),
    Alphabet("hebrew", ["he", "iw", "yi"], ["cp1255", "iso8859-8"], is_common=_script("HEBREW"), least=0.5),
    Alphabet("arabic", ["ar", "fa", "ur"], ["cp1256", "iso8859-6"], is_common=_script("ARABIC"), least=0.5),
    Alphabet("thai", ["th"], ["cp874"], is_common=_script("THAI"), least=0.5),
    Alphabet("chinese", ["zh", "yue"], ["gb18030", "big5hkscs"], is_common=_is_chinese, least=0.5),
    Alphabet("japanese", ["ja"], ["cp932", "euc_jp"], is_common=_is_japanese, least=0.5),
    Alphabet("korean", ["ko"], ["cp949"], is_common=_is_korean, least=0.5),
)  # fmt: skip
