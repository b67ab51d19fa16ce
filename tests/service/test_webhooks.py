"""Contract 14.9, 14.11, 14.12 (webhooks): messages from the outbox to real receivers, at least once."""

import asyncio
import json
from collections import Counter
from datetime import timedelta

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from services.kit.errors import Code
from services.sessions.webhooks import outbox, signing
from services.sessions.webhooks.deliveries import Outcome
from services.sessions.webhooks.endpoints import MAX_ENDPOINTS
from tests.fixtures.dns import dns_server
from tests.fixtures.post import TENANT, Post, post, verified
from tests.fixtures.refusals import refusal
from tests.fixtures.sessions import until
from tests.fixtures.stopwatch import Stopwatch
from tests.fixtures.wire import Asked, Wire, answer, listening, say

__all__ = ["post"]


def url(wire: Wire, path: str = "/hooks?shop=1") -> str:
    return f"http://127.0.0.1:{wire.port}{path}"


async def arrivals(wire: Wire, count: int, seconds: float = 30.0) -> list[Asked]:
    """All requests, as soon as there are so many."""

    async def enough() -> bool:
        return len(wire.requests) >= count

    await until(enough, seconds)
    return wire.requests


def giving(*statuses: int, **headers: str) -> object:
    """A receiver that answers with these statuses one after the other, and with the last for ever."""
    left = list(statuses)

    async def handle(asked: Asked, writer: asyncio.StreamWriter) -> None:
        status = left.pop(0) if len(left) > 1 else left[0]
        writer.write(answer(status, b"thanks" if status < 300 else b"no \0 thanks", **headers))

    return handle


# The message


async def test_a_message_is_signed_and_says_what_happened(post: Post) -> None:
    async with listening(giving(204)) as wire, post.courier():  # type: ignore[arg-type]
        endpoint_id, secret = await post.endpoint(url(wire))
        await post.happen("session.ended", session_id="sess_1", end_reason="client_left", name="Zoë ☎")
        asked = (await arrivals(wire, 1))[0]
        assert (asked.method, asked.target) == ("POST", "/hooks?shop=1")
        assert asked.headers["content-type"] == "application/json"
        message = verified(asked, secret)
        assert message["type"] == "session.ended"
        assert message["data"] == {"session_id": "sess_1", "end_reason": "client_left", "name": "Zoë ☎"}
        assert message["timestamp"].endswith("Z")
        logged = await post.until_log(endpoint_id, "delivered")
        assert asked.headers["webhook-id"] == logged["message_id"]
        assert logged["message_id"].startswith("msg_")
        assert (logged["http_status"], logged["attempts"], logged["error"]) == (204, 1, "")
        assert logged["next_attempt_at"] is None
        assert logged["duration_ms"] > 0


async def test_each_endpoint_is_told_of_the_kinds_it_wants_and_of_its_own_tenant(post: Post) -> None:
    async with listening(giving(200)) as wire, post.courier():  # type: ignore[arg-type]
        every, _ = await post.endpoint(url(wire, "/every"))
        some, _ = await post.endpoint(url(wire, "/some"), "session.started", "form.submitted")
        await post.endpoint(url(wire, "/foreign"), tenant_id="ten_two")
        off, _ = await post.endpoint(url(wire, "/off"))
        await post.endpoints.change(TENANT, off, None, None, is_active=False)
        for kind in ("session.started", "session.ended", "form.submitted", "document.processed"):
            await post.happen(kind)
        await post.happen("session.ended", tenant_id="ten_three")
        await arrivals(wire, 6)
        assert Counter(asked.target for asked in wire.requests) == {"/every": 4, "/some": 2}
        assert {row["type"] for row in await post.log(some)} == {"session.started", "form.submitted"}
        # One message has one identity, whoever is told of it.
        both = {row["message_id"] for row in await post.log(every)} & {
            row["message_id"] for row in await post.log(some)
        }
        assert len(both) == 2
        assert await post.pool.fetchval("select count(*) from webhook_messages") == 4


