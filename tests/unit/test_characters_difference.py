"""Contract 14.5 (own): what differs between two versions, held against another maker's reader of JSON Patch."""

from __future__ import annotations

import random
import time
from typing import Any

import jsonpatch
import pytest

from services.characters.definition.difference import difference, same


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [{"op": "replace", "path": "/a", "value": 2}]),
        ({"a": 1}, {"a": True}, [{"op": "replace", "path": "/a", "value": True}]),
        ({"a": 0}, {"a": False}, [{"op": "replace", "path": "/a", "value": False}]),
        ({"a": 1}, {}, [{"op": "remove", "path": "/a"}]),
        ({}, {"a": None}, [{"op": "add", "path": "/a", "value": None}]),
        ({"a": {"b": 1}}, {"a": [1]}, [{"op": "replace", "path": "/a", "value": [1]}]),
        ({"a/b~": 1}, {"a/b~": 2}, [{"op": "replace", "path": "/a~1b~0", "value": 2}]),
        ([1, 2, 3], [1, 3], [{"op": "remove", "path": "/1"}]),
        ([1, 3], [1, 2, 3], [{"op": "add", "path": "/1", "value": 2}]),
        ([], [1, 2], [{"op": "add", "path": "/0", "value": 1}, {"op": "add", "path": "/1", "value": 2}]),
        ([1, 2], [], [{"op": "remove", "path": "/1"}, {"op": "remove", "path": "/0"}]),
        ([1, 1], [1], [{"op": "remove", "path": "/1"}]),
        ([{"n": 1}, {"n": 2}], [{"n": 1}, {"n": 3}], [{"op": "replace", "path": "/1/n", "value": 3}]),
    ],
)
def test_steps(before: Any, after: Any, steps: list[dict[str, Any]]) -> None:
    assert list(difference(before, after)) == steps
    assert same(jsonpatch.apply_patch(before, steps), after)


def anything(chance: random.Random, depth: int) -> Any:
    match chance.randrange(6 if depth else 4):
        case 0:
            return chance.randrange(3)
        case 1:
            return chance.choice(["", "a", "~/", "ü"])
        case 2:
            return chance.choice([None, True, False])
        case 3:
            return chance.random()
        case 4:
            return [anything(chance, depth - 1) for _ in range(chance.randrange(5))]
    return {chance.choice("abc/~"): anything(chance, depth - 1) for _ in range(chance.randrange(4))}


def test_any_two_values_are_led_into_each_other() -> None:
    chance = random.Random(4)
    for _ in range(2000):
        before, after = {"root": anything(chance, 4)}, {"root": anything(chance, 4)}
        steps = list(difference(before, after))
        assert same(jsonpatch.apply_patch(before, steps), after), (before, after)
        assert bool(steps) == (not same(before, after))


def test_thousands_of_elements_in_another_order_take_a_moment() -> None:
    ordered = list(range(20_000))
    shuffled = random.Random(4).sample(ordered, len(ordered))
    began = time.thread_time()
    assert len(list(difference({"documents": ordered}, {"documents": shuffled}))) > 19_000
    assert time.thread_time() - began < 2
