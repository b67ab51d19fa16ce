"""Reciprocal rank fusion."""

import pytest

from services.characters.knowledge.rank_fusion import fuse


def test_first_in_every_order_is_one() -> None:
    assert fuse([["a", "b"], ["a", "c"]], 5)[0] == ("a", 1.0)


def test_two_good_places_beat_one_best_place() -> None:
    order = [item for item, _ in fuse([["a", "b", "c"], ["d", "b", "e"]], 5)]
    assert order[0] == "b"
    assert set(order) == {"a", "b", "c", "d", "e"}


def test_one_order_alone_keeps_its_order_and_begins_with_one() -> None:
    assert [item for item, _ in fuse([["c", "a", "b"]], 2)] == ["c", "a"]
    assert fuse([["c"]], 2) == [("c", 1.0)]


def test_what_stands_twice_in_an_order_counts_once() -> None:
    assert fuse([["a", "a"], ["b"]], 5) == [("a", 0.5), ("b", pytest.approx(0.5))]


def test_nothing_gives_nothing() -> None:
    assert fuse([[], []], 5) == []