async def test_what_is_rolled_back_is_never_told(post: Post) -> None:
    async with listening(giving(200)) as wire, post.courier():  # type: ignore[arg-type]
        await post.endpoint(url(wire))

        async def fail_half_way() -> None:
            async with post.pool.acquire() as connection, connection.transaction():
                await outbox.enqueue(connection, TENANT, "session.ended", {"session_id": "never"})
                raise LookupError

        with pytest.raises(LookupError):
            await fail_half_way()
        await post.happen(session_id="always")
        await arrivals(wire, 1)
        assert [json.loads(asked.body)["data"]["session_id"] for asked in wire.requests] == ["always"]


async def test_an_endpoint_deleted_at_the_same_moment_fails_no_transaction(post: Post) -> None:
    endpoint_id, _ = await post.endpoint("https://shop.example/")
    async with post.pool.acquire() as deleting, post.pool.acquire() as telling:
        deletion = deleting.transaction()
        await deletion.start()
        await deleting.execute("delete from webhook_endpoints where id = $1", endpoint_id)
        async with telling.transaction():
            message = asyncio.create_task(outbox.enqueue(telling, TENANT, "session.ended", {}))

            async def waits() -> bool:
                waiting = await post.pool.fetchval("select count(*) from pg_locks where not granted")
                return bool(waiting) or message.done()

            await until(waits)
            await deletion.commit()
            await message
    assert await post.pool.fetchval("select count(*) from webhook_messages") == 0


async def test_after_a_rotation_both_secrets_are_good_for_a_day(post: Post) -> None:
    async with listening(giving(200)) as wire, post.courier():  # type: ignore[arg-type]
        endpoint_id, old = await post.endpoint(url(wire))
        new = signing.new_secret()
        assert await post.endpoints.rotate(TENANT, endpoint_id, post.vault.encrypt(new))
        await post.happen()
        both = (await arrivals(wire, 1))[0]
        verified(both, old)
        verified(both, new)
        await post.pool.execute(
            "update webhook_endpoints set previous_secret_until = previous_secret_until - interval '24 hours'"
        )
        await post.happen()
        one = (await arrivals(wire, 2))[1]
        verified(one, new)
        with pytest.raises(WebhookVerificationError):
            Webhook(old).verify(one.body, one.headers)


async def test_secrets_are_not_readable_in_the_database(post: Post) -> None:
    endpoint_id, secret = await post.endpoint("https://shop.example/")
    await post.endpoints.rotate(TENANT, endpoint_id, post.vault.encrypt(signing.new_secret()))
    row = str(await post.pool.fetchrow("select * from webhook_endpoints"))
    assert secret not in row
    assert "whsec_" not in row


async def test_a_tenant_has_a_number_of_endpoints_also_when_it_asks_at_once(post: Post) -> None:
    tries = await asyncio.gather(
        *(post.endpoint("https://shop.example/") for _ in range(MAX_ENDPOINTS + 5)), return_exceptions=True
    )
    assert sum(isinstance(one, BaseException) for one in tries) == 5
    await refusal(post.endpoint("https://shop.example/"), Code.CONFLICT)
    await post.endpoint("https://shop.example/", tenant_id="ten_two")


# Failures


async def test_a_receiver_that_is_down_is_tried_again_with_the_same_identity(post: Post) -> None:
    async with listening(say) as wire:
        port = wire.port
    async with post.courier():
        endpoint_id, secret = await post.endpoint(f"http://127.0.0.1:{port}/")
        await post.happen(session_id="sess_1")
        down = await post.until_log(endpoint_id, "pending", attempts=1)
        async with listening(giving(500, 200), port=port) as back:  # type: ignore[arg-type]
            logged = await post.until_log(endpoint_id, "delivered", attempts=3)
            first, second = back.requests
        assert first.headers["webhook-id"] == second.headers["webhook-id"] == down["message_id"]
        assert first.body == second.body
        assert verified(second, secret)["data"] == {"session_id": "sess_1"}
        assert logged["message_id"] == down["message_id"]


