"""Reference recordings on their way from the start of a call to its worker (Redis).

They may be lost: the agent then speaks with the plain voice. A recording is somebody's voice and is not kept longer.
"""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from services.sessions.dependencies import reaching

_KEY = "callbox:reference:"
_SECONDS = 0.3
# One is at most 10 MB; as many as there are calls that have just been admitted.
_MAX_CONNECTIONS = 8


class Recordings:
    """One recording for each call that was given one, gone `keep_seconds` after the start."""

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
        """Raises: CallboxError `upstream_unavailable`."""
        async with reaching("Redis", _SECONDS):
            await self._redis.set(_KEY + session_id, content, px=self._keep_ms)

    async def read(self, session_id: str) -> bytes | None:
        """A call's recording, None where there is none. Raises: CallboxError `upstream_unavailable`."""
        async with reaching("Redis", _SECONDS):
            content = await self._redis.get(_KEY + session_id)
        assert not isinstance(content, str), "answers are not decoded"
        return content

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()
