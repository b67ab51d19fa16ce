"""Finds the words in a recognised text that a key term may replace."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.inference.engines.tokens import TokenTable

# "Lumiflex" is recognised as "Luma Flex", "Kubernetes" as "cube our needs".
_MAX_SPAN_WORDS: Final = 3
# "Siobhan" and "Xiaopin", as which it is recognised, are this similar; unrelated words are less.
_MIN_LIKENESS: Final = 0.4
_MAX_COMPARED: Final = 64
# A longer run of words contains other words besides the term; replacing it would lose them.
_MAX_LENGTHS: Final = 1.25


@dataclass(frozen=True, slots=True)
class Candidate:
    """The text with a term in place of some words: its tokens, the term's tokens, the similarity of the spelling."""

    tokens: tuple[int, ...]
    term: tuple[int, ...]
    likeness: float


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _counts(words: Sequence[str]) -> NDArray[np.int32]:
    """How often each of 32 classes of letters occurs in each word: int32 [k, 32]."""
    counts = np.zeros((len(words), 32), np.int32)
    for row, word in enumerate(words):
        for character in word:
            counts[row, ord(character) % 32] += 1
    return counts


def _spans(tokens: Sequence[int], table: TokenTable) -> list[tuple[int, int, str]]:
    """Runs of one to three words: first token, token after the last, letters. Excludes punctuation after them."""
    starts = [at for at, token in enumerate(tokens) if table.begins_word(token)]
    spans = []
    for place, first in enumerate(starts):
        for after in [*starts, len(tokens)][place + 1 : place + 1 + _MAX_SPAN_WORDS]:
            end = after
            while end > first + 1 and not _letters(table.text(tokens[end - 1 : end])):
                end -= 1
            spans.append((first, end, _letters(table.text(tokens[first:end]))))
    return spans


def candidates(tokens: Sequence[int], terms: Sequence[str], table: TokenTable, most: int) -> list[Candidate]:
    """The most likely places for terms in a text, at most `most`; empty when no words are similar to a term."""
    spans = [span for span in _spans(tokens, table) if span[2]]
    spelled = [_letters(term) for term in terms]
    if not spans or not any(spelled):
        return []
    return heapq.nlargest(most, _alike(tokens, terms, spelled, spans, table), key=lambda found: found.likeness)


def _alike(
    tokens: Sequence[int],
    terms: Sequence[str],
    spelled: Sequence[str],
    spans: Sequence[tuple[int, int, str]],
    table: TokenTable,
) -> Iterator[Candidate]:
    ours, theirs = _counts([letters for _, _, letters in spans]), _counts(spelled)
    common = np.minimum(ours[:, None], theirs[None]).sum(axis=2)
    likeness = 2.0 * common / np.maximum(1, ours.sum(axis=1)[:, None] + theirs.sum(axis=1)[None])
    for place in np.argsort(-likeness, axis=None)[:_MAX_COMPARED]:
        span, term = divmod(int(place), len(terms))
        if likeness[span, term] < _MIN_LIKENESS:
            return
        first, end, letters = spans[span]
        if spelled[term] in letters or len(letters) > _MAX_LENGTHS * len(spelled[term]):
            continue
        alike = SequenceMatcher(None, letters, spelled[term], autojunk=False).ratio()
        put = table.tokens(f" {terms[term]}")
        if alike >= _MIN_LIKENESS and put:
            yield Candidate((*tokens[:first], *put, *tokens[end:]), put, alike)
