"""Contract 14.4 and 14.12 (session object): `events/`, a call as server-sent events that survive a reconnect."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from callbox.sessions.v1 import live_pb2, live_pb2_grpc
from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from prometheus_client import REGISTRY

from services.gateway.answers import event_stream
from services.gateway.app import running
from services.gateway.settings import GatewaySettings
from services.kit.errors import CallboxError
from services.kit.rpc.client import call, connect
from tests.fixtures.sessions import until
from tests.http.events import path, reading
from tests.http.site import refused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.callers import DirectedWorker
    from tests.fixtures.redis import RedisServer
    from tests.http.site import Site

_STREAMS = {"method": "/callbox.sessions.v1.LiveService/WatchSession"}


async def claimed(site: Site, worker: DirectedWorker) -> str:
    session_id: str = (await site.start()).json()["session_id"]

    async def is_claimed() -> bool:
        return session_id in worker.claims

    await until(is_claimed)
    return session_id


def turn(sequence: int, text: str, **more: Any) -> pb.SessionEvent:
    said = pb.Turn(turn_index=sequence - 1, role=pb.ROLE_USER, text=text, start_seconds=sequence, **more)
    return pb.SessionEvent(sequence=sequence, turn=said)


def end(sequence: int) -> pb.SessionEvent:
    return pb.SessionEvent(sequence=sequence, end=pb.EndEvent(reason=pb.END_REASON_AGENT_ENDED))


async def eventually(worker: DirectedWorker, session_id: str, *events: pb.SessionEvent) -> None:
    """Tells, trying again as the agent does while sessions is away."""

    async def told() -> bool:
        with contextlib.suppress(CallboxError):
            return await worker.tell(session_id, *events) == events[-1].sequence
        return False

    await until(told)


async def publish(site: Site, worker: DirectedWorker, session_id: str, update: live_pb2.LiveUpdate) -> None:
    async with connect(site.house.settings.listen) as channel:
        request = live_pb2.PublishLiveRequest(session_id=session_id, worker_id=worker.worker_id, update=update)
        method = live_pb2_grpc.LiveServiceStub(channel).PublishLive
        await call(method, request, identity=site.house.callers.service("agent"))


async def open_streams() -> float:
    return REGISTRY.get_sample_value("callbox_rpc_server_streams", _STREAMS) or 0.0


async def none_open() -> bool:
    return await open_streams() == 0


async def test_every_kind_of_event_with_its_shape_to_the_end(site: Site) -> None:
    async with site.house.worker(joins=True) as worker:
        session_id = await claimed(site, worker)
        async with reading(site.owner, session_id) as reader:
            assert reader.response.headers["content-type"].startswith("text/event-stream")
            assert reader.response.headers["cache-control"] == "no-store"
            assert reader.response.headers["x-request-id"]
            await reader.until(lambda r: r.events)
            assert reader.named("state") == [{"status": "created", "agent_state": None}]
            said = live_pb2.PartialTurn(turn_index=0, role=pb.ROLE_USER, text="Grüß")
            await publish(
                site,
                worker,
                session_id,
                live_pb2.LiveUpdate(agent_state=live_pb2.AGENT_STATE_THINKING, partials=[said]),
            )
            await reader.until(lambda r: r.named("turn.partial") == [{"role": "user", "text": "Grüß", "turn_index": 0}])
            assert reader.named("state")[-1] == {"status": "created", "agent_state": "thinking"}

            latency = pb.LatencyParts(first_token=Duration(nanos=250_000_000))
            answered = pb.Turn(
                turn_index=1, role=pb.ROLE_ASSISTANT, text="Hello.\n\u2028Yes?", interrupted=True, latency=latency
            )
            await worker.tell(
                session_id,
                turn(1, "Grüß Gott 🙂", typed=True),
                pb.SessionEvent(sequence=2, turn=answered),
                pb.SessionEvent(sequence=3, error=pb.ErrorEvent(code="llm_error", message="It was away.")),
                pb.SessionEvent(sequence=4, form=pb.FormEvent(form_id="demo", action=pb.FORM_ACTION_SUBMITTED)),
                pb.SessionEvent(
                    sequence=5,
                    tool=pb.ToolEvent(
                        name="find_order", kind=pb.TOOL_KIND_HTTP, result_preview="shipped", start_seconds=2.5
                    ),
                ),
                pb.SessionEvent(
                    sequence=6,
                    handoff=pb.HandoffEvent(from_slug="desk", to_slug="billing", reason="A bill", turn_index=2),
                ),
                end(7),
            )
            await reader.until(lambda r: r.over)
        first, second = reader.named("turn.final")
        assert first == {"role": "user", "text": "Grüß Gott 🙂", "turn_index": 0, "ts": 1.0, "typed": True}
        assert (second["text"], second["interrupted"], second["latency"]["first_token"]) == (
            "Hello.\n\u2028Yes?",
            True,
            250,
        )
        assert reader.named("error") == [{"code": "llm_error", "message": "It was away."}]
        assert reader.named("form") == [{"form_id": "demo", "action": "submitted", "ts": 0.0}]
        kept = (await site.owner.get(f"/api/billing/sessions/{session_id}/")).json()["data"]
        assert reader.named("tool") == kept["tool_calls"]
        assert reader.named("handoff") == kept["handoffs"]
        assert kept["handoffs"] == [{"from": "desk", "to": "billing", "reason": "A bill", "ts": 0.0, "turn_index": 2}]
        assert (kept["tool_calls"][0]["name"], kept["tool_calls"][0]["kind"]) == ("find_order", "http")
        shown = (await site.owner.get(f"/api/agents/sessions/{session_id}/")).json()
        assert reader.named("ended") == [shown]
        assert shown["end_reason"] == "agent_ended"
        ids = [event.id for event in reader.events]
        assert len(set(ids)) == len(ids)
        assert ids[-1] == "7.ended"
        assert reader.retry == ["1000"]


async def test_a_finished_call_tells_its_events_and_ends_and_who_saw_the_end_is_told_not_to_come_back(
    site: Site,
) -> None:
    async with site.house.worker(joins=True) as worker:
        session_id = await claimed(site, worker)
        await worker.tell(session_id, turn(1, "One."), turn(2, "Two."), end(3))
    for client in (site.owner, site.keyed):
        async with reading(client, session_id) as reader:
            await reader.until(lambda r: r.over)
            assert [event.name for event in reader.events] == ["turn.final", "turn.final", "ended"]
    async with reading(site.owner, session_id, "1") as reader:
        await reader.until(lambda r: r.over)
        assert [event.id for event in reader.events] == ["2", "3.ended"]
    again = await site.owner.get(path(session_id), headers={"Last-Event-ID": reader.last_id})
    assert (again.status_code, again.content) == (204, b"")


async def test_a_reconnect_loses_and_doubles_nothing_wherever_it_breaks(site: Site) -> None:
    async with site.house.worker() as worker:
        session_id = await claimed(site, worker)
        got: list[str] = []
        last = ""
        for number in range(1, 9):
            # Told while nobody watches, every second time.
            if number % 2:
                await worker.tell(session_id, turn(number, f"{number}"))
            async with reading(site.owner, session_id, last) as reader:
                await reader.until(lambda r: r.events)
                if not number % 2:
                    await worker.tell(session_id, turn(number, f"{number}"))
                await reader.until(lambda r: r.named("turn.final"))
                said = live_pb2.PartialTurn(turn_index=number, role=pb.ROLE_USER, text="…")
                await publish(site, worker, session_id, live_pb2.LiveUpdate(partials=[said]))
                await reader.until(lambda r: r.named("turn.partial"))
                got += [data["text"] for data in reader.named("turn.final")]
                last = reader.last_id
        assert got == [f"{number}" for number in range(1, 9)]


@pytest.mark.own_stack("restarts the sessions service")
async def test_a_restart_of_sessions_is_not_noticed_by_who_watches(site: Site) -> None:
    async with site.house.worker() as worker:
        session_id = await claimed(site, worker)
        async with reading(site.owner, session_id) as reader:
            await worker.tell(session_id, turn(1, "One."))
            await reader.until(lambda r: len(r.named("turn.final")) == 1)
            await site.house.stop()
            await site.house.start()
            await eventually(worker, session_id, turn(2, "Two."))
            await reader.until(lambda r: len(r.named("turn.final")) == 2)
            assert not reader.over
            assert len(reader.named("state")) == 1


async def test_a_stop_of_the_gateway_ends_streams_at_once_and_another_gateway_goes_on(
    site: Site, keys_dir: Path, web_dir: Path
) -> None:
    settings = GatewaySettings(
        listen="127.0.0.1:0",
        keys_dir=keys_dir,
        web_dir=web_dir,
        accounts_address=site.house.settings.accounts_address,
        characters_address=site.house.settings.characters_address,
        sessions_address=site.house.settings.listen,
    )
    async with site.house.worker() as worker, contextlib.AsyncExitStack() as stack:
        session_id = await claimed(site, worker)
        other = contextlib.AsyncExitStack()
        api = await other.enter_async_context(running(settings))
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", headers={"X-API-Key": site.key})
        )
        reader = await stack.enter_async_context(reading(client, session_id))
        await worker.tell(session_id, turn(1, "One."))
        await reader.until(lambda r: r.named("turn.final"))
        began = asyncio.get_running_loop().time()
        await other.aclose()
        await reader.until(lambda r: r.over)
        assert asyncio.get_running_loop().time() - began < 2.0
        await worker.tell(session_id, turn(2, "Two."))
        async with reading(site.keyed, session_id, reader.last_id) as again:
            await again.until(lambda r: [data["text"] for data in r.named("turn.final")] == ["Two."])


@pytest.mark.own_stack("restarts Redis")
async def test_redis_that_comes_back_empty_costs_no_final_event(site: Site, redis_server: RedisServer) -> None:
    async with site.house.worker() as worker:
        session_id = await claimed(site, worker)
        async with reading(site.owner, session_id) as reader:
            await reader.until(lambda r: r.events)
            for number in range(1, 4):
                redis_server.restart()
                await worker.tell(session_id, turn(number, f"{number}"))
            await reader.until(lambda r: [data["text"] for data in r.named("turn.final")] == ["1", "2", "3"])


async def test_heartbeats_keep_a_silent_stream_open(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_HEARTBEAT_SECONDS", 0.2)
    async with site.house.worker() as worker:
        session_id = await claimed(site, worker)
        async with reading(site.owner, session_id) as reader:
            await reader.until(lambda r: len(r.comments) >= 3)
            assert set(reader.comments) == {"heartbeat"}
            assert [event.name for event in reader.events] == ["state"]


async def test_a_stream_has_its_time_and_the_reader_comes_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "STREAM_SECONDS", 1.0)
    async with site.house.worker() as worker:
        session_id = await claimed(site, worker)
        async with reading(site.owner, session_id) as reader:
            await worker.tell(session_id, turn(1, "One."))
            await reader.until(lambda r: r.over)
        await worker.tell(session_id, turn(2, "Two."))
        async with reading(site.owner, session_id, reader.last_id) as again:
            await again.until(lambda r: [data["text"] for data in r.named("turn.final")] == ["Two."])


async def test_a_reader_that_does_not_read_is_dropped_and_holds_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "_SEND_SECONDS", 0.5)
    host, port = httpx.URL(site.base_url).host, httpx.URL(site.base_url).port
    async with site.house.worker() as worker:
        session_id = await claimed(site, worker)
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.connect((host, port))
            lazy.sendall(f"GET {path(session_id)} HTTP/1.1\r\nHost: x\r\nX-API-Key: {site.key}\r\n\r\n".encode())

            async def is_open() -> bool:
                return await open_streams() == 1

            await until(is_open)
            for start in range(1, 901, 100):
                await worker.tell(session_id, *(turn(number, "x" * 20_000) for number in range(start, start + 100)))
            await until(none_open)
        async with reading(site.owner, session_id, "899") as reader:
            await reader.until(lambda r: [event.id for event in r.events if event.name == "turn.final"] == ["900"])


async def test_who_leaves_holds_nothing(site: Site) -> None:
    async with site.house.worker() as worker:
        session_id = await claimed(site, worker)
        for _ in range(3):
            async with reading(site.owner, session_id) as reader:
                await reader.until(lambda r: r.events)
        await until(none_open)


async def test_who_may_watch(site: Site) -> None:
    stranger = await site.stranger()
    async with site.house.worker() as worker:
        session_id = await claimed(site, worker)
        refused(await site.nobody.get(path(session_id)), 401, "not_authenticated")
        refused(
            await site.nobody.get(path(session_id), headers={"Origin": "https://shop.example"}),
            401,
            "not_authenticated",
        )
        refused(await site.nobody.get(path(session_id), headers={"X-API-Key": "sk_no"}), 401, "not_authenticated")
        refused(await stranger.get(path(session_id)), 404, "not_found")
        for unknown in ("sess_unknown", "no such", "x" * 300):
            refused(await site.owner.get(path(unknown)), 404, "not_found")
        for nonsense in ("x", "-1", "1.x", "1.2.3", "9" * 30, "1e3"):
            body = refused(
                await site.owner.get(path(session_id), headers={"Last-Event-ID": nonsense}), 422, "validation_failed"
            )
            assert list(body["errors"]) == ["Last-Event-ID"]


async def test_a_tenant_watches_a_bounded_number_of_calls(site: Site) -> None:
    limit = site.house.settings.streams_per_tenant
    async with site.house.worker() as worker, contextlib.AsyncExitStack() as stack:
        session_id = await claimed(site, worker)
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=site.base_url, headers={"X-API-Key": site.key}, limits=httpx.Limits(max_connections=None)
            )
        )
        for _ in range(limit):
            await stack.enter_async_context(reading(client, session_id))
        body = refused(await client.get(path(session_id)), 429, "rate_limited")
        assert f"{limit}" in body["message"]
    await until(none_open)
