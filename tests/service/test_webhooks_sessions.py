"""Contract 14.11, 14.12 (webhooks): what the sessions service tells of calls, and that no dead process loses it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from callbox.sessions.v1 import sessions_pb2 as sessions_pb
from callbox.sessions.v1 import webhooks_pb2 as pb
from callbox.sessions.v1 import webhooks_pb2_grpc
from google.protobuf.field_mask_pb2 import FieldMask

from deploy.local.ports import pick_ports
from services.kit.errors import Code
from services.kit.rpc.client import call, connect
from services.kit.settings import PREFIX
from services.sessions.webhooks.event_types import EVENT_TYPES
from tests.fixtures.hostile_urls import NAMES, PRIVATE, TRICKS
from tests.fixtures.post import verified
from tests.fixtures.process import ServerProcess, listens
from tests.fixtures.refusals import refusal
from tests.fixtures.sessions import MakeHouse, SessionsHouse, until
from tests.fixtures.wire import Asked, Wire, answer, listening, say

if TYPE_CHECKING:
    from tests.fixtures.identities import Callers

_HOOKS: dict[str, Any] = {
    "outbound_allow": "127.0.0.0/8",
    "webhook_poll_seconds": 0.1,
    "webhook_retry_seconds": 0.2,
}


@asynccontextmanager
async def hooks(house: SessionsHouse) -> AsyncIterator[webhooks_pb2_grpc.WebhooksServiceAsyncStub]:
    async with connect(house.settings.listen) as channel:
        yield webhooks_pb2_grpc.WebhooksServiceStub(channel)


async def create(house: SessionsHouse, wire: Wire, *events: str) -> pb.Webhook:
    async with hooks(house) as stub:
        request = pb.CreateWebhookRequest(url=f"http://127.0.0.1:{wire.port}/", events=events, is_active=True)
        return await call(stub.CreateWebhook, request, identity=house.user)


async def told(wire: Wire, webhook: pb.Webhook, count: int) -> list[dict[str, Any]]:
    """The messages, as soon as there are so many, in the order of their types."""

    async def enough() -> bool:
        return len(wire.requests) >= count

    await until(enough)
    return sorted(
        (verified(asked, webhook.secret) for asked in wire.requests), key=lambda message: message["timestamp"]
    )


async def test_a_call_is_told_when_its_caller_joins_and_when_it_ends(make_house: MakeHouse) -> None:
    house = await make_house(**_HOOKS)
    async with listening(say) as wire, house.worker(joins=True):
        webhook = await create(house, wire)
        started = await house.begin(metadata={"order": 7})
        session_id = started.session.session_id
        async with house.join(started):
            await house.until(session_id, lambda session: session.status == sessions_pb.SESSION_STATUS_ACTIVE)
            (begun,) = await told(wire, webhook, 1)
            assert begun["type"] == "session.started"
            data = begun["data"]
            assert set(data) == {
                "session_id",
                "status",
                "character_slug",
                "character_version",
                "room_name",
                "created_at",
                "joined_at",
                "ended_at",
                "end_reason",
                "metadata",
            }
            assert (data["session_id"], data["status"], data["character_slug"]) == (session_id, "active", "support-bot")
            assert data["metadata"] == {"order": 7}
            assert datetime.fromisoformat(data["joined_at"]) >= datetime.fromisoformat(data["created_at"])
            assert (data["ended_at"], data["end_reason"]) == (None, None)
        assert await house.until_ended(session_id) == "client_left"
        begun, ended = await told(wire, webhook, 2)
        assert ended["type"] == "session.ended"
        assert (ended["data"]["status"], ended["data"]["end_reason"]) == ("ended", "client_left")
        assert ended["data"]["ended_at"].endswith("Z")
        # Asked for once more, an end is not told once more.
        await house.end(session_id)
        async with hooks(house) as stub:
            listing = pb.ListWebhookDeliveriesRequest(webhook_id=webhook.id)
            assert (await call(stub.ListWebhookDeliveries, listing, identity=house.user)).total_size == 2


async def test_a_call_that_nobody_joins_is_told_only_when_it_ends(make_house: MakeHouse) -> None:
    house = await make_house(**_HOOKS)
    async with listening(say) as wire, house.worker():
        webhook = await create(house, wire)
        session_id = (await house.begin()).session.session_id
        await house.end(session_id)
        (ended,) = await told(wire, webhook, 1)
        assert (ended["type"], ended["data"]["end_reason"]) == ("session.ended", "ended_by_api")
        assert ended["data"]["joined_at"] is None


async def test_an_end_that_the_worker_tells_is_told_in_the_same_transaction(make_house: MakeHouse) -> None:
    house = await make_house(**_HOOKS)
    async with listening(say) as wire, house.worker(joins=True) as worker:
        webhook = await create(house, wire, "session.ended")
        started = await house.begin()
        session_id = started.session.session_id
        async with house.join(started):
            await house.until(session_id, lambda session: session.status == sessions_pb.SESSION_STATUS_ACTIVE)

            async def claimed() -> bool:
                return session_id in worker.claims

            await until(claimed)
            end = sessions_pb.EndEvent(reason=sessions_pb.END_REASON_AGENT_ENDED)
            await worker.tell(session_id, sessions_pb.SessionEvent(sequence=1, end=end))
            (ended,) = await told(wire, webhook, 1)
            assert ended["data"]["end_reason"] == "agent_ended"


def environment(house: SessionsHouse, **differing: Any) -> dict[str, str]:
    """The variables of a process that is like the house's own service."""
    values = house.settings.model_dump() | {
        "listen": f"127.0.0.1:{pick_ports(1)[0]}",
        "ops_listen": f"127.0.0.1:{pick_ports(1)[0]}",
        **differing,
    }
    return {PREFIX + name.upper(): str(value) for name, value in values.items()}


