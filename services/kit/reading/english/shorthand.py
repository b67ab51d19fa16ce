"""English abbreviations, Roman numerals and symbols."""

import re
from collections.abc import Callable
from typing import Final

from services.kit.reading.english.words import ABBREVIATIONS, STREETS, TITLES
from services.kit.reading.numbers import spelled

_ABBREVIATION: Final = re.compile(
    r"(?<![\w.@])(?:"
    + "|".join(re.escape(short) for short in sorted(ABBREVIATIONS, key=len, reverse=True))
    + r")(?![\w+])"
)
_WITH: Final = re.compile(r"(?<!\w)w/\s?(?=\w)")
_TITLE: Final = re.compile(
    rf"\b({'|'.join(TITLES)})\.\s(?=['\"]?[A-Z])|\b(Mr|Mrs|Ms|Dr)\b\.?(?=\s(?:[A-Z]|and\s|&\s)|\s*$)"
)
_STREET: Final = re.compile(
    r"(?<=[a-z\dht])\s(St|Dr|Ave|Rd|Ln|Ct|Pl|Blvd)\b(?:\.(?=\s+(?:[a-z]|[NSEW]\b|Suite|Apt|#|\d)|,)|(\.)|)"
    r"(?=[\s,;:!?)]|$)"
)
_NUMBERED: Final = re.compile(
    r"\d+(?:st|nd|rd|th)?(?:\s[NSEW]\.?)?(?:\s[A-Z][a-z]+){0,3}$|(?:[A-Z][a-z]+|\dth|\d(?:st|nd|rd))$"
)
_STREET_NAMES: Final = "|".join((*STREETS.values(), *STREETS, "Way", "Parkway", "Highway", "Square", "Terrace"))
_QUARTER_BEFORE: Final = re.compile(
    rf"(?<=\d )([NS][EW]?|[EW])\.?\s(?=(?:[A-Z][a-z]+|\d+(?:st|nd|rd|th))\s(?:[A-Z][a-z]+\s)?(?:{_STREET_NAMES})\b)"
)
_QUARTER_AFTER: Final = re.compile(rf"\b({_STREET_NAMES})\.?\s(NE|NW|SE|SW)\b")
_QUARTERS: Final = {"N": "North", "S": "South", "E": "East", "W": "West", "NE": "Northeast", "NW": "Northwest",
                    "SE": "Southeast", "SW": "Southwest"}  # fmt: skip
_SAINT: Final = re.compile(r"\bSt\.?\s(?=[A-Z])")
_NO: Final = re.compile(r"\b([Nn]o)(s?)\.\s?(?=\d)")
_BEFORE_FIGURE: Final = (
    (re.compile(r"\b[Aa]pt\.?\s?#?\s?(?=\d)"), "apartment "),
    (re.compile(r"\b[Ss]te\.\s?#?\s?(?=\d)"), "suite "),
    (re.compile(r"\b([Mm])ax\.\s?(?=[\d$€£])"), r"\1aximum "),
    (re.compile(r"(?<!\d )(?<!\d)\b([Mm])in\.\s?(?=[\d$€£])"), r"\1inimum "),
    (re.compile(r"\bpp\.\s?(?=\d)"), "pages "),
    (re.compile(r"\bp\.\s?(?=\d)"), "page "),
    (re.compile(r"\b([Ff])igs?\.\s?(?=\d)"), r"\1igure "),
    (re.compile(r"\b([Vv])ol\.\s?(?=\d)"), r"\1olume "),
    (re.compile(r"\b([Cc])h\.\s?(?=\d)"), r"\1hapter "),
    (re.compile(r"\b[Rr]m\.?\s?(?=\d)"), "room "),
    (re.compile(r"§\s?(?=\d)"), "section "),
    (re.compile(r"\b[Ee]xt\s?(?=\d)"), "extension "),
)

_ROMAN: Final = r"(?=[IVX])((?:X{1,3}(?:IX|IV|V?I{0,3})|IX|IV|VI{0,3}|I{1,3}))"
_RULER: Final = re.compile(
    r"\b(Henry|Louis|Charles|George|Edward|Elizabeth|William|James|Richard|Philip|Felipe|Francis|Pope \w+"
    r"|John Paul|Benedict|Pius|Leo|Gregory"
    r"|Catherine|Alexander|Nicholas|Ivan|Peter|Frederick|Napoleon|Carl|Harald|Juan Carlos|Ramses|Rameses)\s"
    + _ROMAN
    + r"(?!\w|\.\w|')"
)
_DIVISION: Final = re.compile(
    r"\b(Chapter|Part|Book|Volume|Section|Act|Scene|Phase|World War|Type|Stage|Level|Article|Title|Class"
    r"|Super Bowl|Appendix"
    r"|Figure|Table|Season|Episode|Tier|Rocky|Fantasy|Grade|Unit|Step)\s"
    + _ROMAN
    + r"(?!\w|\.\w|'|\s(?:am|was|have|will|would|had|can|do|did|think)\b)"
)
_VALUES: Final = {"I": 1, "V": 5, "X": 10}

