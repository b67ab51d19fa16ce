"""Turns a recogniser's tokens into words with times, and cuts off a decoder's loop."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Final

_SECONDS_PER_STATE: Final = 0.02
# A telephone number or "no, no, no" repeats too, but less often.
_LOOP_REPEATS: Final = 3
_LOOP_TOKENS: Final = 12
_BROKEN: Final = "\ufffd"
# Scripts without spaces between words: each character counts as a word.
_UNSPACED: Final = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


def without_loop(tokens: Sequence[int]) -> Sequence[int]:
    """The tokens, cut after the first occurrence of the run that repeats at their end.

    Cuts only a run that repeats at least _LOOP_REPEATS times and is not a short word said often.
    """
    for period in range(1, len(tokens) // _LOOP_REPEATS + 1):
        span = max(period * _LOOP_REPEATS, _LOOP_TOKENS)
        tail = tokens[-span:]
        if len(tail) == span and all(tail[at] == tail[at - period] for at in range(period, span)):
            end = len(tokens)
            while end > period and tokens[end - 1] == tokens[end - 1 - period]:
                end -= 1
            return tokens[:end]
    return tokens


def _pieces(tokens: Sequence[int], text_of: Callable[[Sequence[int]], str]) -> Iterator[tuple[str, int, int]]:
    """Runs of tokens that are whole characters: (text, index of the first token, index after the last)."""
    first = 0
    for after in range(1, len(tokens) + 1):
        text = text_of(tokens[first:after])
        if _BROKEN not in text:
            yield text, first, after
            first = after


def _stands_alone(text: str) -> bool:
    return any(unicodedata.name(character, "").startswith(_UNSPACED) for character in text)


def _is_mark(text: str) -> bool:
    return not any(character.isalnum() or unicodedata.category(character).startswith("M") for character in text)


def words(
    tokens: Sequence[int], alignments: Sequence[tuple[int, int]], text_of: Callable[[Sequence[int]], str]
) -> Iterator[tuple[str, float, float]]:
    """The words of a text with their times.

    tokens: of the text; alignments: path of (token, encoder state) from the first to the end, 20 ms a state; text_of:
    the text of a run of tokens with its leading space. Yields (word with its punctuation, start, end) in seconds.
    """
    begins: dict[int, float] = {}
    for token, state in alignments:
        begins.setdefault(token, state * _SECONDS_PER_STATE)
    last = alignments[-1][1] * _SECONDS_PER_STATE if alignments else 0.0
    word, start, end = "", 0.0, 0.0
    for text, first, after in _pieces(tokens, text_of):
        begin, over = begins.get(first, last), begins.get(after, last)
        starts_word = text.startswith(" ") or _stands_alone(text) or _stands_alone(word)
        if word and starts_word and not _is_mark(text):
            yield word.strip(), start, end
            word = ""
        if not word:
            start = begin
        word += text
        end = over if not _is_mark(text) or not word else end
    if word.strip():
        yield word.strip(), start, end
