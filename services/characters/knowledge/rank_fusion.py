"""Reciprocal rank fusion: one ranking from several."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)

# From Cormack, Clarke and Büttcher 2009. The higher it is, the less the first ranks differ.
_CONSTANT = 60


def fuse(rankings: Sequence[Sequence[Item]], limit: int) -> list[tuple[Item, float]]:
    """The best `limit` items of several rankings, best first, each with its score.

    An item that is first in every ranking has the score 1. An item of one ranking has at most that ranking's share of
    1. Equal scores keep the order of the first ranking.
    """
    scores: dict[Item, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(dict.fromkeys(ranking), 1):
            scores[item] = scores.get(item, 0.0) + (_CONSTANT + 1) / (_CONSTANT + rank) / len(rankings)
    best = sorted(scores.items(), key=lambda scored: -scored[1])
    return best[:limit]
