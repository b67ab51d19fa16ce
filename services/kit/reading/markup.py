"""Removes Markdown, tags, reasoning, emoji, emoticons and invisible characters from a text."""

import html
import re
import unicodedata
from typing import Final

from services.kit.reading.directions import without_directions

_COMMENT: Final = re.compile(r"<!--.{0,2000}?-->|<(script|style)\b[^<>]{0,200}>.{0,5000}?</\1>", re.DOTALL | re.I)
# What a language model writes before its answer. Without its end, the rest of the text belongs to it; an end alone
# belongs to a start that the text's own beginning replaced.
REASONING_TAGS: Final = "think|thinking|thoughts?|reasoning|reflection|analysis|scratchpad|inner_(?:monologue|thoughts)"
_REASONING: Final = re.compile(
    rf"<({REASONING_TAGS})>.*?(?:</\1>|\Z)|\A(?:(?!<(?:{REASONING_TAGS})>).)*?</(?:{REASONING_TAGS})>", re.DOTALL | re.I
)
_AUTOLINK: Final = re.compile(r"<(?:mailto:)?((?:https?://|[\w.+-]{1,64}@)[^\s<>]{1,500})>", re.IGNORECASE)
# A tag with attributes, or one with bare words where it cannot be a comparison ("a<b and c>d").
_TAG: Final = re.compile(
    r"""</?[a-z][\w:.-]{0,40}(?:\s{1,4}[\w:.-]{1,40}\s?=\s?(?:"[^"<>]{0,500}"|'[^'<>]{0,500}'|[^\s<>"']{1,200})){0,12}\s{0,4}/?>"""
    r"|(?<![\w<])<[a-z][\w -]{0,60}>",
    re.IGNORECASE,
)
_FENCE: Final = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^\n`]{0,100}$|`{3,}|~{3,}", re.MULTILINE)
_RULE: Final = re.compile(r"^[ \t]*(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|=[ \t=]{2,})$", re.MULTILINE)
_TABLE_RULE: Final = re.compile(r"^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*){1,50}$", re.MULTILINE)
_TABLE_ROW: Final = re.compile(r"^[ \t]*\|(.{1,2000}?)\|?[ \t]*$", re.MULTILINE)
_REFERENCE: Final = re.compile(r"^[ \t]*\[(?!\^)[^\]\n]{1,100}\]:[ \t]*\S{1,500}.{0,200}$", re.MULTILINE)
_FOOTNOTE: Final = re.compile(r"\[\^[^\]\s]{1,40}\]:?|[ ]?\[\d{1,3}\](?!\()")
_IMAGE_OR_LINK: Final = re.compile(
    r"!?\[([^\[\]\n]{0,500})\](?:\((?:[^()\n]|\([^()\n]{0,100}\)){0,1000}\)|\[[^\]\n]{0,100}\])"
)
_LINK_TAIL: Final = re.compile(r"\]\([^()\s]{0,1000}\)|\[(?=[^\]]*$)")
_LINE_START: Final = re.compile(
    r"^[ \t]{0,20}(?:(?:#{1,6}[ \t]+|>[ \t]?|[-*+•‣▪◦·–][ \t]+)(?:\[[ xX]\][ \t]+)?)+", re.MULTILINE
)
_NUMBERED: Final = re.compile(r"^[ \t]{0,20}(\d{1,2})[.)][ \t]+(?=\S)", re.MULTILINE)
_LINE_END: Final = re.compile(r"[ \t]+#+[ \t]*$", re.MULTILINE)
_EMPHASIS: Final = re.compile(r"(?<![\w*])(\*{1,3}|_{1,3}|~~|`{1,2})(?=[^\s*_`~])([^*_`~\n]{1,500}?)(?<=\S)\1(?!\w)")
_MARKS: Final = re.compile(r"\*{2,}|_{2,}|~~|`+|(?<![\d\s])\*(?!\d)|\*(?![\s\d])|(?<!\w)_|_(?!\w)")
_ESCAPE: Final = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")
_ENTITY: Final = re.compile(r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,5});", re.IGNORECASE)

_EMOTICON: Final = re.compile(
    r"(?<!\S)(?:[<>]?[:;=][-'o^~]{0,2}[)(\][DPpOo3|\\/*}{@<>]{1,4}|8-[)D]|[)(]{1,2}[-'^]?[:;=]|<[/\\]?3+"
    r"|[xX]D+|:-?[sSxX]"
    r"|[oO][._]{1,3}[oO0]|[\^><T;][._-]{1,3}[\^><T;][;']?|\^\^|-[._]{1,3}-[;']?|\\o/)(?=[\s.,!?]|$)"
)
_ARM: Final = r"[¯\\_ヽヾノﾉ╯╰٩و୧୨ლΣᕙᕗƪʃ┌┐┻━︵彡☆★♪~^]"
_FACE: Final = re.compile(rf"({_ARM}{{0,4}})[(（]([^()（）\n]{{1,14}})[)）]([/{_ARM[1:]}{{0,6}})|ʕ[^ʔ\n]{{1,8}}ʔ")
_SHORTCODE: Final = re.compile(r"(?<!\w):[a-z][a-z0-9]{1,20}(?:_[a-z0-9]{1,20}){1,4}:(?!\w)|(?<!\w):[a-z]{3,20}:(?!\w)")
_SPACES: Final = re.compile(r"[ \t]{2,}")
_WORD: Final = re.compile(r"[^\W_]{2}")

