"""How many answers to forms visitors may send."""

import asyncio
import hashlib
import ipaddress
import math
import time

import redis.exceptions
from limits import parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from services.kit import context as request
from services.kit.errors import CallboxError, Code
from services.kit.logs import get_logger
from services.sessions.metrics import uncounted_answers

_PREFIX = "callbox:form-rates"
_SECONDS = 0.3
_MAX_CONNECTIONS = 16
_IPV6_PREFIX = 64
_AWAY = (OSError, redis.exceptions.RedisError)
_log = get_logger(__name__)


class FormRates:
    """Counts answers in moving windows on Redis, of which addresses stand there as digests only.

    While Redis is away nothing is counted and everybody passes: an answer that is lost is worse than one too many.
    """

    def __init__(self, redis_url: str, by_address: str, by_character: str) -> None:
        self._storage = RedisStorage(
            f"async+{redis_url}",
            implementation="redispy",
            key_prefix=_PREFIX,
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
            max_connections=_MAX_CONNECTIONS,
        )
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._by_address, self._by_character = parse(by_address), parse(by_character)

    async def close(self) -> None:
        """Closes the connections."""
        await self._storage.bridge.get_connection().aclose()  # type: ignore[attr-defined]  # of redis-py

    async def count(self, character_id: str, address: str) -> None:
        """Counts an answer of a visitor. address: empty for an unknown one, which is not counted.

        Raises: CallboxError `rate_limited`.
        """
        digest = hashlib.sha256(f"{character_id} {_counted(address)}".encode()).hexdigest()[:32]
        counted = [(self._by_address, "address", digest)] if address else []
        try:
            async with asyncio.timeout(request.remaining_seconds(_SECONDS)):
                for rate, what, whose in (*counted, (self._by_character, "character", character_id)):
                    if not await self._limiter.hit(rate, what, whose):
                        stats = await self._limiter.get_window_stats(rate, what, whose)
                        seconds = max(1, math.ceil(stats.reset_time - time.time()))
                        raise CallboxError(
                            Code.RATE_LIMITED,
                            f"Too many answers; try again in {seconds} s.",
                            retry_after_seconds=seconds,
                        )
        except _AWAY as fault:
            uncounted_answers.inc()
            _log.warning("an answer is not counted: Redis is away", fault=repr(fault)[:200])


def _counted(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False).network_address)
    return str(parsed)
