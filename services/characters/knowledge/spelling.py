"""One spelling of words for documents and questions, however their letters are written in a file."""

import re
import unicodedata

# Hyphens, apostrophes and blanks of print that keyboards do not have.
_PLAIN = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2212\ufe63\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\u2018\u2019\u201b\u2032\u02bc\uff07`\u00b4"), "'"),
}
# Raised figures behind a word are the marks of notes; behind a unit they are a part of it.
_NOTE_MARK = re.compile(r"(?<=[^\W\d_]{3})([\u00b2\u00b3\u00b9\u2070-\u2079]+)")


def searchable(text: str) -> str:
    """A text as it is searched: ligatures, full width and raised figures as plain letters, composed, none invisible."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", _NOTE_MARK.sub(r" \1", text).translate(_PLAIN))
    return "".join(character for character in plain if unicodedata.category(character) != "Cf")
