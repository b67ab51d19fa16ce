"""Stores files under keys, in a folder or in an S3-compatible bucket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store
from pydantic import Field, SecretStr

from services.kit.errors import outage
from services.kit.logs import get_logger
from services.kit.settings import ServiceSettings

# Time limit of one operation with its retries; the slowest is the upload of a file of 50 MB.
_OPERATION_SECONDS = 30.0
_RETRY_SECONDS = 10.0
_CONNECT_SECONDS = 3.0
_READ_SECONDS = 5.0
_CHUNK_BYTES = 256 * 1024
_log = get_logger(__name__)

Done = TypeVar("Done")


class BlobSettings(ServiceSettings):
    """Settings of a service that stores files."""

    files_url: str = Field(
        default="",
        pattern=r"^(s3://[^/?#]+(/[^?#]*)?|file:///[^?#]*)?$",
        description="Where files are kept: file:///folder or s3://bucket/prefix; empty: `files` in the data folder.",
    )
    files_s3_endpoint: str = Field(
        default="", pattern=r"^(https?://[^@]+)?$", description="Address of the S3 server; empty means AWS."
    )
    files_s3_region: str = Field(default="us-east-1", description="Region of the bucket.")
    files_s3_access_key_id: str = Field(default="", repr=False, description="Access key of the bucket.")
    files_s3_secret_access_key: SecretStr = Field(default=SecretStr(""), description="Secret of the access key.")


class Blobs:
    """Files under keys such as `documents/chr_1/doc_2`. Writing a key again replaces its file.

    Every method raises CallboxError `upstream_unavailable` if the store does not answer in time.
    """

    def __init__(self, settings: BlobSettings) -> None:
        url = settings.files_url or (settings.data_dir.resolve() / "files").as_uri()
        self._store = _s3(url, settings) if url.startswith("s3://") else _folder(url)
        self._url = url.rstrip("/")

    def url(self, key: str) -> str:
        """The internal address of a file: `s3://…` or `file:///…`. Clients get `signed_url` instead."""
        return f"{self._url}/{key}"

    async def put(self, key: str, content: bytes | Path) -> None:
        """Stores a file atomically, from memory or from a local file."""
        await _answered(obstore.put, self._store, key, content)

    async def get(self, key: str) -> bytes | None:
        """The content of a file; None if there is no such file."""
        try:
            return await _answered(self._read, key)
        except FileNotFoundError:
            return None

    async def stream(self, key: str) -> AsyncIterator[bytes] | None:
        """The content of a file in chunks of at least 256 KiB, apart from the last; None if there is no such file."""
        try:
            found = await _answered(obstore.get, self._store, key)
        except FileNotFoundError:
            return None

        async def chunks() -> AsyncIterator[bytes]:
            parts = iter(found.stream(_CHUNK_BYTES))
            while (part := await _answered(next, parts, None)) is not None:
                yield bytes(part)

        return chunks()

    async def delete(self, key: str) -> None:
        """Deletes a file; does nothing if there is no such file."""
        try:
            await _answered(obstore.delete, self._store, key)
        except FileNotFoundError:
            return

    async def keys(self, prefix: str) -> list[str]:
        """All keys that begin with a prefix, in no particular order."""
        return await _answered(self._list, prefix)

    async def older_keys(self, prefix: str, age: timedelta) -> list[str]:
        """The keys that begin with a prefix and whose file was written longer than `age` ago."""
        return await _answered(self._list, prefix, datetime.now(UTC) - age)

    async def signed_url(self, key: str, life: timedelta) -> str | None:
        """A URL that reads the file without credentials until `life` is over; None for files in a folder."""
        if isinstance(self._store, LocalStore):
            return None
        return await _answered(obstore.sign, self._store, "GET", key, life)

    def _read(self, key: str) -> bytes:
        return bytes(obstore.get(self._store, key).bytes())

    def _list(self, prefix: str, before: datetime | None = None) -> list[str]:
        items = (item for page in obstore.list(self._store, prefix) for item in page)
        return [str(item["path"]) for item in items if before is None or item["last_modified"] < before]


def _folder(url: str) -> LocalStore:
    folder = Path(urlsplit(url).path)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return LocalStore(folder)


def _s3(url: str, settings: BlobSettings) -> S3Store:
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    endpoint = settings.files_s3_endpoint
    return S3Store(
        bucket,
        prefix=prefix or None,
        endpoint=endpoint or None,
        region=settings.files_s3_region,
        access_key_id=settings.files_s3_access_key_id or None,
        secret_access_key=settings.files_s3_secret_access_key.get_secret_value() or None,
        virtual_hosted_style_request=not endpoint,
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
            "read_timeout": timedelta(seconds=_READ_SECONDS),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
    )


async def _answered(work: Callable[..., Done], *arguments: Any) -> Done:
    # In threads: the library's own coroutines call back after the interpreter has ended, which aborts the process.
    try:
        async with asyncio.timeout(_OPERATION_SECONDS):
            return await asyncio.to_thread(work, *arguments)
    except (BaseError, OSError) as fault:
        # S3 answers 404 for an unknown file, bucket or account alike; only an unknown file (NoSuchKey) is no failure.
        if isinstance(fault, FileNotFoundError) and ("<Code>" not in str(fault) or "NoSuchKey" in str(fault)):
            raise
        detail = str(fault).partition("\n")[0][:200]
        _log.warning("the file store failed", fault=type(fault).__name__, detail=detail)
        raise outage() from fault
