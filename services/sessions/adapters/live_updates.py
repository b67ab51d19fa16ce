"""News of running calls between the processes of this service, by Redis Pub/Sub.

News may be lost. Everything that must not be lost is in PostgreSQL, and watchers read it there.
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
from services.sessions.adapters.outages import reaching

_CHANNEL = "callbox:live:"
_STATE = "callbox:live-state:"
# Nobody publishes here. A Pub/Sub connection needs at least one channel.
_KEEP_OPEN = "callbox:live"
_SECONDS = 0.3
_READ_SECONDS = 5.0
_RECONNECT_SECONDS = 0.5
# Longer than calls last. The state is replaced at every change and holds nothing personal.
_STATE_SECONDS = 6 * 3600
_MAX_CONNECTIONS = 8
# Form answers of one call that wait to be sent; more are dropped. The history has all of them.
_MAX_FORMS = 100
# Sessions with news that wait to be sent; more are dropped. Watchers of a dropped one read PostgreSQL a little later.
_MAX_NEWS = 10_000
_OUTAGES = (redis.exceptions.RedisError, OSError)
_log = get_logger(__name__)


class Subscription:
    """The news of one call that its watcher has not read yet. Bounded: the newest of each kind is kept.

    changed: set when there is news, here or in PostgreSQL.
    """

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.agent_state = live_pb2.AGENT_STATE_UNSPECIFIED
        self._partials: dict[pb.Role.ValueType, live_pb2.PartialTurn] = {}
        self._forms: deque[pb.FormEvent] = deque(maxlen=_MAX_FORMS)

    def add(self, update: live_pb2.LiveUpdate) -> None:
        """Adds an update."""
        if update.agent_state != live_pb2.AGENT_STATE_UNSPECIFIED:
            self.agent_state = update.agent_state
        for partial in update.partials:
            self._partials[partial.role] = partial
        self._forms.extend(update.forms)
        self.changed.set()

    def take_partials(self) -> list[live_pb2.PartialTurn]:
        """The partial turns since the last call."""
        taken = sorted(self._partials.values(), key=lambda partial: partial.turn_index)
        self._partials.clear()
        return taken

    def take_forms(self) -> list[pb.FormEvent]:
        """The form events since the last call."""
        taken = list(self._forms)
        self._forms.clear()
        return taken


class LiveUpdates:
    """Publishes news of calls and receives it for the watchers of this process. `start` it and `close` it."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_pool(
            # When every connection is in use, a command waits up to `timeout` for one.
            BlockingConnectionPool.from_url(
                url,
                timeout=_SECONDS,
                max_connections=_MAX_CONNECTIONS,
                socket_timeout=_SECONDS,
                socket_connect_timeout=_SECONDS,
                retry=Retry(NoBackoff(), 1),
            )
        )
        self._subscriptions: dict[str, set[Subscription]] = {}
        self._news: dict[str, live_pb2.LiveUpdate] = {}
        self._has_news = asyncio.Event()
        self._channels: PubSub | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_connected(self) -> bool:
        """Whether this process receives news."""
        return self._channels is not None

    def start(self) -> None:
        """Starts to publish and to receive."""
        self._tasks = [
            asyncio.create_task(self._receive(), name="live-receive"),
            asyncio.create_task(self._send(), name="live-send"),
        ]

    async def close(self) -> None:
        """Stops both and closes the connections."""
        await end(*self._tasks)
        await self._redis.aclose()

    def notify(self, session_id: str, form: pb.FormEvent | None = None) -> None:
        """Tells watchers, soon and in the background, that PostgreSQL has something new about a session.

        form: a form event that is not among the stored events of the session.
        """
        if session_id not in self._news and len(self._news) >= _MAX_NEWS:
            return
        update = self._news.setdefault(session_id, live_pb2.LiveUpdate())
        if form is not None and len(update.forms) < _MAX_FORMS:
            update.forms.append(form)
        self._has_news.set()

    async def publish(self, session_id: str, update: live_pb2.LiveUpdate) -> bool:
        """Sends an update of a call now; whether anybody watches the call.

        Raises: CallboxError `upstream_unavailable`.
        """
        async with reaching("Redis", _SECONDS), self._redis.pipeline(transaction=False) as pipe:
            pipe.publish(_CHANNEL + session_id, update.SerializeToString())
            if update.agent_state != live_pb2.AGENT_STATE_UNSPECIFIED:
                pipe.set(_STATE + session_id, int(update.agent_state), ex=_STATE_SECONDS)
            receivers, *_ = await pipe.execute()
        return int(receivers) > 0

    @asynccontextmanager
    async def subscribe(self, session_id: str) -> AsyncIterator[Subscription]:
        """The news of a call from now on."""
        subscription = Subscription()
        subscriptions = self._subscriptions.setdefault(session_id, set())
        subscriptions.add(subscription)
        try:
            if len(subscriptions) == 1:
                await self._change_channel(session_id, wanted=True)
            subscription.agent_state = await self._state(session_id)
            yield subscription
        finally:
            subscriptions.discard(subscription)
            if not subscriptions and self._subscriptions.get(session_id) is subscriptions:
                del self._subscriptions[session_id]
                await self._change_channel(session_id, wanted=False)

    async def _state(self, session_id: str) -> live_pb2.AgentState.ValueType:
        with suppress(*_OUTAGES, ValueError):
            async with asyncio.timeout(_SECONDS):
                kept = int(await self._redis.get(_STATE + session_id) or 0)
            if kept in live_pb2.AgentState.values():
                return live_pb2.AgentState.ValueType(kept)
        return live_pb2.AGENT_STATE_UNSPECIFIED

    async def _change_channel(self, session_id: str, *, wanted: bool) -> None:
        """Subscribes to the channel of a session, or unsubscribes. After a failure, `_receive` subscribes again."""
        if self._channels is None:
            return
        change = self._channels.subscribe if wanted else self._channels.unsubscribe
        with suppress(*_OUTAGES):
            async with asyncio.timeout(_SECONDS):
                await change(_CHANNEL + session_id)

    async def _receive(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as channels:
                    await channels.subscribe(_KEEP_OPEN)
                    if wanted := [_CHANNEL + session_id for session_id in self._subscriptions]:
                        await channels.subscribe(*wanted)
                    self._channels = channels
                    # News was lost while the connection was down: watchers look into PostgreSQL.
                    for session_id in self._subscriptions:
                        self._wake(session_id)
                    while True:
                        self._dispatch(await channels.get_message(True, timeout=_READ_SECONDS))
            except _OUTAGES as fault:
                if self._channels is not None:
                    _log.warning("live updates are not received; watchers poll", fault=repr(fault)[:200])
                self._channels = None
            await asyncio.sleep(_RECONNECT_SECONDS)

    def _dispatch(self, message: dict[str, object] | None) -> None:
        """Hands a message of Redis to the subscriptions of its session. An empty one says: look into PostgreSQL."""
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
            for subscription in self._subscriptions.get(session_id, ()):
                subscription.add(update)

    def _wake(self, session_id: str) -> None:
        for subscription in self._subscriptions.get(session_id, ()):
            subscription.changed.set()

    async def _send(self) -> None:
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            news, self._news = self._news, {}
            # Watchers of this process hear of it even without Redis.
            for session_id in news:
                self._wake(session_id)
            try:
                async with asyncio.timeout(_SECONDS), self._redis.pipeline(transaction=False) as pipe:
                    for session_id, update in news.items():
                        pipe.publish(_CHANNEL + session_id, update.SerializeToString())
                    await pipe.execute()
            except _OUTAGES as fault:
                _log.debug("live updates were not sent", count=len(news), fault=repr(fault)[:200])