_Said = str | Callable[[re.Match[str]], str]
_SIGNS: Final[tuple[tuple[re.Pattern[str], _Said], ...]] = (
    (re.compile(r"\b([A-Z])([A-Z])?&([A-Z])\b"), lambda m: f"{spelled(m[1] + (m[2] or ''))} and {spelled(m[3])}"),
    (re.compile(r"\s?&\s?"), " and "),
    (re.compile(r"\s?≤\s?|\s<=\s"), " less than or equal to "),
    (re.compile(r"\s?≥\s?|\s>=\s"), " greater than or equal to "),
    (re.compile(r"\s?≠\s?|\s!=\s"), " does not equal "),
    (re.compile(r"\s?≈\s?"), " is about "),
    (re.compile(r"(?<=\w)\s?={1,3}\s?(?=\w)"), " equals "),
    (re.compile(r"\s?[×✕]\s?"), " times "),
    (re.compile(r"\s?÷\s?"), " divided by "),
    (re.compile(r"(?<=\w)\s\*\s(?=\w)|(?<=\w)\*(?=\w)"), " times "),
    (re.compile(r"(?<=\w)\s?(?:→|->|⇒|=>)\s?(?=\w)"), " to "),
    (re.compile(r"(?<=\w)\s<\s?(?=\w)|(?<=\w)<(?=\w)|<\s?(?=\w)"), " less than "),
    (re.compile(r"(?<=\w)\s>\s?(?=\w)|(?<=\w)>(?=\w)|>\s?(?=\w)"), " greater than "),
    (re.compile(r"(?<=\w)\s\+\s(?=\w)"), " plus "),
    (re.compile(r"(?<=[a-zA-Z])\+\s?(?=\w)"), " plus "),
    (re.compile(r"(?<=\b[A-Z])\+"), " plus"),
    (re.compile(r"(?<!\w)\+(?=\w)"), "plus "),
    (re.compile(r"(?<=\w)\s@\s?(?=\w)"), " at "),
    (re.compile(r"(?<=\w)\s/\s(?=\w)"), ", "),
    (re.compile(r"(?<=[A-Za-z])\s?/\s?(?=[A-Za-z])"), " "),
    (re.compile(r"\s%"), " percent"),
    (re.compile(r"(?<=\w)_+(?=\w)"), " "),
    (re.compile(r"\b([A-Z])\s?–\s?([A-Z])\b|\b(A)-(Z)\b"), r"\1\3 to \2\4"),
    (re.compile(r"°\s?([NSEW])\b"), lambda m: f" degrees {_QUARTERS[m[1]].lower()}"),
    (re.compile(r"°"), " degrees"),
    (re.compile(r"[\\|^~=<>{}\[\]_*#@%$€£¥¢§¬]|(?<!\w)[/+](?!\w)|(?<=\s)/|/(?=\s|$)"), " "),
)


def _value(roman: str) -> int:
    values = [_VALUES[letter] for letter in roman]
    return sum(-v if v < max(values[at:]) else v for at, v in enumerate(values))


def _abbreviation(match: re.Match[str]) -> str:
    short = match[0]
    said = ABBREVIATIONS[short]
    rest = match.string[match.end() :]
    if said == "for example" or said == "that is":
        return said if rest.startswith(",") else f"{said},"
    # If an abbreviation ends a sentence, its full stop must remain.
    ends = short.endswith(".") and (
        not rest.strip() or (re.match(r"\s+[A-Z]", rest) and short in ("etc.", "Inc.", "Ltd.", "Corp.", "Jr."))
    )
    return said + ("." if ends else "")


def _title(match: re.Match[str]) -> str:
    return f"{TITLES[match[1]]} " if match[1] else TITLES[match[2]]


def _street(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 40) : match.start()]
    if not _NUMBERED.search(before):
        return match[0]
    return f" {STREETS[match[1]]}{'.' if match[2] else ''}"


def spoken_shorthand(text: str) -> str:
    """The text with abbreviations and Roman numerals written out, if they are unambiguous."""
    text = _WITH.sub("with ", _ABBREVIATION.sub(_abbreviation, text))
    text = _STREET.sub(_street, text)
    text = _QUARTER_BEFORE.sub(lambda m: f"{_QUARTERS[m[1]]} ", text)
    text = _QUARTER_AFTER.sub(lambda m: f"{m[1]} {_QUARTERS[m[2]]}", text)
    text = _SAINT.sub("Saint ", _TITLE.sub(_title, text))
    text = _NO.sub(lambda m: f"{m[1][0]}umber{m[2]} ", text)
    for pattern, said in _BEFORE_FIGURE:
        text = pattern.sub(said, text)
    text = _RULER.sub(lambda m: f"{m[1]} the {_value(m[2])}th", text)
    return _DIVISION.sub(lambda m: f"{m[1]} {_value(m[2])}", text)


def spoken_signs(text: str) -> str:
    """The text with only those symbols that are spoken or mark a pause."""
    for pattern, said in _SIGNS:
        text = pattern.sub(said, text)
    return text
