"""Holds the reference audio of a call in Redis, from its start until its worker has read it.

It may be lost: the agent then speaks with its usual voice. It is somebody's voice, so it expires soon.
"""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from services.sessions.adapters.outages import reaching

_KEY = "callbox:reference:"
_SECONDS = 0.3
# Each file is at most 10 MB, and many calls may start at the same time.
_MAX_CONNECTIONS = 8


class ReferenceAudioStore:
    """One file for each call with reference audio. It expires `keep_seconds` after the start."""

    def __init__(self, url: str, keep_seconds: float) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
            max_connections=_MAX_CONNECTIONS,
            retry=Retry(NoBackoff(), 1),
        )
        self._keep_ms = int(keep_seconds * 1000)

    async def keep(self, session_id: str, content: bytes) -> None:
        """Stores the reference audio of a call. Raises: CallboxError `upstream_unavailable`."""
        async with reaching("Redis", _SECONDS):
            await self._redis.set(_KEY + session_id, content, px=self._keep_ms)

    async def read(self, session_id: str) -> bytes | None:
        """The reference audio of a call; None when there is none. Raises: CallboxError `upstream_unavailable`."""
        async with reaching("Redis", _SECONDS):
            content = await self._redis.get(_KEY + session_id)
        assert not isinstance(content, str), "this client does not decode answers"
        return content

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()
