"""A file in a request's body, alone or as a part of a form, kept on disk while it arrives (contract 12.1, 14.12)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from services.gateway.requests.body import declared_bytes
from services.kit.errors import CallboxError, Code, validation

# What a form has beside its file: boundaries, headers, a few small fields.
_FORM_BYTES = 64 * 1024
_MAX_FIELDS = 16
_MAX_FIELD_BYTES = 16 * 1024
_READ_SECONDS = 120.0
# Files that arrive at the same moment, each with its size of disk or 1 MB of memory at most.
_MAX_AT_ONCE = 16
_RETRY_SECONDS = 5
_PIECE_BYTES = 512 * 1024
_MEGABYTE = 1024 * 1024
_MULTIPART = "multipart/form-data"
_FIELD = "file"
# So begins what Starlette says of a second file.
_TOO_MANY = "Too many files"


@dataclass(frozen=True)
class Upload:
    """A file that has arrived. name: as the client called it, empty for a body that is the file."""

    name: str
    file: UploadFile

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes in pieces of at most 512 KiB."""
        await self.file.seek(0)
        while piece := await self.file.read(_PIECE_BYTES):
            yield piece


class Uploads:
    """Takes files out of requests, so many at once."""

    def __init__(self) -> None:
        self._under_way = 0

    @asynccontextmanager
    async def receive(self, request: Request, max_bytes: int) -> AsyncIterator[Upload]:
        """The file in the part `file` of a form, or the body of a request that is no form; gone after the block.

        Raises: CallboxError `invalid_request`, `validation_failed`, `payload_too_large`, `at_capacity`.
        """
        with self.place(), ExitStack() as opened:
            file = await _arrived(request, max_bytes, opened)
            yield Upload(file.filename or "", file)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Held while one file arrives.

        Raises: CallboxError `at_capacity`.
        """
        if self._under_way >= _MAX_AT_ONCE:
            raise CallboxError(
                Code.AT_CAPACITY, "Too many files arrive at this moment; try again.", retry_after_seconds=_RETRY_SECONDS
            )
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1


def is_form(request: Request) -> bool:
    """Whether a request carries a multipart form."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == _MULTIPART


def form_of(description: str) -> dict[str, Any]:
    """The OpenAPI media type of a form with such a file."""
    file = {"type": "string", "format": "binary", "description": description}
    return {_MULTIPART: {"schema": {"type": "object", "required": [_FIELD], "properties": {_FIELD: file}}}}


class _Parser(MultiPartParser):
    """Reads a form of one file, and can close what it has opened, also for a form that broke off."""

    def __init__(self, request: Request, body: AsyncGenerator[bytes, None]) -> None:
        super().__init__(request.headers, body, max_files=1, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES)
        self.is_whole = False

    def on_end(self) -> None:
        """Its last boundary was read."""
        self.is_whole = True

    def close(self) -> None:
        """Closes the files of the form, whole or not."""
        for file in self._files_to_close_on_error:
            file.close()


async def _arrived(request: Request, max_bytes: int, opened: ExitStack) -> UploadFile:
    """The file of a request; what it is kept in is closed with `opened`."""
    in_form = is_form(request)
    most = max_bytes + _FORM_BYTES if in_form else max_bytes
    too_large = CallboxError(
        Code.PAYLOAD_TOO_LARGE, f"The file is larger than {max_bytes // _MEGABYTE} MB; send a smaller one, or parts."
    )

    async def body() -> AsyncGenerator[bytes, None]:
        received = 0
        async for chunk in request.stream():
            received += len(chunk)
            if received > most:
                raise too_large
            yield chunk

    if declared_bytes(request) > most:
        raise too_large
    try:
        async with asyncio.timeout(_READ_SECONDS):
            file = await (_part(_Parser(request, body()), opened) if in_form else _whole(body(), opened))
    except TimeoutError:
        raise CallboxError(
            Code.INVALID_REQUEST, f"The file did not arrive within {_READ_SECONDS:g} s; send it again."
        ) from None
    if (file.size or 0) > max_bytes:
        raise too_large
    return file


async def _part(parser: _Parser, opened: ExitStack) -> UploadFile:
    opened.callback(parser.close)
    try:
        found = (await parser.parse()).getlist(_FIELD)
    except (MultiPartException, KeyError, ValueError) as fault:
        message = getattr(fault, "message", "") or "its boundary is missing or wrong"
        if message.startswith(_TOO_MANY):
            raise _one_file() from None
        raise CallboxError(Code.INVALID_REQUEST, f"The form cannot be read: {message}") from None
    if not parser.is_whole:
        raise CallboxError(Code.INVALID_REQUEST, "The form cannot be read: it ends before its last boundary.")
    if len(found) != 1 or not isinstance(found[0], UploadFile):
        raise _one_file()
    return found[0]


def _one_file() -> CallboxError:
    return validation({_FIELD: ["send one file in this field of a multipart form, and no other"]})


async def _whole(body: AsyncGenerator[bytes, None], opened: ExitStack) -> UploadFile:
    kept = opened.enter_context(SpooledTemporaryFile(max_size=MultiPartParser.spool_max_size))  # noqa: SIM115
    file = UploadFile(kept, size=0)  # type: ignore[arg-type]
    async for chunk in body:
        await file.write(chunk)
    return file
