"""A file in the body of a request, alone or in a form, kept in a temporary file (contract 12.1, 14.12)."""

import asyncio
from collections import Counter
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

# Room for what a form has besides its file: boundaries, headers, a few small fields.
_FORM_BYTES = 64 * 1024
_MAX_FIELDS = 16
_MAX_FIELD_BYTES = 16 * 1024
_READ_SECONDS = 120.0
# A file that arrives more slowly (16 KB a second) is refused, so that it does not keep others from its place.
_STEP_SECONDS = 10.0
_STEP_BYTES = 160 * 1024
# Uploads at the same time. Each uses at most 1 MB of memory, or disk space for its file.
_MAX_AT_ONCE = 16
_MAX_OF_A_TENANT = 4
_RETRY_SECONDS = 5
_PIECE_BYTES = 512 * 1024
_MEGABYTE = 1024 * 1024
_MULTIPART = "multipart/form-data"
_FIELD = "file"
# Starlette's message about a second file begins with this.
_TOO_MANY = "Too many files"


@dataclass(frozen=True)
class Upload:
    """A received file. name: as the client sent it; empty when the body is the file itself."""

    name: str
    file: UploadFile

    async def pieces(self) -> AsyncIterator[bytes]:
        """The content in pieces of at most 512 KiB."""
        await self.file.seek(0)
        while piece := await self.file.read(_PIECE_BYTES):
            yield piece


class Uploads:
    """Receives files from requests: `_MAX_AT_ONCE` at the same time, `_MAX_OF_A_TENANT` of one tenant."""

    def __init__(self) -> None:
        self._active: Counter[str] = Counter()

    @asynccontextmanager
    async def receive(self, request: Request, max_bytes: int, tenant_id: str) -> AsyncIterator[Upload]:
        """The file: the part `file` of a form, or else the body. It is deleted at the end of the block.

        Raises: CallboxError `invalid_request`, `validation_failed`, `payload_too_large`, `at_capacity`.
        """
        with self.slot(tenant_id), ExitStack() as opened:
            file = await _receive(request, max_bytes, opened)
            yield Upload(file.filename or "", file)

    @contextmanager
    def slot(self, tenant_id: str) -> Iterator[None]:
        """One of the places for uploads.

        Raises: CallboxError `at_capacity` when all are taken, or all that the tenant may take.
        """
        if self._active[tenant_id] >= _MAX_OF_A_TENANT:
            raise _full(f"You are already sending {_MAX_OF_A_TENANT} files; try again when one of them has arrived.")
        if self._active.total() >= _MAX_AT_ONCE:
            raise _full("Too many files are being uploaded right now; try again in a moment.")
        self._active[tenant_id] += 1
        try:
            yield
        finally:
            self._active[tenant_id] -= 1
            if not self._active[tenant_id]:
                del self._active[tenant_id]


def _full(message: str) -> CallboxError:
    return CallboxError(Code.AT_CAPACITY, message, retry_after_seconds=_RETRY_SECONDS)


def is_form(request: Request) -> bool:
    """Whether a request carries a multipart form."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == _MULTIPART


def form_of(description: str) -> dict[str, Any]:
    """The OpenAPI media type of a form with one file."""
    file = {"type": "string", "format": "binary", "description": description}
    return {_MULTIPART: {"schema": {"type": "object", "required": [_FIELD], "properties": {_FIELD: file}}}}


class _Parser(MultiPartParser):
    """Parses a form with one file. Closes its temporary files also when the form is incomplete."""

    def __init__(self, request: Request, body: AsyncGenerator[bytes, None]) -> None:
        super().__init__(request.headers, body, max_files=1, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES)
        self.is_complete = False

    def on_end(self) -> None:
        """The parser has read the last boundary."""
        self.is_complete = True

    def close(self) -> None:
        """Closes the temporary files."""
        for file in self._files_to_close_on_error:
            file.close()


async def _receive(request: Request, max_bytes: int, opened: ExitStack) -> UploadFile:
    """The file of a request. `opened` closes its temporary file."""
    in_form = is_form(request)
    most = max_bytes + _FORM_BYTES if in_form else max_bytes
    too_large = CallboxError(
        Code.PAYLOAD_TOO_LARGE, f"The file is larger than {max_bytes // _MEGABYTE} MB; send a smaller one, or parts."
    )

    async def body() -> AsyncGenerator[bytes, None]:
        received, step_from = 0, 0
        async for chunk in request.stream():
            received += len(chunk)
            if received > most:
                raise too_large
            if received - step_from >= _STEP_BYTES:
                step.reschedule(asyncio.get_running_loop().time() + _STEP_SECONDS)
                step_from = received
            yield chunk

    if declared_bytes(request) > most:
        raise too_large
    try:
        async with asyncio.timeout(_READ_SECONDS) as whole, asyncio.timeout(_STEP_SECONDS) as step:
            file = await (_from_form(_Parser(request, body()), opened) if in_form else _from_body(body(), opened))
    except TimeoutError:
        fault = (
            f"did not arrive within {_READ_SECONDS:g} s"
            if whole.expired()
            else f"arrived more slowly than {_STEP_BYTES // 1024} KB in {_STEP_SECONDS:g} s"
        )
        raise CallboxError(Code.INVALID_REQUEST, f"The file {fault}; send it again.") from None
    if (file.size or 0) > max_bytes:
        raise too_large
    return file


async def _from_form(parser: _Parser, opened: ExitStack) -> UploadFile:
    opened.callback(parser.close)
    try:
        found = (await parser.parse()).getlist(_FIELD)
    except (MultiPartException, KeyError, ValueError) as error:
        message = getattr(error, "message", "") or "its boundary is missing or wrong"
        if message.startswith(_TOO_MANY):
            raise _one_file() from None
        raise CallboxError(Code.INVALID_REQUEST, f"The form cannot be read: {message}") from None
    if not parser.is_complete:
        raise CallboxError(Code.INVALID_REQUEST, "The form cannot be read: it ends before its last boundary.")
    if len(found) != 1 or not isinstance(found[0], UploadFile):
        raise _one_file()
    return found[0]


def _one_file() -> CallboxError:
    return validation({_FIELD: ["send one file in this field of a multipart form, and no other"]})


async def _from_body(body: AsyncGenerator[bytes, None], opened: ExitStack) -> UploadFile:
    kept = opened.enter_context(SpooledTemporaryFile(max_size=MultiPartParser.spool_max_size))  # noqa: SIM115
    file = UploadFile(kept, size=0)  # type: ignore[arg-type]
    async for chunk in body:
        await file.write(chunk)
    return file
