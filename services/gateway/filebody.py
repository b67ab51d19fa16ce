"""The body of a request that is one file: its bytes alone, or the part `file` of a form."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, NoReturn

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from services.gateway.body import declared_bytes
from services.gateway.upload import MULTIPART, is_form
from services.kit.errors import CallboxError, Code, validation

_READ_SECONDS = 30.0
# Boundaries, names and fields beside the file.
_FORM_BYTES = 64 * 1024
_FIELD = "file"


async def read_file(request: Request, limit: int) -> bytes:
    """The file in a request's body, of at most `limit` bytes.

    Raises: CallboxError `payload_too_large`, `invalid_request`, and `validation_failed` for a form without `file`.
    """
    in_form = is_form(request)
    most = limit + _FORM_BYTES if in_form else limit
    if declared_bytes(request) > most:
        _refuse_size(limit)
    try:
        async with asyncio.timeout(_READ_SECONDS):
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    _refuse_size(limit)
    except TimeoutError:
        raise CallboxError(
            Code.INVALID_REQUEST, f"The file did not arrive within {_READ_SECONDS:g} s; send it again."
        ) from None
    content = await _part(request, bytes(body)) if in_form else bytes(body)
    if len(content) > limit:
        _refuse_size(limit)
    return content


def documented(media_types: list[str]) -> dict[str, Any]:
    """The OpenAPI description of such a body."""
    raw: dict[str, Any] = {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in media_types}
    form = {
        "schema": {
            "type": "object",
            "required": [_FIELD],
            "properties": {_FIELD: {"type": "string", "format": "binary", "description": "The file."}},
        }
    }
    return {"requestBody": {"required": True, "content": {**raw, MULTIPART: form}}}


async def _part(request: Request, body: bytes) -> bytes:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        form = await MultiPartParser(request.headers, stream(), max_files=1, max_fields=10).parse()
    except (MultiPartException, KeyError, ValueError):
        raise CallboxError(
            Code.INVALID_REQUEST, "The form cannot be read; send multipart/form-data with one file named `file`."
        ) from None
    try:
        file = form.get(_FIELD)
        if not isinstance(file, UploadFile):
            raise validation({_FIELD: ["is required: a part of this name with the file"]})
        return await file.read()
    finally:
        await form.close()


def _refuse_size(limit: int) -> NoReturn:
    raise CallboxError(Code.PAYLOAD_TOO_LARGE, f"The file is larger than {limit:,} bytes; send a smaller one.")
