"""A file in a multipart form, kept on disk while it arrives (contract 12.1, 14.12)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from services.gateway.body import declared_bytes
from services.kit.errors import CallboxError, Code, validation

MAX_FILE_BYTES = 50 * 1024 * 1024
# What a form has beside its file: boundaries, headers, a few small fields.
_MAX_FORM_BYTES = MAX_FILE_BYTES + 64 * 1024
_MAX_FIELDS = 16
_MAX_FIELD_BYTES = 16 * 1024
_READ_SECONDS = 120.0
# Files that arrive at the same moment, each with 50 MB of disk or 10 MB of memory at most.
_MAX_AT_ONCE = 16
_RETRY_SECONDS = 5
_PIECE_BYTES = 512 * 1024
MULTIPART = "multipart/form-data"


@dataclass(frozen=True)
class Upload:
    """A file that has arrived. name: as the client called it."""

    name: str
    file: UploadFile

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes in pieces of at most 512 KiB."""
        await self.file.seek(0)
        while piece := await self.file.read(_PIECE_BYTES):
            yield piece


class Uploads:
    """Takes files out of forms, so many at once."""

    def __init__(self) -> None:
        self._under_way = 0

    @asynccontextmanager
    async def receive(self, request: Request, field: str) -> AsyncIterator[Upload]:
        """The file in this field of the form; it is gone when the block is left.

        Raises: CallboxError `invalid_request`, `validation_failed`, `payload_too_large`, `at_capacity`.
        """
        with self.place():
            parser = _Parser(request)
            try:
                found = (await _read(request, parser)).getlist(field)
                if len(found) != 1 or not isinstance(found[0], UploadFile):
                    raise validation({field: ["send one file in this field of a multipart form"]})
                if (found[0].size or 0) > MAX_FILE_BYTES:
                    raise _too_large()
                yield Upload(found[0].filename or "", found[0])
            finally:
                parser.close()

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
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == MULTIPART


class _Parser(MultiPartParser):
    """Reads a form of one file, and can close what it has opened, also for a form that broke off."""

    def __init__(self, request: Request) -> None:
        super().__init__(
            request.headers, _counted(request), max_files=1, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES
        )

    def close(self) -> None:
        """Closes the files of the form, whole or not."""
        for file in self._files_to_close_on_error:
            file.close()


async def _counted(request: Request) -> AsyncGenerator[bytes, None]:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > _MAX_FORM_BYTES:
            raise _too_large()
        yield chunk


async def _read(request: Request, parser: _Parser) -> FormData:
    if declared_bytes(request) > _MAX_FORM_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(_READ_SECONDS):
            return await parser.parse()
    except TimeoutError:
        raise CallboxError(
            Code.INVALID_REQUEST, f"The file did not arrive within {_READ_SECONDS:g} s; send it again."
        ) from None
    except (MultiPartException, KeyError, ValueError) as fault:
        message = getattr(fault, "message", "") or "its boundary is missing or wrong"
        raise CallboxError(Code.INVALID_REQUEST, f"The form cannot be read: {message}") from None


def _too_large() -> CallboxError:
    megabytes = MAX_FILE_BYTES // 1024 // 1024
    return CallboxError(Code.PAYLOAD_TOO_LARGE, f"The file is larger than {megabytes} MB; send it in parts.")
