"""JSON objects on their way between services."""

import math
from typing import Any

import pytest

from services.kit.errors import CallboxError, Code
from services.kit.structs import from_struct, to_struct


def test_whole_numbers_stay_whole_on_the_way() -> None:
    content = {"a": 1, "b": 1.5, "c": -(2**53), "d": [True, None, "x", {"e": 0}]}
    back = from_struct(to_struct(content))
    assert back == content
    assert [type(back[name]) for name in "abc"] == [int, float, int]


@pytest.mark.parametrize(
    ("content", "below", "path"),
    [
        ({"a": "nul\x00"}, "", "a"),
        ({"a": {"b": [1, {"c": "\x00"}]}}, "", "a.b.1.c"),
        ({"a": {"b\x00": 1}}, "", "a.b"),
        ({"a": math.nan}, "values", "values.a"),
        ({"a": [math.inf]}, "values", "values.a.0"),
        ({"\x00": 1}, "values", "values."),
    ],
)
def test_what_cannot_be_kept_is_refused_where_it_stands(content: dict[str, Any], below: str, path: str) -> None:
    with pytest.raises(CallboxError) as refusal:
        from_struct(to_struct(content), below)
    assert refusal.value.code is Code.VALIDATION_FAILED
    assert list(refusal.value.fields) == [path]
