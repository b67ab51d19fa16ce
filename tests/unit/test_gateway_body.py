"""Contract 14.12 (content type): what counts as the body of a request."""

import json
import time
from typing import Any

import pytest
from callbox.sessions.v1 import sessions_pb2
from google.protobuf.struct_pb2 import Struct

from services.gateway.models.session import StartSession
from services.gateway.public.start import start_request
from services.gateway.requests.body import MAX_DEPTH, MAX_VALUES, _has_too_many_values, parse_object
from services.kit.errors import CallboxError, Code
from services.kit.structs import from_struct, to_struct


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"  \n",
        b"{",
        b'{"a": 1,}',
        b"{'a': 1}",
        b'{"a": 1} x',
        b"null",
        b"[]",
        b'"text"',
        b"42",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e400}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1, "a": 2}',
        b'{"b": {"a": 1, "a": 1}}',
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": "\\ud800"}',
        b'{"\\udc00": 1}',
        b'{"a": "\\u0000"}',
        b'{"a": "\x01"}',
        b"[" * 10_000,
        b'{"a":' * 10_000,
        json.dumps(nested(MAX_DEPTH + 1)).encode(),
        b"a=1&b=2",
    ],
)
def test_what_is_no_sound_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(CallboxError) as caught:
        parse_object(raw)
    assert caught.value.code is Code.INVALID_REQUEST
    assert "Traceback" not in caught.value.message


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":[' + b"0," * (MAX_VALUES - 2) + b"0]}",
        b"{" + b",".join(b'"%d":0' % number for number in range(MAX_VALUES)) + b"}",
        b'{"a":"' + b'\\\\\\",[{' * MAX_VALUES + b'"}',
    ],
)
def test_as_many_values_as_the_limit_are_taken(raw: bytes) -> None:
    """Commas and brackets in a string are not counted."""
    assert parse_object(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":[' + b"0," * (MAX_VALUES - 1) + b"0]}",
        b'{"a":[' + b"[]," * (MAX_VALUES // 2) + b"0]}",
        b"{" + b",".join(b'"%d":0' % number for number in range(MAX_VALUES + 1)) + b"}",
        b'{"a":"\\\\",' + b'"b":0,' * MAX_VALUES + b'"c":"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_more_values_than_the_limit_are_refused(raw: bytes) -> None:
    with pytest.raises(CallboxError) as caught:
        parse_object(raw)
    assert caught.value.code is Code.PAYLOAD_TOO_LARGE


@pytest.mark.parametrize("end", [b"", b"\\", b'"', b'\\"'])
def test_values_are_counted_in_one_pass_over_any_bytes(end: bytes) -> None:
    """A string that never ends, full of quotes and brackets."""
    began = time.thread_time()
    assert not _has_too_many_values(b'{"a":"' + b'\\",[{' * 200_000 + end)
    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b' {"a": [1, 2.5, true, null, "\xc3\xa9\\ud83d\\ude00"]} ', {"a": [1, 2.5, True, None, "é😀"]}),
        (b'{"a": 1e300, "b": {"a": 1}}', {"a": 1e300, "b": {"a": 1}}),
    ],
)
def test_a_json_object_is_taken_as_it_is(raw: bytes, value: dict[str, Any]) -> None:
    assert parse_object(raw) == value


def test_the_deepest_object_taken_survives_the_way_to_the_worker() -> None:
    deepest = parse_object(json.dumps(nested(MAX_DEPTH)).encode())
    claim = sessions_pb2.ClaimSessionResponse()
    claim.session.metadata.CopyFrom(to_struct(deepest))
    read = sessions_pb2.ClaimSessionResponse.FromString(claim.SerializeToString())
    assert from_struct(read.session.metadata) == deepest


def test_a_struct_gives_back_what_it_got() -> None:
    value: dict[str, Any] = {
        "n": 3,
        "x": 2.5,
        "big": 2**53,
        "t": True,
        "z": None,
        "s": "é",
        "l": [1, [2, {"k": []}]],
        "o": {},
    }
    read = from_struct(Struct.FromString(to_struct(value).SerializeToString()))
    assert read == value
    assert isinstance(read["n"], int)
    assert read["t"] is True


@pytest.mark.parametrize(
    ("value", "path"),
    [({"id": 2**53 + 1}, "metadata.id"), ({"a": [{"b": -(2**60)}]}, "metadata.a.0.b")],
)
def test_a_number_that_would_lose_digits_is_refused_by_its_path(value: dict[str, Any], path: str) -> None:
    with pytest.raises(CallboxError) as caught:
        to_struct(value, "metadata")
    assert caught.value.code is Code.VALIDATION_FAILED
    assert list(caught.value.fields) == [path]


def test_overrides_that_are_empty_or_null_are_none() -> None:
    body = StartSession(agent="support-bot", language="", voice_model=None, metadata=None, greeting="")
    message = start_request(body)
    assert not message.HasField("language")
    assert not message.HasField("voice_model")
    assert not message.HasField("metadata")
    assert message.HasField("greeting")


def test_a_long_page_address_is_cut_not_refused() -> None:
    message = start_request(StartSession(agent="support-bot", origin_url="https://shop.example/" + "a" * 9_000))
    assert len(message.origin_url) == 2_048
