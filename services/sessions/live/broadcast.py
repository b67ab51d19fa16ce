"""What goes on in calls right now, from whoever learns of it to every process that somebody watches at (Redis).

All of it may be lost: what is to last stands in PostgreSQL, and who watches looks there too.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import redis.exceptions
from callbox.sessions.v1 import live_pb2
from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.message import DecodeError
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from services.kit.logs import get_logger
from services.kit.tasks import end
from services.sessions.dependencies import reaching

_CHANNEL = "callbox:live:"
_STATE = "callbox:live-state:"
# Nobody publishes here; a subscription has at least one channel.
_KEEP_OPEN = "callbox:live"
_SECONDS = 0.3
_READ_SECONDS = 5.0
_AGAIN_SECONDS = 0.5
# Longer than a call may be known to last; what it says is replaced at every change and not personal.
_STATE_SECONDS = 6 * 3600
_MAX_CONNECTIONS = 8
# Answers to forms of one call that wait to be told; each stands in the history as well.
_MAX_FORMS = 100
# Sessions with news that is not sent yet. Who watches one that is left out looks for itself a little later.
_MAX_NEWS = 10_000
_AWAY = (redis.exceptions.RedisError, OSError)
_log = get_logger(__name__)


class Feed:
    """What is new in one call since somebody looked last: little is kept, so that it never grows.

    changed: set when there is something new, in PostgreSQL or here.
    """

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.agent_state = live_pb2.AGENT_STATE_UNSPECIFIED
        self._partials: dict[pb.Role.ValueType, live_pb2.PartialTurn] = {}
        self._forms: deque[pb.FormEvent] = deque(maxlen=_MAX_FORMS)

    def take(self, update: live_pb2.LiveUpdate) -> None:
        """Notes an update."""
        if update.agent_state != live_pb2.AGENT_STATE_UNSPECIFIED:
            self.agent_state = update.agent_state
        for partial in update.partials:
            self._partials[partial.role] = partial
        self._forms.extend(update.forms)
        self.changed.set()

    def partials(self) -> list[live_pb2.PartialTurn]:
        """What is being said and was not looked at before."""
        taken = sorted(self._partials.values(), key=lambda partial: partial.turn_index)
        self._partials.clear()
        return taken

    def forms(self) -> list[pb.FormEvent]:
        """What was done with forms and was not looked at before."""
        taken = list(self._forms)
        self._forms.clear()
        return taken


class Live:
    """Tells and hears. `run` owns the connections' work; `hears`: whether Redis would reach us now."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_pool(
            # What finds every connection in use waits for one, for a moment.
            BlockingConnectionPool.from_url(
                url,
                timeout=_SECONDS,
                max_connections=_MAX_CONNECTIONS,
                socket_timeout=_SECONDS,
                socket_connect_timeout=_SECONDS,
                retry=Retry(NoBackoff(), 1),
            )
        )
        self._feeds: dict[str, set[Feed]] = {}
        self._news: dict[str, live_pb2.LiveUpdate] = {}
        self._has_news = asyncio.Event()
        self._channels: PubSub | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def hears(self) -> bool:
        """Whether news reaches this process."""
        return self._channels is not None

    def start(self) -> None:
        """Begins to tell and to hear."""
        self._tasks = [
            asyncio.create_task(self._hear(), name="live-hears"),
            asyncio.create_task(self._tell(), name="live-tells"),
        ]

    async def close(self) -> None:
        """Ends both."""
        await end(*self._tasks)
        await self._redis.aclose()

    def news(self, session_id: str, form: pb.FormEvent | None = None) -> None:
        """Something about a session is new in PostgreSQL. Costs nothing here and now.

        form: what was done with a form, if that is not among the events of the session.
        """
        if session_id not in self._news and len(self._news) >= _MAX_NEWS:
            return
        update = self._news.setdefault(session_id, live_pb2.LiveUpdate())
        if form is not None and len(update.forms) < _MAX_FORMS:
            update.forms.append(form)
        self._has_news.set()

    async def publish(self, session_id: str, update: live_pb2.LiveUpdate) -> bool:
        """Tells how a call goes on; whether anybody watches.

        Raises: CallboxError `upstream_unavailable`.
        """
        async with reaching("Redis", _SECONDS), self._redis.pipeline(transaction=False) as pipe:
            pipe.publish(_CHANNEL + session_id, update.SerializeToString())
            if update.agent_state != live_pb2.AGENT_STATE_UNSPECIFIED:
                pipe.set(_STATE + session_id, int(update.agent_state), ex=_STATE_SECONDS)
            receivers, *_ = await pipe.execute()
        return int(receivers) > 0

    @asynccontextmanager
    async def feed(self, session_id: str) -> AsyncIterator[Feed]:
        """What is new in a call from now on."""
        feed = Feed()
        feeds = self._feeds.setdefault(session_id, set())
        feeds.add(feed)
        try:
            if len(feeds) == 1:
                await self._subscribe(session_id, wanted=True)
            feed.agent_state = await self._state(session_id)
            yield feed
        finally:
            feeds.discard(feed)
            if not feeds and self._feeds.get(session_id) is feeds:
                del self._feeds[session_id]
                await self._subscribe(session_id, wanted=False)

    async def _state(self, session_id: str) -> live_pb2.AgentState.ValueType:
        with suppress(*_AWAY, ValueError):
            async with asyncio.timeout(_SECONDS):
                kept = int(await self._redis.get(_STATE + session_id) or 0)
            if kept in live_pb2.AgentState.values():
                return live_pb2.AgentState.ValueType(kept)
        return live_pb2.AGENT_STATE_UNSPECIFIED

    async def _subscribe(self, session_id: str, *, wanted: bool) -> None:
        """One more channel, or one less. A fault is left to the reader, which begins anew with all of them."""
        if self._channels is None:
            return
        change = self._channels.subscribe if wanted else self._channels.unsubscribe
        with suppress(*_AWAY):
            async with asyncio.timeout(_SECONDS):
                await change(_CHANNEL + session_id)

    async def _hear(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as channels:
                    await channels.subscribe(_KEEP_OPEN)
                    if wanted := [_CHANNEL + session_id for session_id in self._feeds]:
                        await channels.subscribe(*wanted)
                    self._channels = channels
                    # What was told while nobody heard is looked for in PostgreSQL.
                    for session_id in self._feeds:
                        self._wake(session_id)
                    while True:
                        self._take(await channels.get_message(True, timeout=_READ_SECONDS))
            except _AWAY as fault:
                if self._channels is not None:
                    _log.warning("news of calls are not heard", fault=repr(fault)[:200])
                self._channels = None
            await asyncio.sleep(_AGAIN_SECONDS)

    def _take(self, message: dict[str, object] | None) -> None:
        if message is None or message["type"] != "message":
            return
        channel, data = message["channel"], message["data"]
        assert isinstance(channel, bytes)
        assert isinstance(data, bytes)
        session_id = channel.decode().removeprefix(_CHANNEL)
        if not data:
            self._wake(session_id)
            return
        with suppress(DecodeError):
            update = live_pb2.LiveUpdate.FromString(data)
            for feed in self._feeds.get(session_id, ()):
                feed.take(update)

    def _wake(self, session_id: str) -> None:
        for feed in self._feeds.get(session_id, ()):
            feed.changed.set()

    async def _tell(self) -> None:
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            news, self._news = self._news, {}
            # Here they need no way through Redis.
            for session_id in news:
                self._wake(session_id)
            try:
                async with asyncio.timeout(_SECONDS), self._redis.pipeline(transaction=False) as pipe:
                    for session_id, update in news.items():
                        pipe.publish(_CHANNEL + session_id, update.SerializeToString())
                    await pipe.execute()
            except _AWAY as fault:
                _log.debug("news of calls are not told", count=len(news), fault=repr(fault)[:200])
