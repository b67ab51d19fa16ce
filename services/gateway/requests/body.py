"""The body of a request: one JSON object, strictly read, within limits (contract 14.12)."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, NoReturn

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from services.kit.errors import CallboxError, Code

MAX_BODY_BYTES = 1_048_576
# A protobuf Struct spends three messages on each level, and its readers stop at 100.
MAX_DEPTH = 28
_READ_SECONDS = 10.0
_TYPES = frozenset({"", "application/json", "text/plain", "application/x-www-form-urlencoded"})


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`.

    Raises: CallboxError `invalid_request` for anything else, for bytes that are not UTF-8, a name that stands twice,
    numbers that JSON has not or that no double holds, text that no database stores, and more than `MAX_DEPTH` levels.
    """
    if not raw.strip():
        _refuse("The body is empty; send a JSON object.")
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_such_number)
    except UnicodeDecodeError:
        _refuse("The body is not UTF-8; send JSON in UTF-8.")
    except RecursionError:
        _refuse(f"The body is nested more than {MAX_DEPTH} levels deep.")
    except ValueError as fault:
        where = f" at line {fault.lineno}, column {fault.colno}" if isinstance(fault, json.JSONDecodeError) else ""
        _refuse(f"The body is not valid JSON{where}; send a JSON object.")
    if not isinstance(value, dict):
        _refuse("The body must be a JSON object.")
    _check(value, 1)
    return value


async def read_object(request: Request) -> dict[str, Any]:
    """Reads the request's body as one JSON object, holding no more than `MAX_BODY_BYTES`.

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
    """How long a request says that its body is; 0 when it does not say."""
    length = request.headers.get("content-length", "")
    return int(length[:20]) if length.isascii() and length.isdigit() else 0


class StrictBodyRoute(APIRoute):
    """A route whose JSON body, if it takes one, is read by `read_object`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, given a request whose body is already read."""
        handler = super().get_route_handler()
        if self.body_field is None:
            return handler

        async def handle(request: Request) -> Response:
            return await handler(_ReadRequest(request, await read_object(request)))

        return handle


class _ReadRequest(Request):
    """A request whose body is `value`, whatever type it was sent as."""

    def __init__(self, request: Request, value: dict[str, Any]) -> None:
        headers = [pair for pair in request.scope["headers"] if pair[0] != b"content-type"]
        scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}
        super().__init__(scope, request.receive)
        self._value = value

    async def body(self) -> bytes:
        """Says that there is a body; `json` has it."""
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


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        _refuse(f"The name {_shown(twice)} stands twice in one object of the body.")
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse("The body has a number that is too large.")
    return number


def _no_such_number(text: str) -> NoReturn:
    _refuse(f"The body is not valid JSON: {text} is no JSON number.")


def _check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            _refuse("The body has text with a NUL character; leave it out.")
        try:
            value.encode()
        except UnicodeEncodeError:
            _refuse("The body has text with half of a surrogate pair; send whole characters.")
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
