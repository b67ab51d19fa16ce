"""Lua scripts that run as one step in Redis."""

from pathlib import Path

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from services.sessions.adapters.outages import reaching

_FOLDER = Path(__file__).parent / "lua"
# The braces are a hash tag: a Redis cluster keeps all keys of admission on one node.
_KEY = "{callbox:admission}"
_SECONDS = 0.3
_MAX_CONNECTIONS = 16


class RedisScripts:
    """The scripts of the folder `lua`, each with `library.lua` before it, on one Redis."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_pool(
            # When every connection is in use, a command waits up to `timeout` for one.
            BlockingConnectionPool.from_url(
                url,
                decode_responses=True,
                timeout=_SECONDS,
                max_connections=_MAX_CONNECTIONS,
                socket_timeout=_SECONDS,
                socket_connect_timeout=_SECONDS,
                # A connection that was closed while idle is replaced at once. Every script may run twice.
                retry=Retry(NoBackoff(), 1),
            )
        )
        library = (_FOLDER / "library.lua").read_text()
        self._scripts = {
            path.stem: self._redis.register_script(library + path.read_text())
            for path in _FOLDER.glob("*.lua")
            if path.stem != "library"
        }

    async def run(self, name: str, *arguments: str | int, seconds: float | None = None) -> list[str | int]:
        """Runs one script.

        Raises: CallboxError `upstream_unavailable` when Redis does not answer in `seconds`, by default 0.3.
        """
        async with reaching("Redis", _SECONDS if seconds is None else seconds):
            answer: list[str | int] = await self._scripts[name](keys=[_KEY], args=list(arguments))
        return answer

    async def ping(self) -> None:
        """Raises: CallboxError `upstream_unavailable` when Redis does not answer."""
        async with reaching("Redis", _SECONDS):
            await self._redis.ping()

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()
