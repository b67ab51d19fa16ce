"""Whether a value that a caller dictates is plainly not whole yet: “anna at”, “five five”, “the third of”."""

import re

from services.agent.tools.forms.values.figures import with_figures
from services.agent.tools.forms.values.result import NotUnderstoodError
from services.agent.tools.forms.values.spelling import AT, DASH, DOT, PLUS, UNDERSCORE, with_signs
from services.agent.tools.forms.values.words import Words, words_of

# Types whose values are dictated with pauses.
DICTATED = frozenset({"email", "tel", "number", "date", "time"})
_SIGNS = frozenset({AT, DOT, DASH, UNDERSCORE, PLUS})
_MIN_PHONE_DIGITS = 7
# More words than this are a sentence, in which the caller says something else.
_MAX_WORDS = 12
_SPELLED = re.compile(r"(?:(?<!\w)[a-z](?!\w) ?){2,}\Z")
_SINGLE_FIGURES = re.compile(r"\d \d(?: \d)?")


def is_unfinished(field_type: str, transcript: str, language: str) -> bool:
    """Whether a caller who dictates a value will plainly go on.

    field_type: of the form's field. transcript: of the turn so far. language: BCP-47 tag of the caller's language.
    """
    words = words_of(language)
    if field_type not in DICTATED or words is None:
        return False
    try:
        text = with_figures(transcript, words)
    except NotUnderstoodError:
        return False
    if not text or len(text.split()) > _MAX_WORDS:
        return False
    match field_type:
        case "email":
            return _email_goes_on(transcript, words)
        case "tel":
            return _phone_goes_on(text, words)
        case "number":
            return words.ends_with("unfinished.number", text) or bool(_SINGLE_FIGURES.fullmatch(text))
        case _:
            return words.ends_with(f"unfinished.{field_type}", text)


def _email_goes_on(transcript: str, words: Words) -> bool:
    spoken = re.sub(r"(?<=\w)\.(?=\w)", " \u2022 ", transcript)
    text = with_signs(with_figures(spoken, words).replace("\u2022", DOT), words)
    tokens = text.split()
    if tokens and tokens[-1] in _SIGNS:
        return True
    if AT not in tokens:
        return bool(_SPELLED.search(text)) or DOT in tokens or UNDERSCORE in tokens
    return DOT not in tokens[tokens.index(AT) :]


def _phone_goes_on(text: str, words: Words) -> bool:
    if words.ends_with("unfinished.number", text) or words.ends_with("signs.plus", text):
        return True
    rest = re.sub(r"[\d+()/ -]", "", words.without("numbers.oh", words.without("signs.plus", text)))
    digits = re.sub(r"\D", "", text)
    # With other words it is an answer such as “I have 2 of them”.
    return bool(digits) and len(digits) < _MIN_PHONE_DIGITS and not rest
