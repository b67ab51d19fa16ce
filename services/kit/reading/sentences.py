"""Where a sentence ends, in the languages that are spoken and read."""

import re
from collections.abc import Iterator

# Punctuation ends a sentence where a blank follows: "9:30" and "3.5" stay whole. Chinese, Japanese and Hindi need none.
SENTENCE_END = re.compile(r"[.!?…](?=[\"'”’)\]]*\s)|[。！？।][」』”）]?")
# The look-behind and the possessive repeats keep long runs of punctuation from taking quadratic time.
_WHOLE_END = re.compile(r"(?<![.!?…])([.!?…]++)[\"'”’)\]]*+\s+|[。！？।]+[」』”）]?\s*|\n\s*")
# Single letters are initials or parts of "U.S."; "1." at the start of a line or after a sentence counts an item.
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Rev|Gen|Col|Capt|Sgt|Lt|Gov|Sen|Rep|Hon|St|Mt|Ft|Ave|Rd|Blvd|Apt|Ste|vs|etc"
    r"|approx|dept|est"
    r"|appt|tel|ext|no|nos|fig|vol|pp|incl|max|min|Rs|aprox|Inc|Ltd|Co|Corp|Jr|Sr|Sra|Srta|Dra|Sig|Dott|Avv|Ing|Mme"
    r"|Mlle|núm|pág|p"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Mon|Tues?|Wed|Thu|Thurs|Fri|Sat|e\.g|i\.e|a\.m|p\.m"
    r"|a\.k\.a|[^\W\d_])"
    r"|(?:^|[\n.!?:;]\s*)\d{1,2}|\bn\.º)\.$",
    re.IGNORECASE,
)
# Abbreviations only where a figure follows: "no.", which else ends an answer, and weekdays in es, fr, it and pt.
_STOPS_TOO = re.compile(
    r"\b(?:no|lun|mar|mié|mer|jue|jeu|gio|vie|ven|sáb|sab|sam|dom|dim|seg|ter|qua|qui|sex)\.$", re.IGNORECASE
)
_FIGURE_NEXT = re.compile(r"\s+[#\d]")
_ABBREVIATION_CHARACTERS = 16


def is_abbreviation(text: str, end: int) -> bool:
    """Whether the full stop just before `end` belongs to an abbreviation."""
    start = max(0, end - _ABBREVIATION_CHARACTERS)
    if _STOPS_TOO.search(text, start, end):
        rest = text[end : end + _ABBREVIATION_CHARACTERS]
        return not rest.strip() or _FIGURE_NEXT.match(rest) is not None
    return _ABBREVIATION.search(text, start, end) is not None


def sentences(text: str) -> Iterator[str]:
    """The sentences of a whole text, each with the blanks behind it: together they are the text.

    A line break ends a sentence as punctuation does.
    """
    start = 0
    for match in _WHOLE_END.finditer(text):
        if match[1] == "." and "\n" not in match[0] and is_abbreviation(text, match.end(1)):
            continue
        yield text[start : match.end()]
        start = match.end()
    if start < len(text):
        yield text[start:]
