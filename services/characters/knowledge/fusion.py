"""Reciprocal rank fusion: one order out of several."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)

# Cormack, Clarke and Büttcher 2009: how little it matters whether something is first or third.
_CONSTANT = 60


def fused(orders: Sequence[Sequence[Item]], limit: int) -> list[tuple[Item, float]]:
    """The first `limit` items of several orders, best first, each with its score.

    The score is 1 for an item that is first in every order; an item that stands in one order alone has at most an equal
    share of that. Equal scores keep the order of the first list.
    """
    scores: dict[Item, float] = {}
    for order in orders:
        for rank, item in enumerate(dict.fromkeys(order), 1):
            scores[item] = scores.get(item, 0.0) + (_CONSTANT + 1) / (_CONSTANT + rank) / len(orders)
    best = sorted(scores.items(), key=lambda scored: -scored[1])
    return best[:limit]
