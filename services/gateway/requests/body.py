"""The body of a request: one JSON object, parsed strictly and within limits (contract 14.12)."""

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from itertools import islice
from typing import Any, NoReturn

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from services.kit.errors import CallboxError, Code

MAX_BODY_BYTES = 1_048_576
# A protobuf Struct uses three messages for each level, and parsers stop at 100.
MAX_DEPTH = 28
# Every later step (validation, conversion to protobuf, storage) takes about a microsecond for each value, on the event
# loop of its service. The largest characters have a tenth of this.
MAX_VALUES = 20_000
_READ_SECONDS = 10.0
_TYPES = frozenset({"", "application/json", "text/plain", "application/x-www-form-urlencoded"})
# Everything up to the next value: a comma or an opening bracket that is not in a string. It matches at every position,
# and possessively, so that it reads any bytes once.
_TO_NEXT_VALUE = re.compile(rb'(?:[^"\[{,]++|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z))*+(?:[\[{,]|\Z)', re.DOTALL)


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`.

    Raises: CallboxError `payload_too_large` for more than `MAX_VALUES` values, and `invalid_request` for anything else:
    bytes that are not UTF-8, a name twice in an object, numbers that are not JSON or too large for a double, text that
    PostgreSQL cannot store, or too many levels.
    """
    if not raw.strip():
        _refuse("The body is empty; send a JSON object.")
    if _has_too_many_values(raw):
        raise CallboxError(Code.PAYLOAD_TOO_LARGE, f"The body has more than {MAX_VALUES:,} values; send less at once.")
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_unique, parse_float=_finite, parse_constant=_reject_constant
        )
    except UnicodeDecodeError:
        _refuse("The body is not UTF-8; send JSON in UTF-8.")
    except RecursionError:
        _refuse(f"The body is nested more than {MAX_DEPTH} levels deep.")
    except ValueError as error:
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        _refuse(f"The body is not valid JSON{where}; send a JSON object.")
    if not isinstance(value, dict):
        _refuse("The body must be a JSON object.")
    _check(value, 1)
    return value


async def read_object(request: Request) -> dict[str, Any]:
    """Reads the body of a request as one JSON object of at most `MAX_BODY_BYTES`.

    Raises: CallboxError `unsupported_media_type`, `payload_too_large`, `invalid_request`.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _TYPES:
        raise CallboxError(
            Code.UNSUPPORTED_MEDIA_TYPE, "Send the body as JSON with the header Content-Type: application/json."
        )
    if declared_bytes(request) > MAX_BODY_BYTES:
        _refuse_size()
    try:
        async with asyncio.timeout(_READ_SECONDS):
            return parse_object(await _collect(request.stream()))
    except TimeoutError:
        _refuse(f"The body did not arrive within {_READ_SECONDS:g} s; send it again.")


def declared_bytes(request: Request) -> int:
    """The `Content-Length` of a request; 0 when it has none."""
    length = request.headers.get("content-length", "")
    return int(length[:20]) if length.isascii() and length.isdigit() else 0


class StrictBodyRoute(APIRoute):
    """A route that reads its JSON body, if it takes one, with `read_object`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler; it gets a request whose body is already parsed."""
        handler = super().get_route_handler()
        if self.body_field is None:
            return handler

        async def handle(request: Request) -> Response:
            return await handler(_ParsedRequest(request, await read_object(request)))

        return handle


class _ParsedRequest(Request):
    """A request with the JSON body `value`, whatever content type it was sent with."""

    def __init__(self, request: Request, value: dict[str, Any]) -> None:
        headers = [pair for pair in request.scope["headers"] if pair[0] != b"content-type"]
        scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}
        super().__init__(scope, request.receive)
        self._value = value

    async def body(self) -> bytes:
        """Not empty, so that FastAPI calls `json`."""
        return b"{}"

    async def json(self) -> Any:
        """The body."""
        return self._value


async def _collect(chunks: AsyncIterator[bytes]) -> bytes:
    collected = bytearray()
    async for chunk in chunks:
        collected += chunk
        if len(collected) > MAX_BODY_BYTES:
            _refuse_size()
    return bytes(collected)


def _has_too_many_values(raw: bytes) -> bool:
    """Whether a body has more than `MAX_VALUES` values; read before it is parsed."""
    if raw.count(b",") + raw.count(b"[") + raw.count(b"{") <= MAX_VALUES:
        return False
    # The end of the body matches, too.
    return next(islice(_TO_NEXT_VALUE.finditer(raw), MAX_VALUES + 1, None), None) is not None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                _refuse(f"The name {_shown(name)} occurs twice in one object of the body.")
            seen.add(name)
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse("The body has a number that is too large.")
    return number


def _reject_constant(text: str) -> NoReturn:
    _refuse(f"The body is not valid JSON: {text} is not a JSON number.")


def _check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            _refuse("The body has text with a NUL character; remove it.")
        try:
            value.encode()
        except UnicodeEncodeError:
            _refuse("The body has text with half of a surrogate pair; send complete characters.")
    elif isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            _refuse(f"The body is nested more than {MAX_DEPTH} levels deep.")
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(name, str):
                _check(name, depth)
            _check(item, depth + 1)


def _shown(name: str) -> str:
    return json.dumps(name if len(name) <= 60 else name[:60] + "…")


def _refuse(message: str) -> NoReturn:
    raise CallboxError(Code.INVALID_REQUEST, message)


def _refuse_size() -> NoReturn:
    raise CallboxError(
        Code.PAYLOAD_TOO_LARGE, f"The body is larger than {MAX_BODY_BYTES} bytes (1 MB); send less at once."
    )