@pytest.mark.timeout(120)
async def test_a_process_killed_in_the_middle_of_a_delivery_loses_nothing(
    make_house: MakeHouse, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The house's own service takes calls and delivers nothing.
    house = await make_house(**_HOOKS | {"webhook_poll_seconds": 60.0})
    root = Path(__file__).resolve().parents[2]
    hold = asyncio.Event()

    async def receive(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if not hold.is_set():
            await asyncio.sleep(60)
        writer.write(answer(200))

    def start(number: int) -> ServerProcess:
        variables = environment(house, **_HOOKS)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PYTHONPATH", f"{root}{os.pathsep}{root / 'gen'}")
        port = int(variables[f"{PREFIX}LISTEN"].rpartition(":")[2])
        process = ServerProcess(
            [sys.executable, "-m", "services.sessions"], tmp_path / f"sessions-{number}.log", signal.SIGKILL
        )
        process.start(lambda: listens(port), 40.0)
        return process

    async with listening(receive) as wire, house.worker():
        webhook = await create(house, wire)
        first = await asyncio.to_thread(start, 1)
        try:
            session_id = (await house.begin()).session.session_id
            await house.end(session_id)

            async def arrived() -> bool:
                return len(wire.requests) == 1

            await until(arrived)
        finally:
            first.stop()
        hold.set()
        second = await asyncio.to_thread(start, 2)
        try:
            connection = await asyncpg.connect(database_url, timeout=10)
            try:
                # The lease still runs; half a minute passes.
                row = await connection.fetchrow("select * from sessions.webhook_deliveries")
                assert row is not None
                assert row["status"] == "pending"
                assert timedelta() < row["leased_until"] - row["last_attempt_at"] <= timedelta(seconds=31)
                await connection.execute(
                    "update sessions.webhook_deliveries set leased_until = leased_until - interval '30 seconds'"
                )
            finally:
                await connection.close(timeout=5)
            messages = await told(wire, webhook, 2)
        finally:
            second.stop()
        assert [message["data"]["session_id"] for message in messages] == [session_id] * 2
        assert len({asked.headers["webhook-id"] for asked in wire.requests}) == 1


# The RPCs


async def test_every_private_address_and_trick_is_refused_on_write(house: SessionsHouse) -> None:
    async with hooks(house) as stub:
        for url in [*PRIVATE, *TRICKS]:
            if not url.isprintable() or "\ud800" in url:
                continue  # protobuf carries no half characters; the others are refused below
            error = await refusal(
                call(stub.CreateWebhook, pb.CreateWebhookRequest(url=url.format(port=80)), identity=house.user),
                Code.VALIDATION_FAILED,
            )
            assert list(error.fields) == ["url"], url
        for url in NAMES:
            made = await call(stub.CreateWebhook, pb.CreateWebhookRequest(url=url.format(port=80)), identity=house.user)
            assert made.url == url.format(port=80)
            await call(stub.DeleteWebhook, pb.DeleteWebhookRequest(id=made.id), identity=house.user)
        kept = await call(stub.CreateWebhook, pb.CreateWebhookRequest(url="https://a.example/"), identity=house.user)
        change = pb.UpdateWebhookRequest(
            webhook=pb.Webhook(id=kept.id, url="http://169.254.169.254/"), update_mask=FieldMask(paths=["url"])
        )
        await refusal(call(stub.UpdateWebhook, change, identity=house.user), Code.VALIDATION_FAILED)


async def test_nonsense_is_refused_and_never_a_fault_of_ours(house: SessionsHouse, callers: Callers) -> None:
    async with hooks(house) as stub:
        for url in ("http://a.example/\x00", "", "x" * 100_000, "http://a.example\r\n/"):
            await refusal(
                call(stub.CreateWebhook, pb.CreateWebhookRequest(url=url), identity=house.user), Code.VALIDATION_FAILED
            )
        for events in (["nothing"], ["session.*"], [""], ["session.ended\0"], [*EVENT_TYPES, "x"]):
            request = pb.CreateWebhookRequest(url="https://a.example/", events=events)
            error = await refusal(call(stub.CreateWebhook, request, identity=house.user), Code.VALIDATION_FAILED)
            assert all(field.startswith("events.") for field in error.fields)
        for identity in ("", "\0", "whk_\ud7ff", "whk_none", "x" * 100_000):
            for asked in (
                call(stub.GetWebhook, pb.GetWebhookRequest(id=identity), identity=house.user),
                call(stub.DeleteWebhook, pb.DeleteWebhookRequest(id=identity), identity=house.user),
                call(stub.RotateWebhookSecret, pb.RotateWebhookSecretRequest(id=identity), identity=house.user),
                call(stub.RedeliverWebhook, pb.RedeliverWebhookRequest(id=identity), identity=house.user),
                call(
                    stub.ListWebhookDeliveries,
                    pb.ListWebhookDeliveriesRequest(webhook_id=identity),
                    identity=house.user,
                ),
            ):
                await refusal(asked, Code.NOT_FOUND)
        for size, skip in ((-1, 0), (201, 0), (0, -1), (0, 2**31 - 1)):
            listing = pb.ListWebhookDeliveriesRequest(webhook_id="whk_none", page_size=size, skip=skip)
            await refusal(call(stub.ListWebhookDeliveries, listing, identity=house.user), Code.VALIDATION_FAILED)
        for paths in ([], ["secret"], ["url", "tenant_id"]):
            change = pb.UpdateWebhookRequest(update_mask=FieldMask(paths=paths))
            await refusal(call(stub.UpdateWebhook, change, identity=house.user), Code.VALIDATION_FAILED)
        for identity in (callers.visitor("https://shop.example"), callers.service("agent")):
            listing_all = call(stub.ListWebhooks, pb.ListWebhooksRequest(), identity=identity)
            await refusal(listing_all, Code.NOT_AUTHENTICATED)