# Unicode has these in category "So", as it has emoji, but they are spoken.
_SPOKEN_SIGNS: Final = {"°": "°", "℃": "°C", "℉": "°F", "№": "No. ", "℡": "tel. ", "→": " → ", "⇒": " → "}
_TYPED: Final = str.maketrans(
    {"\u2011": "-", "\u2010": "-", "\u2212": "-", "\u2044": "/", "\u2028": "\n", "\u2029": "\n", "\r": "\n"}
)
_POWER: Final = re.compile(r"(?<=m)[23]$")
_POWERS: Final = {"2": "²", "3": "³"}
_FRACTION_SIGN: Final = re.compile(r"(\d?)([¼-¾⅐-⅞])")
_MAX_MARKS: Final = 3  # combining marks on one letter; Vietnamese and Devanagari need two


def _visible(text: str) -> str:
    """The text without control characters, invisible characters and emoji; styled letters become plain ones."""
    if text.isascii() and text.isprintable():
        return _SPACES.sub(" ", text)
    kept: list[str] = []
    marks = 0
    for c in unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_TYPED)):
        if c == "\n" or " " <= c <= "~":
            kept.append(c)
            marks = 0
            continue
        category = unicodedata.category(c)
        if category[0] == "M":
            marks += 1
            if category != "Me" and marks <= _MAX_MARKS and not "\ufe00" <= c <= "\ufe0f":
                kept.append(c)
            continue
        marks = 0
        if "\u3300" <= c <= "\u33ff":
            kept.append(_POWER.sub(lambda m: _POWERS[m[0]], unicodedata.normalize("NFKC", c)))
        elif c in _SPOKEN_SIGNS:
            kept.append(_SPOKEN_SIGNS[c])
        elif category == "Cf":
            continue
        elif category[0] == "Z" or c == "\t":
            kept.append(" ")
        elif category in ("So", "Sk", "Cc", "Cs", "Co", "Cn"):
            kept.append(" " if c not in "\u00b4\u00a8" else c)
        elif (
            "\U0001d400" <= c <= "\U0001d7ff"
            or "\ufb00" <= c <= "\ufb06"
            or "\uff10" <= c <= "\uff5a"
            or c in "％＄￥＠＃＋／＆～"
        ):
            kept.append(unicodedata.normalize("NFKC", c))
        else:
            kept.append(c)
    return _SPACES.sub(" ", "".join(kept))


def _fraction(match: re.Match[str]) -> str:
    """A fraction of one character in figures: "2½" is "2 1/2"."""
    before, sign = match.groups()
    return (f"{before} " if before else "") + unicodedata.normalize("NFKC", sign).replace("\u2044", "/")


def _face(match: re.Match[str]) -> str:
    """Removes an emoticon. Keeps parentheses with words, digits, or letters with at most one symbol."""
    inside = match.group(2)
    if inside is None:
        return " "
    signs = sum(not (c.isalnum() or c.isspace() or c in ",.;:-/&'") for c in inside)
    arms = len(match.group(1)) + len(match.group(3))
    if _WORD.search(inside) or any(c.isdigit() for c in inside) or (signs < 2 and arms < 2):
        return match.group()
    return " "


def _row(match: re.Match[str]) -> str:
    cells = [cell.strip() for cell in match.group(1).split("|")]
    return ", ".join(cell for cell in cells if cell)


def plain(text: str) -> str:
    """The words and line breaks of a text, without markup.

    The text may be a part of a longer one: unpaired marks are removed too.
    """
    if _ENTITY.search(text):
        text = html.unescape(text)
    text = _FRACTION_SIGN.sub(_fraction, _REASONING.sub(" ", text))
    text = _visible(_FACE.sub(_face, text))
    text = _ESCAPE.sub(lambda match: "" if match.group(1) in "\\*_`~" else match.group(1), _EMOTICON.sub("", text))
    if "<" in text:
        text = _TAG.sub(" ", _AUTOLINK.sub(r"\1", _COMMENT.sub(" ", text)))
    text = _TABLE_ROW.sub(_row, _TABLE_RULE.sub("", _RULE.sub("", _FENCE.sub("", text))))
    text = _SHORTCODE.sub("", text).replace(" | ", ", ")
    if "[" in text or "]" in text:
        text = _FOOTNOTE.sub("", _REFERENCE.sub("", text))
        for _ in range(2):
            text = _IMAGE_OR_LINK.sub(r"\1", text)
        text = _LINK_TAIL.sub("", text)
    text = _NUMBERED.sub(r"\1, ", _LINE_END.sub("", _LINE_START.sub("", text)))
    text = without_directions(text)
    for _ in range(3):
        text = _EMPHASIS.sub(r"\2", text)
    return _MARKS.sub("", text)
