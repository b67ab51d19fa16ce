"""Calls every function of sessions that sends statements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from callbox.characters.v1 import knowledge_pb2
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit import account_data
from services.sessions.account_data.tables import HOLDINGS
from services.sessions.adapters.database import Database
from services.sessions.admission.slots import Grant
from services.sessions.events.appender import EventAppender
from services.sessions.forms.store import FormStore, NewResponse, ResponseFilter, enqueue_webhook
from services.sessions.history.filter import Filter
from services.sessions.history.reader import HistoryReader, write_token
from services.sessions.lifecycle import end_reasons
from services.sessions.live.watcher import Watcher
from services.sessions.reaper import overdue
from services.sessions.start.idempotency import IdempotencyKey, IdempotencyKeys
from services.sessions.store import NewSession, Notice, Store
from services.sessions.webhooks.deliveries import Deliveries, Outcome
from services.sessions.webhooks.document_relay import DocumentRelay
from services.sessions.webhooks.endpoints import Endpoints
from tests.service.plans.past import SESSIONS, TENANT

if TYPE_CHECKING:
    from services.kit.database import Pool

NOW = datetime.now(UTC)
GRANT = Grant("worker-1", "127.0.0.1:1")
OTHER = Grant("worker-2", "127.0.0.1:2")
PAST = "sess_past" + "0" * 19
RELAY_SECONDS = 10.0

ONE_DAY: dict[str, Any] = {"start": NOW - timedelta(days=40), "end": NOW - timedelta(days=39)}
SEASON: dict[str, Any] = {"start": NOW - timedelta(days=200, hours=3), "end": NOW - timedelta(days=20, hours=5)}
FILTERS: dict[str, dict[str, Any]] = {
    "everything": {},
    "character": {"character_slug": "survey-bot"},
    "end reason": {"end_reason": "agent_lost"},
    "the most frequent end reason": {"end_reason": "client_left"},
    "origin": {"origin": "https://shop.example:8443"},
    "ended": {"status": "ended"},
    "under way": {"status": "active"},
    "a day": ONE_DAY,
    "a season": SEASON,
    "since": {"start": NOW - timedelta(hours=30)},
    "until": {"end": NOW - timedelta(days=300)},
    "character in a season": {"character_slug": "sales-bot", **SEASON},
    "origin and reason": {"origin": "https://shop.example", "end_reason": "idle_timeout"},
    "all at once": {
        "character_slug": "support-bot", "end_reason": "client_left", "origin": "https://shop.example",
        "status": "ended", **SEASON,
    },
}  # fmt: skip
WHO: dict[str, dict[str, Any]] = {
    "owner": {"tenant_id": TENANT.tenant_id, "owner_id": TENANT.owner_id},
    "owner of little": {"tenant_id": "ten_other3", "owner_id": 1_000_003},
    "staff, one tenant": {"tenant_id": TENANT.tenant_id},
    "staff, all": {},
}


class Lifecycle:
    """Takes the place of the life cycle, which needs Redis and LiveKit: a session ends in the store alone."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def finalise(self, session_id: str, reason: str, connection: Any = None) -> Any:
        return await self._store.finalise(session_id, reason, None, 0.0, connection)

    def after_end(self, _call: Any) -> None:
        return


class LiveUpdates:
    """Takes the place of the live updates of a call, of which there are none."""

    is_connected = True

    @asynccontextmanager
    async def subscribe(self, _session_id: str) -> AsyncIterator[Any]:
        yield SimpleNamespace(changed=asyncio.Event(), agent_state=0, take_forms=list, take_partials=list)

    def notify(self, _session_id: str) -> None:
        return


class BackgroundTasks:
    """Keeps what is to be done in the background."""

    def __init__(self) -> None:
        self.tasks: list[Coroutine[None, None, None]] = []

    def start(self, _what: str, work: Coroutine[None, None, None]) -> None:
        self.tasks.append(work)


async def use(pool: Pool) -> None:
    """Does with the past what the service does."""
    database = Database(pool)
    store = Store(database)
    await _life(store)
    await _events(database, store)
    await _history(database)
    await _forms(database)
    await _webhooks(database)
    await _documents(database)
    await _idempotency_keys(database, store)
    await _overdue(database)
    await _goes(pool, store)


