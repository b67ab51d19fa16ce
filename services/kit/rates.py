"""How often something may happen: moving windows on Redis that every process counts together."""

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

# A Redis that hangs costs a request two times this: the first time, this process may have stood still itself.
_SECONDS = 0.3
_TRIES = 2
# So many are counted at once. The others wait for their turn: a crowd must not look like a Redis that hangs.
_AT_ONCE = 8
_TURN_SECONDS = 2.0
# What one customer of a provider has of IPv6.
_IPV6_PREFIX = 64
_AWAY = (OSError, redis.exceptions.RedisError)
_log = get_logger(__name__)


def _a_rate(text: str) -> str:
    try:
        parse(text)
    except ValueError:
        raise ValueError("must be a rate, such as `10 per 5 minutes`") from None
    return text


# A rate as text, for settings.
Rate = Annotated[str, AfterValidator(_a_rate)]


@dataclass(frozen=True, slots=True)
class Counted:
    """Something that is counted: a rate, what it is the rate of, and a digest of whose."""

    rate: RateLimitItem
    what: str
    whose: str


def counted(rate: RateLimitItem, what: str, whose: str) -> Counted:
    """whose: as it is; neither e-mails nor addresses stand in Redis."""
    return Counted(rate, what, hashlib.sha256(whose.encode(errors="surrogatepass")).hexdigest()[:32])


def counted_address(address: str) -> str:
    """What an address is counted as: an IPv4 address itself, an IPv6 address its /64, anything else as unknown."""
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
    """Counts. While Redis is away nothing is counted and everything passes."""

    def __init__(self, redis_url: str, prefix: str, noun: str, uncounted: Counter) -> None:
        """prefix: of the keys in Redis. noun: what there are too many of. uncounted: grows while Redis is away."""
        self._pool = BlockingConnectionPool.from_url(
            redis_url,
            # Those that forget need some, too, and take no turns.
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
        """Counts one, of each in turn until one is refused.

        Raises: CallboxError `rate_limited`, also when too many wait to be counted.
        """
        try:
            async with self._turn():
                for one in all_counted:
                    await self._count(one)
        except _AWAY as fault:
            self._uncounted.inc()
            _log.warning("not counted: Redis is away", what=self._noun, fault=repr(fault)[:200])

    async def forget(self, one: Counted) -> None:
        """Begins to count anew."""
        try:
            async with asyncio.timeout(request.remaining_seconds(_SECONDS)):
                await self._limiter.clear(one.rate, one.what, one.whose)
        except _AWAY as fault:
            _log.warning("not forgotten: Redis is away", what=self._noun, fault=repr(fault)[:200])

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