async def test_the_log_says_what_the_receiver_answered(post: Post) -> None:
    async with listening(giving(503, Retry_After="3600")) as wire, post.courier():  # type: ignore[arg-type]
        endpoint_id, _ = await post.endpoint(url(wire))
        await post.happen()
        logged = await post.until_log(endpoint_id, "pending", attempts=1)
        assert logged["http_status"] == 503
        assert logged["response_excerpt"] == "no \ufffd thanks"
        assert "503" in logged["error"]
        # It asked for an hour.
        assert logged["next_attempt_at"] - logged["last_attempt_at"] > timedelta(minutes=59)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_a_failure_and_not_followed(post: Post, status: int) -> None:
    async with listening(say) as elsewhere:
        location = url(elsewhere)
        async with listening(giving(status, Location=location)) as wire, post.courier():  # type: ignore[arg-type]
            endpoint_id, _ = await post.endpoint(url(wire))
            await post.happen()
            logged = await post.until_log(endpoint_id, "pending", attempts=2)
            assert "redirect" in logged["error"]
            assert logged["http_status"] == status
        assert elsewhere.connections == 0


async def test_gone_disables_the_endpoint(post: Post) -> None:
    async with listening(giving(410)) as wire, post.courier():  # type: ignore[arg-type]
        endpoint_id, _ = await post.endpoint(url(wire))
        await post.happen()
        await post.until_log(endpoint_id, "failed")
        endpoint = await post.endpoints.find(TENANT, endpoint_id)
        assert endpoint is not None
        assert not endpoint["is_active"]
        assert "410" in endpoint["disabled_reason"]
        await post.happen()
        assert len(await post.log(endpoint_id)) == 1
        again = await post.endpoints.change(TENANT, endpoint_id, None, None, is_active=True)
        assert again is not None
        assert (again["is_active"], again["disabled_reason"]) == (True, "")


async def test_after_a_day_it_is_given_up(post: Post) -> None:
    async with listening(giving(500)) as wire:  # type: ignore[arg-type]
        endpoint_id, _ = await post.endpoint(url(wire))
        await post.happen()
        await post.pool.execute("update webhook_deliveries set give_up_at = now() + interval '0.3 seconds'")
        async with post.courier():
            logged = await post.until_log(endpoint_id, "failed", attempts=2)
        assert logged["next_attempt_at"] is None
        assert "500" in logged["error"]


async def test_a_name_that_leads_to_this_machine_is_refused_at_delivery(post: Post) -> None:
    async with (
        listening(say) as wire,
        dns_server(lambda _, __: ["127.0.0.1"]) as names,
        post.courier("", resolve=names.resolve),
    ):
        endpoint_id, _ = await post.endpoint(f"http://hooks.example:{wire.port}/")
        await post.happen()
        logged = await post.until_log(endpoint_id, "pending", attempts=2)
        assert logged["http_status"] is None
        assert "not public" in logged["error"]
        assert "127.0.0.1" not in logged["error"]
        assert wire.connections == 0


async def test_a_secret_that_no_key_opens_is_a_failed_attempt(post: Post) -> None:
    async with listening(say) as wire, post.courier():
        row = await post.endpoints.add(TENANT, url(wire), [], True, "gAAAAnonsense")
        await post.happen()
        logged = await post.until_log(row["id"], "pending", attempts=2)
        assert "rotate" in logged["error"]
        assert wire.connections == 0


