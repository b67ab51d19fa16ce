"""What a definition may be, and how its faults are named."""

import math
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from services.characters.definition import DEFAULTS, validated
from services.characters.structs import from_struct, to_struct
from services.kit.errors import CallboxError, Code

TOOL = {"name": "find_order", "kind": "http", "description": "Finds an order."}
LEAST = {"slug": "support-bot", "name": "Support"}


def judged(content: dict[str, Any]) -> dict[str, Any]:
    """The definition as it comes out after the way in a message."""
    message = Struct()
    message.update(content)
    return validated(from_struct(message))


def faults(content: dict[str, Any]) -> dict[str, list[str]]:
    with pytest.raises(CallboxError) as caught:
        judged(content)
    assert caught.value.code is Code.VALIDATION_FAILED
    return dict(caught.value.fields)


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        ({"slug": "Support"}, "slug"),
        ({"slug": "-a"}, "slug"),
        ({"slug": "a\n"}, "slug"),
        ({"slug": "a" * 64}, "slug"),
        ({"slug": None}, "slug"),
        ({"name": None}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"system_prompt": "ü" * 32_769}, "system_prompt"),
        ({"greeting": "x" * 5001}, "greeting"),
        ({"greeting": 5}, "greeting"),
        ({"language": "klingon-speak"}, "language"),
        ({"background_audio": "jungle"}, "background_audio"),
        ({"allowed_origins": "https://acme.com"}, "allowed_origins"),
        ({"allowed_origins": ["https://ok.com", "acme"]}, "allowed_origins.1"),
        ({"handoff_targets": [{}]}, "handoff_targets.0.slug"),
        ({"is_active": "yes"}, "is_active"),
        ({"max_turn_seconds": 1.5}, "max_turn_seconds"),
        ({"llm_provider": "other"}, "llm_provider"),
        ({"widget_appearance": []}, "widget_appearance"),
        ({"widget_appearance": {"max_call_seconds": -1}}, "widget_appearance.max_call_seconds"),
        ({"widget_appearance": {"forms": [{"id": "a"}]}}, "widget_appearance.forms.0.title"),
        ({"widget_appearance": {"huge": "x" * 262_144}}, "widget_appearance"),
        ({"tools": [{**TOOL, "name": "find order"}]}, "tools.0.name"),
        ({"tools": [{**TOOL, "name": "x" * 65}]}, "tools.0.name"),
        ({"tools": [TOOL, {**TOOL, "name": "b", "kind": "magic"}]}, "tools.1.kind"),
        ({"tools": [TOOL, TOOL]}, "tools"),
        ({"tools": [{**TOOL, "config": {"headers": {"X": 1}}}]}, "tools.0.config.headers.X"),
        ({"tools": [{**TOOL, "config": {"headers": {"X Y": "1"}}}]}, "tools.0.config.headers"),
        ({"tools": [{**TOOL, "config": {"headers": {"X": "1\r\n2"}}}]}, "tools.0.config.headers"),
        ({"tools": [{**TOOL, "config": {"headers": {"X-A": "1", "x-a": "2"}}}]}, "tools.0.config.headers"),
        ({"mcp_servers": [{"name": "a", "url": "u", "timeout_seconds": 31}]}, "mcp_servers.0.timeout_seconds"),
        ({"documents": ["x" * 1_100_000]}, "definition"),
        ({"greeting": "nul\x00"}, "definition"),
        ({"max_turn_seconds": math.inf}, "definition"),
    ],
)
def test_each_fault_is_named_by_its_path(fields: dict[str, Any], faulty: str) -> None:
    assert list(faults({**LEAST, **fields})) == [faulty]


def test_all_faults_come_at_once() -> None:
    found = faults({"slug": "Bad Slug", "language": "xx-"})
    assert set(found) == {"slug", "name", "language"}
    assert all(sentence for sentences in found.values() for sentence in sentences)


@pytest.mark.parametrize(
    "fields",
    [
        {"slug": "a"},
        {"slug": "a" * 63},
        {"name": "\u4f60\u597d" * 100},
        {"system_prompt": "\u00fc" * 32_768},
        {"greeting": "x" * 5000},
        {"language": "zh-Hant-TW"},
        {"language": "fil"},
        {"background_audio": "crowded room"},
        {"max_turn_seconds": 60, "max_tool_calls_per_turn": 0},
        {"tools": [{**TOOL, "name": "x" * 64, "ordering": 1.5, "input_schema": {"type": "object"}}]},
        {"tools": [{**TOOL, "is_active": None, "config": None}]},
        {"mcp_servers": [{"name": "a", "url": "https://x", "timeout_seconds": 2.5}]},
        {"id": "chr_x", "version": 3, "created_by": None, "anything": [1]},
    ],
)
def test_what_is_allowed(fields: dict[str, Any]) -> None:
    definition = judged({**LEAST, **fields})
    assert list(definition) == list(DEFAULTS)
    for name in fields.keys() & DEFAULTS.keys() - {"tools", "mcp_servers"}:
        assert definition[name] == fields[name]


def test_null_is_the_default_at_every_depth() -> None:
    definition = judged(
        {
            **LEAST,
            "greeting": None,
            "voice": {"voice_url": None},
            "widget_appearance": {"fab_label": None, "theme": {}},
            "tools": [{**TOOL, "is_active": None, "config": {"url": None}}],
        }
    )
    assert (definition["greeting"], definition["voice"]["voice_url"]) == ("", "")
    assert definition["widget_appearance"] == {"theme": {}}
    assert (definition["tools"][0]["is_active"], definition["tools"][0]["config"]) == (True, {})


def test_whole_numbers_stay_whole_on_the_way() -> None:
    content = {"a": 1, "b": 1.5, "c": -(2**53), "d": [True, None, "x", {"e": 0}]}
    back = from_struct(to_struct(content))
    assert back == content
    assert [type(back[name]) for name in "abc"] == [int, float, int]