def _new(name: str) -> NewSession:
    values: dict[str, Any] = {
        "session_id": f"sess_{name}", "tenant_id": "ten_hook1", "owner_id": 1, "character_id": "chr_new",
        "character_slug": "new", "character_version": 1, "user_id": 1, "room_name": f"room-{name}",
        "participant_identity": f"user-{name}", "origin_url": "", "metadata": {}, "snapshot": b"", "mcp_headers": {},
        "trace_context": {}, "max_call_seconds": 60,
    }  # fmt: skip
    return NewSession(**values)


async def _life(store: Store) -> None:
    for name in ("a", "b", "c", "d"):
        await store.insert(_new(name), GRANT, 600, 5.0)
    await store.delete_unjoined("sess_d")
    assert await store.held_slots()
    call = await store.call("sess_a")
    assert call is not None
    assert await store.call_in_room("room-a") is not None
    assert len(await store.calls_in_rooms(["room-a", "room-b"])) == 2
    assert len(await store.calls(["sess_a", "sess_b"])) == 2
    assert await store.redispatch(call, OTHER)
    assert await store.claim("sess_a", OTHER.worker_id) is not None
    assert await store.caller_joined("room-a", "user-a", "PA_1", "RM_1") is not None
    assert await store.agent_left("room-a", datetime.now(UTC))
    await store.agent_joined("room-a")
    assert await store.caller_left("room-a", caller_sid="PA_1")
    assert await store.release_slot("sess_b") is not None
    assert await store.release_unjoined_slot(0.0, "ten_hook1") is not None
    assert await store.release_unjoined_slot(0.0, None) is None
    assert await store.readmit("sess_b", GRANT, "PA_2", "RM_2")
    assert await store.finalise("sess_a", end_reasons.ENDED_BY_API, Notice("ended", "It is over."), 0.0) is not None
    await store.room_deleted("sess_a")
    assert await store.rooms_to_delete()
    assert await store.open_calls("ten_hook1")
    await store.forget_user(5, TENANT.tenant_id)


async def _events(database: Database, store: Store) -> None:
    moment = pb.SessionEvent(sequence=1).occur_time
    moment.FromDatetime(NOW)
    events = [
        pb.SessionEvent(sequence=1, occur_time=moment, turn=pb.Turn(role=pb.ROLE_USER, text="Hello")),
        pb.SessionEvent(sequence=2, occur_time=moment, usage=pb.Usage(llm_input_tokens=3)),
        pb.SessionEvent(sequence=3, occur_time=moment, end=pb.EndEvent(reason=pb.END_REASON_CLIENT_LEFT)),
    ]
    taker = EventAppender(database, cast("Any", Lifecycle(store)), cast("Any", LiveUpdates()), {})
    assert await taker.append("sess_b", GRANT.worker_id, events) == 3