async def test_a_huge_or_endless_answer_to_a_delivery_is_no_failure(post: Post) -> None:
    async def pour(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
            await writer.drain()

    async def promise(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n" + b"x" * 10)

    for handle in (pour, promise):
        async with listening(handle) as wire, post.courier():
            endpoint_id, _ = await post.endpoint(url(wire))
            await post.happen()
            logged = await post.until_log(endpoint_id, "delivered")
            assert len(logged["response_excerpt"]) <= 1024
            await post.endpoints.delete(TENANT, endpoint_id)


# Many


async def test_a_slow_receiver_holds_up_nobody(post: Post) -> None:
    async def hang(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with listening(hang) as slow, listening(giving(200)) as quick, post.courier():  # type: ignore[arg-type]
        # The tenants who are waited for come first, with far more than may be under way at once.
        for number in range(4):
            await post.endpoint(url(slow), tenant_id=f"ten_slow_{number}")
            for _ in range(100):
                await post.happen(tenant_id=f"ten_slow_{number}")
        await arrivals(slow, 16)
        mine, _ = await post.endpoint(url(slow))
        _, secret = await post.endpoint(url(quick))
        watch = Stopwatch()
        for _ in range(20):
            await post.happen()
        await arrivals(quick, 20)
        assert watch.seconds() < 8
        assert {verified(asked, secret)["type"] for asked in quick.requests} == {"session.ended"}
        assert len(slow.requests) <= 5 * 4
        assert len(await post.log(mine)) == 20


async def test_a_long_queue_of_one_tenant_hides_no_other(post: Post) -> None:
    async with listening(giving(200)) as many, listening(giving(200)) as one:  # type: ignore[arg-type]
        endpoint_id, _ = await post.endpoint(url(many), tenant_id="ten_busy")
        await post.pool.execute(
            """
            with message as (
                insert into webhook_messages (id, tenant_id, type, body)
                select 'msg_' || n, 'ten_busy', 'session.ended', '{}' from generate_series(1, 20000) n returning id
            )
            insert into webhook_deliveries (id, tenant_id, endpoint_id, message_id, give_up_at)
            select 'dlv_' || id, 'ten_busy', $1, id, now() + interval '1 day' from message
            """,
            endpoint_id,
        )
        await post.pool.execute("analyze webhook_deliveries")
        await post.endpoint(url(one))
        async with post.courier():
            await arrivals(many, 20)
            watch = Stopwatch()
            await post.happen()
            await arrivals(one, 1)
            assert watch.seconds() < 5
            assert len(many.requests) < 20_000


async def test_several_couriers_deliver_each_message_once(post: Post) -> None:
    async with (
        listening(giving(200)) as wire,  # type: ignore[arg-type]
        post.courier(),
        post.courier(),
        post.courier(),
    ):
        endpoints = [(await post.endpoint(url(wire, f"/{number}")))[0] for number in range(5)]
        for _ in range(40):
            await post.happen()
        await arrivals(wire, 200, 30)
        for endpoint_id in endpoints:
            await post.until_log(endpoint_id, "delivered")
        pairs = Counter((asked.target, asked.headers["webhook-id"]) for asked in wire.requests)
        assert len(pairs) == 200
        assert set(pairs.values()) == {1}


async def test_a_lease_that_ended_is_taken_over_and_the_late_result_changes_nothing(post: Post) -> None:
    endpoint_id, _ = await post.endpoint("https://shop.example/")
    await post.happen()
    (due,) = await post.deliveries.due([], [], 4)
    (first,) = await post.deliveries.lease([due.seq])
    assert await post.deliveries.lease([due.seq]) == []
    assert await post.deliveries.due([], [], 4) == []
    await post.pool.execute("update webhook_deliveries set leased_until = now() - interval '1 second'")
    (second,) = await post.deliveries.lease([due.seq])
    assert (first.attempts, second.attempts) == (1, 2)
    await post.deliveries.settle(first, Outcome("failed", None, 500, "late", "", 1.0))
    assert (await post.log(endpoint_id))[0]["status"] == "pending"
    await post.deliveries.settle(second, Outcome("delivered", None, 200, "", "", 1.0))
    assert (await post.log(endpoint_id))[0]["status"] == "delivered"


async def test_couriers_outlive_an_outage_of_the_database(post: Post) -> None:
    async with listening(giving(200)) as wire, post.courier():  # type: ignore[arg-type]
        await post.endpoint(url(wire))
        await post.happen()
        await arrivals(wire, 1)
        await post.pool.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() "
            "and datname = current_database()"
        )
        async with asyncio.timeout(20):
            while True:
                try:
                    await post.happen()
                    break
                except Exception:
                    await asyncio.sleep(0.05)
        await arrivals(wire, 2)


# Redelivery and the log


async def test_a_message_is_sent_again_by_hand_with_the_same_identity(post: Post) -> None:
    async with listening(giving(200)) as wire, post.courier():  # type: ignore[arg-type]
        endpoint_id, secret = await post.endpoint(url(wire))
        await post.happen(session_id="sess_1")
        logged = await post.until_log(endpoint_id, "delivered")
        again = await post.deliveries.send_again(TENANT, logged["id"])
        assert again is not None
        assert (again["status"], again["attempts"]) == ("pending", 1)
        await post.until_log(endpoint_id, "delivered", attempts=2)
        first, second = wire.requests
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert verified(first, secret) == verified(second, secret)
        assert await post.deliveries.send_again("ten_two", logged["id"]) is None
        assert await post.deliveries.send_again(TENANT, "dlv_none") is None


async def test_what_was_given_up_gets_another_day_by_hand(post: Post) -> None:
    async with listening(giving(500)) as wire:  # type: ignore[arg-type]
        endpoint_id, _ = await post.endpoint(url(wire))
        await post.happen()
        await post.pool.execute("update webhook_deliveries set give_up_at = now() - interval '1 second'")
        async with post.courier(first_pause_seconds=600):
            logged = await post.until_log(endpoint_id, "failed")
            await post.deliveries.send_again(TENANT, logged["id"])
            waiting = await post.until_log(endpoint_id, "pending", attempts=2)
        # Pauses begin anew.
        assert waiting["next_attempt_at"] - waiting["last_attempt_at"] < timedelta(minutes=13)


async def test_nothing_is_sent_again_while_it_is_sent_or_to_an_inactive_endpoint(post: Post) -> None:
    endpoint_id, _ = await post.endpoint("https://shop.example/")
    await post.happen()
    (due,) = await post.deliveries.due([], [], 4)
    (leased,) = await post.deliveries.lease([due.seq])
    delivery_id = (await post.log(endpoint_id))[0]["id"]
    await refusal(post.deliveries.send_again(TENANT, delivery_id), Code.CONFLICT)
    await post.deliveries.settle(leased, Outcome("failed", None, 410, "gone", "", 1.0, gone=True))
    await refusal(post.deliveries.send_again(TENANT, delivery_id), Code.CONFLICT)


async def test_what_waits_for_an_inactive_endpoint_goes_out_in_time_or_is_given_up(post: Post) -> None:
    async with listening(giving(200)) as wire:  # type: ignore[arg-type]
        endpoint_id, _ = await post.endpoint(url(wire))
        await post.happen(number=1)
        await post.happen(number=2)
        await post.endpoints.change(TENANT, endpoint_id, None, None, is_active=False)
        await post.pool.execute(
            "update webhook_deliveries set give_up_at = now() - interval '1 second' "
            "where seq = (select min(seq) from webhook_deliveries)"
        )
        await post.deliveries.prune(timedelta(days=30))
        async with post.courier():
            assert [row["status"] for row in await post.log(endpoint_id)] == ["pending", "failed"]
            await post.endpoints.change(TENANT, endpoint_id, None, None, is_active=True)
            await post.until_log(endpoint_id, "delivered")
        assert [json.loads(asked.body)["data"] for asked in wire.requests] == [{"number": 2}]


async def test_old_messages_are_forgotten_with_their_log(post: Post) -> None:
    endpoint_id, _ = await post.endpoint("https://shop.example/")
    for _ in range(3):
        await post.happen()
    await post.pool.execute(
        "update webhook_deliveries set status = 'delivered', next_attempt_at = null "
        "where seq in (select seq from webhook_deliveries order by seq limit 2)"
    )
    await post.pool.execute("update webhook_messages set created_at = now() - interval '31 days'")
    await post.happen()
    await post.deliveries.prune(timedelta(days=30))
    assert [row["status"] for row in await post.log(endpoint_id)] == ["pending", "pending"]
    assert await post.pool.fetchval("select count(*) from webhook_messages") == 2
