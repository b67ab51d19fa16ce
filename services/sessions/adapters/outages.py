"""Deadlines for PostgreSQL, Redis and LiveKit, and the error that callers get when one of them does not answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import redis.exceptions

from services.kit.database import is_outage
from services.kit.errors import CallboxError, Code
from services.kit.logs import get_logger
from services.kit.rpc import context as request

RETRY_SECONDS = 2
_OUTAGES = (
    OSError,  # refused, reset, and TimeoutError
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.ReadOnlyError,
    aiohttp.ClientError,
)
_log = get_logger(__name__)


@asynccontextmanager
async def reaching(what: str, seconds: float) -> AsyncIterator[None]:
    """Gives its body `seconds`, or the time that is left of the request if that is less.

    what: the name of the dependency, for the log and the error.
    Raises: CallboxError `upstream_unavailable` when `what` does not answer in time or at all.
    """
    try:
        async with asyncio.timeout(request.remaining_seconds(seconds)):
            yield
    except Exception as fault:
        if not (isinstance(fault, _OUTAGES) or is_outage(fault)):
            raise
        _log.warning("dependency does not answer", dependency=what, fault=repr(fault)[:200])
        raise CallboxError(
            Code.UPSTREAM_UNAVAILABLE,
            f"{what} does not answer right now; try again.",
            retry_after_seconds=RETRY_SECONDS,
        ) from fault
