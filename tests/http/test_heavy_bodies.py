"""Contract 14.12: the heaviest bodies within the limits, on every operation, block no event loop.

The watchdog of all tests measures (`tests/fixtures/watchdog.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import pytest

from services.gateway.openapi.document import document
from services.gateway.openapi.schema import operations
from services.gateway.requests.body import MAX_BODY_BYTES, MAX_DEPTH, MAX_VALUES
from tests.fixtures.sessions import ORIGIN
from tests.http.site import refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.http.site import Site

JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """What takes a JSON body. fields: of the body, and one that nobody knows."""

    path: str
    method: str
    example: dict[str, Any]
    fields: list[str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def taking_json() -> Iterator[Operation]:
    described = document()
    for path, method, operation in operations(described):
        if media := operation.get("requestBody", {}).get("content", {}).get(JSON):
            name = media["schema"].get("$ref", "").rpartition("/")[2]
            schema = described["components"]["schemas"].get(name, media["schema"])
            yield Operation(path, method.upper(), media.get("example", {}), [*schema.get("properties", ()), "unknown"])


OPERATIONS = list(taking_json())
# What is left of the limits beside an example.
BYTES, VALUES, LEVELS = MAX_BODY_BYTES - 4_096, MAX_VALUES - 200, MAX_DEPTH - 2


def repeated(item: bytes, number: int) -> bytes:
    return b"[" + b",".join([item] * number) + b"]"


NAMES = b"{" + b",".join(b'"n%d":0' % number for number in range(VALUES - 1))
WITHIN: dict[str, bytes] = {
    "numbers": repeated(b"0", VALUES),
    "names": NAMES + b"}",
    "objects": repeated(b'{"a":{}}', VALUES // 3),
    "nested objects": repeated(b'{"a":' * LEVELS + b"0" + b"}" * LEVELS, VALUES // (LEVELS + 1)),
    "nested arrays": repeated(b"[" * LEVELS + b"]" * LEVELS, VALUES // (LEVELS + 1)),
    "strings": repeated(b'"' + b"x" * (BYTES // VALUES - 4) + b'"', VALUES),
    "a long string": b'"' + b"x" * (BYTES - 2) + b'"',
    "a blank string": b'"' + b" " * (BYTES - 2) + b'"',
    "escapes": b'"' + b"\\u00e9" * (BYTES // 6 - 1) + b'"',
    "commas": b'"' + b'\\",[{' * (BYTES // 5 - 1) + b'"',
    "long numbers": repeated(b"9" * 4_000, BYTES // 4_001),
}
# Body, status and code.
BEYOND: dict[str, tuple[bytes, int, str]] = {
    "a name twice": (NAMES + b',"n%d":0}' % (VALUES - 2), 400, "invalid_request"),
    "too deep": (b"[" * VALUES, 400, "invalid_request"),
    "a megabyte of numbers": (repeated(b"0", BYTES // 2 - 1), 413, "payload_too_large"),
    "a megabyte of names": (
        b"{" + b",".join(b'"%x":0' % number for number in range(BYTES // 10)) + b"}",
        413,
        "payload_too_large",
    ),
    "a megabyte of one name": (b"{" + b",".join([b'"":0'] * (BYTES // 5)) + b"}", 413, "payload_too_large"),
    "a megabyte of arrays": (repeated(b"[" * 20 + b"]" * 20, BYTES // 41), 413, "payload_too_large"),
    "a megabyte of brackets": (b"[" * BYTES, 413, "payload_too_large"),
}


def body(example: dict[str, Any], field: str, value: bytes) -> bytes:
    """The example with a value in a field."""
    rest = json.dumps({name: kept for name, kept in example.items() if name != field})[1:-1].encode()
    return b'{"' + field.encode() + b'":' + value + (b"," + rest if rest else b"") + b"}"


def filled(path: str) -> str:
    return path.replace("{slug}", "support-bot").replace("{", "no-").replace("}", "")


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_no_body_within_the_limits_blocks_a_loop(site: Site, operation: Operation) -> None:
    """Every field of every operation, and every kind of body in each operation."""
    number = max(len(operation.fields), len(WITHIN))
    for field, (kind, value) in islice(zip(cycle(operation.fields), cycle(WITHIN.items()), strict=False), number):
        content = body(operation.example, field, value)
        assert len(content) <= MAX_BODY_BYTES
        headers = {"Content-Type": JSON, "Origin": ORIGIN}
        answer = await site.owner.request(operation.method, filled(operation.path), content=content, headers=headers)
        # No worker reports here, so that a call that may start finds no place.
        assert answer.status_code < 500 or answer.json()["code"] == "at_capacity", f"{kind} in {field}: {answer.text}"
        assert answer.status_code not in (400, 413), f"{kind} in {field}: {answer.text}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_no_body_beyond_the_limits_blocks_a_loop(site: Site, operation: Operation) -> None:
    for value, status, code in BEYOND.values():
        content = body({}, "unknown", value)
        assert len(content) <= MAX_BODY_BYTES
        headers = {"Content-Type": JSON}
        answer = await site.owner.request(operation.method, filled(operation.path), content=content, headers=headers)
        refused(answer, status, code)


def test_every_operation_with_a_body_is_tried() -> None:
    assert len(OPERATIONS) >= 18
    assert {"metadata", "mcp_headers"} <= {field for operation in OPERATIONS for field in operation.fields}
    assert {"tools", "widget_appearance"} <= {field for operation in OPERATIONS for field in operation.fields}


def tool(number: int) -> dict[str, Any]:
    properties = {f"p{index}": {"type": "string", "description": "x"} for index in range(45)}
    return {
        "name": f"tool_{number}",
        "kind": "http",
        "description": "x" * 4_000,
        "input_schema": {"type": "object", "properties": properties},
        "config": {"url": "https://tools.example/x", "method": "POST", "headers": {"X-Key": "0123456789abcdef"}},
    }


async def test_the_largest_character_blocks_no_loop(site: Site) -> None:
    tools = [tool(number) for number in range(120)]
    made = await site.owner.post("/api/ai-characters/", json={"slug": "large", "name": "Large", "tools": tools})
    assert made.status_code == 201, made.text
    assert len(made.json()["tools"]) == len(tools)
    tools[0]["description"] = "Another."
    changed = await site.owner.patch("/api/ai-characters/large/", json={"tools": tools})
    assert changed.status_code == 200, changed.text
