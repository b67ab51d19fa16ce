"""How often one address, and one account, may try to sign in, sign up or refresh."""

import asyncio
import hashlib
import math
import time
from dataclasses import dataclass

import redis.exceptions
from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from prometheus_client import Counter
from redis.asyncio import BlockingConnectionPool

from services.kit import context as request
from services.kit.errors import CallboxError, Code
from services.kit.logs import get_logger

_PREFIX = "callbox:rates"
# All of what one request counts; a Redis that hangs costs a sign-in no more than this.
_SECONDS = 0.3
_MAX_CONNECTIONS = 32
_AWAY = (OSError, redis.exceptions.RedisError)

_uncounted = Counter("callbox_uncounted_attempts_total", "Sign-in attempts let through uncounted: Redis was away.")
_log = get_logger(__name__)


@dataclass(frozen=True)
class Limits:
    """Rates as text, `10 per 5 minutes`."""

    log_in_by_address: str
    log_in_by_account: str
    sign_up_by_address: str
    sign_up_by_account: str
    refresh_by_address: str
    google_by_address: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Something that is counted: a rate, and what it is the rate of."""

    rate: RateLimitItem
    what: str
    whose: str


class Rates:
    """Counts attempts in moving windows on Redis.

    While Redis is away nothing is counted and everybody passes: a lost cache must not lock people out, and hashing
    passwords in two threads bounds the guesses. Neither e-mails nor addresses stand in Redis, only their digests.
    """

    def __init__(self, redis_url: str, limits: Limits) -> None:
        # Who comes when every connection is busy waits for one: a crowd must not go uncounted.
        self._pool = BlockingConnectionPool.from_url(
            redis_url,
            max_connections=_MAX_CONNECTIONS,
            timeout=_SECONDS,
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
        )
        storage = RedisStorage(
            f"async+{redis_url}",
            implementation="redispy",
            key_prefix=_PREFIX,
            connection_pool=self._pool,  # type: ignore[arg-type]  # passed on to redis-py
        )
        self._limiter = MovingWindowRateLimiter(storage)
        self._rates = {name: parse(text) for name, text in vars(limits).items()}

    async def close(self) -> None:
        """Closes the connections."""
        await self._pool.disconnect()

    async def log_in(self, address: str, account: str) -> None:
        """Counts an attempt to prove a password, right or wrong.

        Raises: CallboxError `rate_limited`, alike whether or not the account exists.
        """
        await self._count(
            self._counted("log_in_by_address", address),
            self._counted("log_in_by_account", account),
        )

    async def logged_in(self, account: str) -> None:
        """Forgets the attempts on an account: the password was right."""
        counted = self._counted("log_in_by_account", account)
        try:
            async with asyncio.timeout(request.remaining_seconds(_SECONDS)):
                await self._limiter.clear(counted.rate, counted.what, counted.whose)
        except _AWAY as fault:
            _log.warning("attempts are not forgotten: Redis is away", fault=repr(fault)[:200])

    async def sign_up(self, address: str, account: str) -> None:
        """Counts a sign-up.

        Raises: CallboxError `rate_limited`.
        """
        await self._count(
            self._counted("sign_up_by_address", address),
            self._counted("sign_up_by_account", account),
        )

    async def refresh(self, address: str) -> None:
        """Counts a refresh.

        Raises: CallboxError `rate_limited`.
        """
        await self._count(self._counted("refresh_by_address", address))

    async def google(self, address: str) -> None:
        """Counts somebody who comes back from Google.

        Raises: CallboxError `rate_limited`.
        """
        await self._count(self._counted("google_by_address", address))

    def _counted(self, name: str, whose: str) -> Counted:
        digest = hashlib.sha256(whose.encode(errors="surrogatepass")).hexdigest()[:32]
        return Counted(self._rates[name], name, digest)

    async def _count(self, *all_counted: Counted) -> None:
        try:
            async with asyncio.timeout(request.remaining_seconds(_SECONDS)):
                for counted in all_counted:
                    if not await self._limiter.hit(counted.rate, counted.what, counted.whose):
                        stats = await self._limiter.get_window_stats(counted.rate, counted.what, counted.whose)
                        raise _refused(max(1, math.ceil(stats.reset_time - time.time())))
        except _AWAY as fault:
            _uncounted.inc()
            _log.warning("an attempt is not counted: Redis is away", fault=repr(fault)[:200])


def _refused(seconds: int) -> CallboxError:
    return CallboxError(Code.RATE_LIMITED, f"Too many attempts; try again in {seconds} s.", retry_after_seconds=seconds)
