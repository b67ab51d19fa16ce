"""Rate limits: moving windows in Redis, shared by all processes."""

import asyncio
import hashlib
import ipaddress
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import redis.exceptions
import tenacity
from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from prometheus_client import Counter
from pydantic import AfterValidator
from redis.asyncio import BlockingConnectionPool

from services.kit.errors import CallboxError, Code
from services.kit.logs import get_logger
from services.kit.rpc import context as request

# Time limit of one try. There are two tries, because the first may fail when this process itself was blocked.
_SECONDS = 0.3
_TRIES = 2
# Requests counted at the same time. Others wait, so that many requests at once do not look like a Redis that hangs.
_AT_ONCE = 8
_TURN_SECONDS = 2.0
# A provider gives each customer a network of this size.
_IPV6_PREFIX = 64
_AWAY = (OSError, redis.exceptions.RedisError)
_log = get_logger(__name__)


def _valid_rate(text: str) -> str:
    try:
        parse(text)
    except ValueError:
        raise ValueError("must be a rate, such as `10 per 5 minutes`") from None
    return text


# A rate limit as text, for settings.
Rate = Annotated[str, AfterValidator(_valid_rate)]


@dataclass(frozen=True, slots=True)
class Counted:
    """One limit for one subject.

    rate: the limit. what: the action. whose: digest of the subject, such as an e-mail address.
    """

    rate: RateLimitItem
    what: str
    whose: str


def counted(rate: RateLimitItem, what: str, whose: str) -> Counted:
    """whose: the subject in plain text. It is hashed, so that Redis holds no e-mail or IP address."""
    return Counted(rate, what, hashlib.sha256(whose.encode(errors="surrogatepass")).hexdigest()[:32])


def counted_address(address: str) -> str:
    """The subject that an IP address counts as: IPv4 itself, IPv6 its /64 network, anything else "unknown"."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False).network_address)
        return str(parsed.ipv4_mapped)
    return str(parsed)


class Rates:
    """Counts and refuses. While Redis is unreachable nothing is counted and nothing is refused."""

    def __init__(self, redis_url: str, prefix: str, noun: str, uncounted: Counter) -> None:
        """prefix: of the keys in Redis. noun: plural, for the error. uncounted: counts requests that Redis did not."""
        self._pool = BlockingConnectionPool.from_url(
            redis_url,
            # `forget` takes no turn and needs connections, too.
            max_connections=2 * _AT_ONCE,
            timeout=_SECONDS,
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
        )
        storage = RedisStorage(
            f"async+{redis_url}",
            implementation="redispy",
            key_prefix=prefix,
            connection_pool=self._pool,  # type: ignore[arg-type]  # passed on to redis-py
        )
        self._limiter = MovingWindowRateLimiter(storage)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._noun = noun
        self._uncounted = uncounted

    async def close(self) -> None:
        """Closes the connections."""
        await self._pool.disconnect()

    async def count(self, *all_counted: Counted) -> None:
        """Counts one event against each limit, until one refuses.

        Raises: CallboxError `rate_limited`, also if too many requests wait to be counted.
        """
        try:
            async with self._turn():
                for one in all_counted:
                    await self._count(one)
        except _AWAY as fault:
            self._uncounted.inc()
            _log.warning("not counted: Redis is unreachable", what=self._noun, fault=repr(fault)[:200])

    async def forget(self, one: Counted) -> None:
        """Sets the count of a limit back to zero."""
        try:
            async with asyncio.timeout(request.remaining_seconds(_SECONDS)):
                await self._limiter.clear(one.rate, one.what, one.whose)
        except _AWAY as fault:
            _log.warning("count not reset: Redis is unreachable", what=self._noun, fault=repr(fault)[:200])

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type(_AWAY), stop=tenacity.stop_after_attempt(_TRIES), reraise=True
    )
    async def _count(self, one: Counted) -> None:
        async with asyncio.timeout(request.remaining_seconds(_SECONDS)):
            if await self._limiter.hit(one.rate, one.what, one.whose):
                return
            stats = await self._limiter.get_window_stats(one.rate, one.what, one.whose)
        seconds = max(1, math.ceil(stats.reset_time - time.time()))
        raise CallboxError(
            Code.RATE_LIMITED, f"Too many {self._noun}; try again in {seconds} s.", retry_after_seconds=seconds
        )

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(request.remaining_seconds(_TURN_SECONDS)):
                await self._turns.acquire()
        except TimeoutError:
            raise CallboxError(
                Code.RATE_LIMITED, f"Too many {self._noun} at this moment; try again.", retry_after_seconds=1
            ) from None
        try:
            yield
        finally:
            self._turns.release()