async def _history(database: Database) -> None:
    history = HistoryReader(database)
    assert await history.get(PAST) is not None
    assert await history.head(PAST) is not None
    for who in WHO.values():
        for wanted in FILTERS.values():
            meant = Filter(**who, **wanted)
            await history.list(meant, 50, "", 0, full=True)
            await history.list(meant, 50, "", 600, full=True)
            await history.list(meant, 200, write_token(NOW - timedelta(days=100), SESSIONS // 2), 0, full=True)
    watching = Watcher(database, history, cast("Any", LiveUpdates()), 5)
    for session_id in (PAST, "sess_b"):
        async with asyncio.timeout(RELAY_SECONDS), aclosing(watching.watch(session_id, "ten", 0)) as told:
            async for answer in told:
                if answer.HasField("ended"):
                    break


async def _forms(database: Database) -> None:
    forms = FormStore(database, [enqueue_webhook])
    new = NewResponse("ten_hook1", "chr_new", "new", "note", "sess_b", {"text": "hello"}, ("text",), "key", b"digest")
    assert await forms.add(new) is not None
    assert await forms.by_key("chr_new", "key") is not None
    assert await forms.call_of("sess_b") is not None
    for wanted in (
        ResponseFilter("chr_new"),
        ResponseFilter("chr_new", "note"),
        ResponseFilter("chr_new", session_id="sess_b"),
        ResponseFilter("chr_new", "note", "sess_b"),
    ):
        assert len(await forms.page(wanted, 2**62, 0, 50)) == 1
        assert await forms.count(wanted) == 1
        assert await forms.field_names(wanted) == ["text"]
    assert len(await forms.of_sessions(["sess_b", PAST], None)) == 1
    assert len(await forms.of_sessions(["sess_b", PAST], "ten_hook1")) == 1


async def _webhooks(database: Database) -> None:
    endpoints, deliveries = Endpoints(database), Deliveries(database)
    endpoint = await endpoints.add("ten_hook1", "https://shop.example/new", [], True, "sealed")
    assert await endpoints.all("ten_hook1")
    assert await endpoints.find("ten_hook1", endpoint["id"]) is not None
    assert await endpoints.change("ten_hook1", endpoint["id"], None, ["session.ended"], None) is not None
    assert await endpoints.rotate("ten_hook1", endpoint["id"], "sealed anew") is not None
    due = await deliveries.due(["whk_50"], ["ten_hook33"], 4)
    leased = await deliveries.lease([each.seq for each in due[:5]])
    assert len(leased) == 5
    gone = Outcome("failed", None, 410, "It is gone.", "", 5.0, gone=True)
    delivered = Outcome("delivered", None, 200, "", "", 5.0)
    await deliveries.settle(leased[0], gone)
    await deliveries.settle(leased[1], delivered)
    one = leased[1]
    rows, total = await deliveries.page(one.tenant_id, one.endpoint_id, 50, 0)
    assert len(rows) == total == 1
    assert await deliveries.send_again(one.tenant_id, rows[0]["id"]) is not None
    await deliveries.prune(timedelta(days=20.7))
    assert await endpoints.delete("ten_hook1", endpoint["id"])


async def _documents(database: Database) -> None:
    told = asyncio.Event()

    async def list_events(request: knowledge_pb2.ListDocumentEventsRequest, **_: Any) -> Any:
        if request.after:
            told.set()
            return knowledge_pb2.ListDocumentEventsResponse()
        event = knowledge_pb2.DocumentEvent(number=1, tenant_id="ten_hook2", character_slug="new")
        return knowledge_pb2.ListDocumentEventsResponse(events=[event])

    knowledge = cast("Any", SimpleNamespace(ListDocumentEvents=list_events))
    signer = cast("Any", SimpleNamespace(service_token=lambda: "token"))
    relay = asyncio.create_task(DocumentRelay(database, knowledge, signer, poll_seconds=0.01).run())
    try:
        async with asyncio.timeout(RELAY_SECONDS):
            await told.wait()
    finally:
        relay.cancel()
        await asyncio.wait([relay])


async def _idempotency_keys(database: Database, store: Store) -> None:
    background = BackgroundTasks()
    keys = IdempotencyKeys(database, cast("Any", background))
    key = IdempotencyKey("ten_hook1/1", "a key", b"digest")
    assert await keys.take(key) is None
    row = await store.insert(_new("e"), GRANT, 600, 5.0)
    await keys.bind(key, row["id"], pb.StartSessionResponse())
    assert await keys.take(key) is not None
    keys.free(IdempotencyKey("ten_hook1/1", "another", b"digest"))
    for work in background.tasks:
        await work
    await keys.delete_expired()


async def _overdue(database: Database) -> None:
    settings = cast("Any", SimpleNamespace(join_seconds=0.0, claim_seconds=0.0, absence_seconds=0.0))
    assert await overdue.find(database, settings)
    _, active = await overdue.claimed(database)
    assert active > 0
    assert await overdue.active_without_room(database, ["room-a"])


async def _goes(pool: Pool, store: Store) -> None:
    for tenant_id in ("ten_other5", "ten_hook1"):
        token = ""
        while token := (await account_data.export(pool, HOLDINGS, tenant_id, token)).token:
            pass
        while not await account_data.delete(pool, HOLDINGS, tenant_id, 5.0):
            pass
    assert await store.open_calls("ten_hook1") == []
