"""Contract 14.4 and 14.12 (a session nobody joins): who takes, joins and leaves a session; it ends once."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit import api
from prometheus_client import REGISTRY

from services.kit.errors import CallboxError, Code
from services.kit.identity import Verifier, worker_audience
from services.kit.rpc.client import call
from services.sessions.adapters.livekit_rooms import Rooms
from services.sessions.reaper import room_reconciler
from tests.fixtures.refusals import refusal
from tests.fixtures.sessions import QUICK, MakeHouse, SessionsHouse, until

if TYPE_CHECKING:
    from tests.fixtures.callers import DirectedCaller, DirectedWorker
    from tests.fixtures.reaper_passes import Past


async def test_a_call_from_start_to_the_callers_end(house: SessionsHouse) -> None:
    async with house.worker(slots=1, joins=True) as worker:
        started = await house.begin()
        session_id = started.session.session_id
        async with house.join(started) as caller:
            session = await house.until(session_id, lambda session: session.status == pb.SESSION_STATUS_ACTIVE)
            assert session.join_time.seconds >= session.create_time.seconds
        await until(lambda: _settled(house, session_id))
        # Nobody told of the end but LiveKit: the agent stays silent, so the service ends it.
        assert await house.until_ended(session_id) == "client_left"
        session = await house.read(session_id)
        waited = session.finalize_time.ToDatetime() - session.end_time.ToDatetime()
        assert waited.total_seconds() == pytest.approx(QUICK["absence_seconds"], abs=1.0), (
            "the wait is not part of the call"
        )
        assert not caller.errors
        await _slot_comes_back(house, worker)


async def test_the_worker_ends_a_call_for_its_reason_and_the_room_closes(house: SessionsHouse) -> None:
    async with house.worker(joins=True) as worker:
        started = await house.begin()
        session_id = started.session.session_id
        async with house.join(started) as caller:
            await _is_claimed(worker, session_id)
            end = pb.SessionEvent(sequence=1, end=pb.EndEvent(reason=pb.END_REASON_IDLE_TIMEOUT))
            await house.until(session_id, lambda session: session.status == pb.SESSION_STATUS_ACTIVE)
            assert await worker.tell(session_id, end) == 1
            assert await house.until_ended(session_id) == "idle_timeout"
            async with asyncio.timeout(5):
                await caller.disconnected.wait()


async def test_ended_by_api_closes_the_room_tells_the_worker_and_answers_the_same_again(house: SessionsHouse) -> None:
    async with house.worker(joins=True) as worker:
        started = await house.begin()
        session_id = started.session.session_id
        async with house.join(started) as caller:
            await _agent_joined(worker, session_id)
            await house.until(session_id, lambda session: session.status == pb.SESSION_STATUS_ACTIVE)
            ended = await house.end(session_id)
            assert (ended.status, ended.end_reason) == (pb.SESSION_STATUS_ENDED, pb.END_REASON_ENDED_BY_API)
            assert ended.HasField("finalize_time")
            assert await house.end(session_id) == ended
            async with asyncio.timeout(5):
                await caller.disconnected.wait()
        worker.carried[session_id] = None
        assert list((await worker.report()).ended_session_ids) == [session_id]


async def test_a_call_that_a_worker_lets_lie_goes_to_another_once(house: SessionsHouse) -> None:
    async with house.worker(slots=9, lazy=True) as lazy:
        started = await house.begin()
        async with house.worker(slots=1) as keen:
            await _is_claimed(keen, started.session.session_id)
            assert lazy.offered == [started.session.session_id]
            await refusal(lazy.claim(started.session.session_id), Code.SESSION_TAKEN)
            # The one that let a call lie is asked last, though it has more slots.
            keen.slots = 2
            await keen.report()
            second = await house.begin()
            await _is_claimed(keen, second.session.session_id)


@pytest.mark.parametrize("address", ["", "127.0.0.1:9"], ids=["refuses", "cannot be reached"])
async def test_a_call_that_a_worker_does_not_take_goes_to_another_at_once(house: SessionsHouse, address: str) -> None:
    async with house.worker(slots=9, refuses=True) as unwilling, house.worker(slots=1) as keen:
        unwilling.address = address or unwilling.address
        await unwilling.report()
        session_id = (await house.begin()).session.session_id
        # Without waiting for the deadline of the claim.
        await _is_claimed(keen, session_id, seconds=0.8 * QUICK["claim_seconds"])
        assert unwilling.offered == ([] if address else [session_id])


async def test_a_call_that_every_worker_refuses_ends_as_agent_unavailable(house: SessionsHouse) -> None:
    async with house.worker(refuses=True) as first, house.worker(refuses=True) as second:
        started = await house.begin()
        assert await house.until_ended(started.session.session_id, 6.0) == "agent_unavailable"
        assert len(first.offered) == len(second.offered) == 1


async def test_sessions_identifies_itself_to_one_worker_alone(house: SessionsHouse, keys_dir: Path) -> None:
    async with house.worker() as worker:
        await _is_claimed(worker, (await house.begin()).session.session_id)
        (token,) = worker.tokens
        assert Verifier(keys_dir, worker_audience(worker.worker_id)).verify(token).is_service("sessions")
        with pytest.raises(CallboxError):
            Verifier(keys_dir).verify(token)


async def test_a_call_that_nobody_takes_ends_as_agent_unavailable_and_the_caller_is_told(house: SessionsHouse) -> None:
    async with house.worker(lazy=True), house.worker(lazy=True):
        started = await house.begin()
        session_id = started.session.session_id
        async with house.join(started) as caller:
            assert await house.until_ended(session_id) == "agent_unavailable"
            await _is_told(caller, "agent_unavailable")
            async with asyncio.timeout(5):
                await caller.disconnected.wait()


async def test_a_worker_that_is_alone_gets_as_long_again(house: SessionsHouse, past: Past) -> None:
    async with house.worker(lazy=True) as slow:
        session_id = (await house.begin()).session.session_id
        await past(house, house.settings.claim_seconds)
        await slow.claim(session_id)
        await past(house, house.settings.claim_seconds)
        assert (await house.read(session_id)).status == pb.SESSION_STATUS_CREATED


async def test_who_joins_after_agent_unavailable_is_told_too(house: SessionsHouse) -> None:
    async with house.worker(lazy=True):
        started = await house.begin()
        assert await house.until_ended(started.session.session_id) == "agent_unavailable"
        async with house.join(started) as caller:
            await _is_told(caller, "agent_unavailable")
            async with asyncio.timeout(5):
                await caller.disconnected.wait()


async def test_who_joins_a_call_that_was_ended_is_told(house: SessionsHouse) -> None:
    async with house.worker():
        started = await house.begin()
        await house.end(started.session.session_id)
        async with house.join(started) as caller:
            await _is_told(caller, "session_ended")


async def test_a_worker_that_vanishes_loses_its_calls_and_the_caller_is_told(house: SessionsHouse, past: Past) -> None:
    async with house.worker() as worker, house.worker(slots=1) as other:
        started = await house.begin()
        session_id = started.session.session_id
        async with house.join(started) as caller:
            await _is_claimed(worker, session_id)
            await house.until(session_id, lambda session: session.status == pb.SESSION_STATUS_ACTIVE)
            await past(house, house.settings.grace_seconds)
            turn = pb.SessionEvent(sequence=1, turn=pb.Turn(role=pb.ROLE_ASSISTANT, text="Hello!"))
            await worker.tell(session_id, turn)
            await worker.vanish()
            assert await house.until_ended(session_id) == "agent_lost"
            await _is_told(caller, "agent_lost")
        assert [turn.text for turn in (await house.read(session_id)).turns] == ["Hello!"]
        # What the worker had not told yet is stored all the same, and changes no reason.
        late = pb.SessionEvent(sequence=2, turn=pb.Turn(turn_index=1, role=pb.ROLE_USER, text="Anyone?"))
        end = pb.SessionEvent(sequence=3, end=pb.EndEvent(reason=pb.END_REASON_CLIENT_LEFT))
        assert await worker.tell(session_id, late, end) == 3
        session = await house.read(session_id)
        assert session.end_reason == pb.END_REASON_AGENT_LOST
        assert [turn.text for turn in session.turns] == ["Hello!", "Anyone?"]
        assert not other.claims


async def test_a_worker_that_vanishes_before_the_caller_came_costs_the_caller_nothing(
    house: SessionsHouse, past: Past
) -> None:
    async with house.worker() as worker:
        started = await house.begin()
        session_id = started.session.session_id
        await _is_claimed(worker, session_id)
        await worker.vanish()
        await past(house, house.settings.grace_seconds + house.settings.lease_seconds)
        assert (await house.read(session_id)).status == pb.SESSION_STATUS_CREATED
        async with house.worker() as other, house.join(started) as caller:
            await _is_claimed(other, session_id)
            assert not caller.errors


async def test_what_webhooks_did_not_tell_is_seen_all_the_same(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow: LiveKit's own time-outs stand between what happens in the room and what it tells."""
    monkeypatch.setattr(room_reconciler, "_INTERVAL_SECONDS", 0.5)
    monkeypatch.setattr(room_reconciler, "_WEBHOOK_SECONDS", 1)
    house = await make_house(ops_listen="127.0.0.1:0")
    async with house.worker(joins=True) as worker:
        started = await house.begin()
        session_id = started.session.session_id
        async with house.join(started):
            await _agent_joined(worker, session_id)
            await house.until(session_id, lambda session: session.status == pb.SESSION_STATUS_ACTIVE)
        assert await house.until_ended(session_id, 30.0) == "client_left"


async def test_a_job_that_dies_alone_is_noticed_too(house: SessionsHouse) -> None:
    async with house.worker() as worker:
        started = await house.begin()
        session_id = started.session.session_id
        async with house.join(started):
            await _is_claimed(worker, session_id)
            await house.until(session_id, lambda session: session.status == pb.SESSION_STATUS_ACTIVE)
            await worker.drop(session_id)
            assert await house.until_ended(session_id) == "agent_lost"


async def test_an_agent_that_leaves_the_room_without_a_word_is_lost(house: SessionsHouse) -> None:
    async with house.worker(joins=True) as worker:
        started = await house.begin()
        session_id = started.session.session_id
        async with house.join(started) as caller:
            await _agent_joined(worker, session_id)
            await house.until(session_id, lambda session: session.status == pb.SESSION_STATUS_ACTIVE)
            room = worker.carried[session_id]
            assert room is not None
            await room.disconnect()
            assert await house.until_ended(session_id) == "agent_lost"
            await _is_told(caller, "agent_lost")


async def test_nobody_joins_so_the_slot_comes_back_and_who_comes_late_is_admitted_anew(make_house: MakeHouse) -> None:
    house = await make_house(join_seconds=1.5)
    async with house.worker(slots=1, joins=True) as worker:
        late = await house.begin()
        session_id = late.session.session_id
        await _agent_joined(worker, session_id)
        await refusal(house.begin(), Code.AT_CAPACITY)

        other = await _begins(house)
        assert (await house.read(session_id)).status == pb.SESSION_STATUS_CREATED
        await _is_claimed(worker, other.session.session_id)
        # It leaves the other room when its report has told it to.
        await until(lambda: _has_left(worker, session_id))
        async with house.join(late) as caller:
            await _is_told(caller, "at_capacity")
            async with asyncio.timeout(5):
                await caller.disconnected.wait()

        await house.end(other.session.session_id)
        await _slot_comes_back(house, worker)
        worker.claims.clear()
        async with house.join(late) as caller:
            await _is_claimed(worker, session_id)
            assert (await house.read(session_id)).status == pb.SESSION_STATUS_ACTIVE
            assert not caller.errors


async def test_an_unjoined_call_gives_its_slot_to_a_call_that_finds_none(make_house: MakeHouse) -> None:
    """Three starts a minute that nobody joins do not keep a small installation full."""
    house = await make_house(join_seconds_when_full=1.0)
    async with house.worker(slots=2, joins=True) as worker:
        joined, unjoined = await house.begin(), await house.begin()
        async with house.join(joined):
            await house.until(joined.session.session_id, _is_active)
            await refusal(house.begin(), Code.AT_CAPACITY)
            async with asyncio.timeout(10):
                third = await _begins(house)
            await _is_claimed(worker, third.session.session_id)
            await until(lambda: _has_left(worker, unjoined.session.session_id))
            assert (await house.read(joined.session.session_id)).status == pb.SESSION_STATUS_ACTIVE
            # It can still be joined.
            assert (await house.read(unjoined.session.session_id)).status == pb.SESSION_STATUS_CREATED


async def test_a_tenant_at_its_limit_takes_the_slot_of_its_own_unjoined_call(make_house: MakeHouse) -> None:
    house = await make_house(join_seconds_when_full=0.5)
    await house.set_limit(1)
    async with house.worker(slots=5):
        first = await house.begin()
        await refusal(house.begin(), Code.CONCURRENCY_LIMIT_REACHED)
        await asyncio.sleep(0.5)
        second = await house.begin()
        assert first.session.session_id != second.session.session_id


async def test_a_worker_that_waited_in_vain_does_not_end_the_session(house: SessionsHouse) -> None:
    async with house.worker(slots=1) as worker:
        started = await house.begin()
        session_id = started.session.session_id
        await _is_claimed(worker, session_id)
        end = pb.SessionEvent(sequence=1, end=pb.EndEvent(reason=pb.END_REASON_NEVER_JOINED))
        await worker.tell(session_id, end)
        assert (await house.read(session_id)).status == pb.SESSION_STATUS_CREATED
        await worker.drop(session_id)
        await _slot_comes_back(house, worker)


async def test_at_the_end_of_the_token_nobody_will_ever_join(make_house: MakeHouse) -> None:
    house = await make_house(join_seconds=1.0, token_seconds=2)
    async with house.worker(slots=1) as worker:
        started = await house.begin()
        assert await house.until_ended(started.session.session_id) == "never_joined"
        await _slot_comes_back(house, worker)


async def test_a_room_that_cannot_be_deleted_does_not_keep_others(
    house: SessionsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = Rooms.delete
    stuck: set[str] = set()

    async def fails_for_some(rooms: Rooms, room: str) -> None:
        if room in stuck:
            raise CallboxError(Code.UPSTREAM_UNAVAILABLE, "LiveKit refused.")
        await delete(rooms, room)

    monkeypatch.setattr(Rooms, "delete", fails_for_some)
    async with house.worker(slots=4, joins=True) as worker:
        calls = [(await house.begin()).session for _ in range(4)]
        stuck |= {session.room_name for session in calls}
        for session in calls:
            await _agent_joined(worker, session.session_id)
            await house.end(session.session_id)
        # The room whose deletion is due first fails for good.
        database = await asyncpg.connect(house.settings.database_url, timeout=10)
        due = "update sessions.sessions set room_delete_time = now() + (row_number - 10) * interval '1 second'"
        await database.execute(
            f"{due} from (select id, row_number() over (order by id) from sessions.sessions) n where n.id = sessions.id"
        )
        await database.close(timeout=5)
        stuck -= {session.room_name for session in calls[1:]}

        async def others_are_gone() -> bool:
            async with api.LiveKitAPI(house.livekit.url, house.livekit.key, house.livekit.secret) as client:
                rooms = (await client.room.list_rooms(api.ListRoomsRequest())).rooms
            left = {room.name for room in rooms} & {session.room_name for session in calls}
            return left == {calls[0].room_name}

        await until(others_are_gone)


async def test_a_session_is_finalised_once_however_many_end_it(house: SessionsHouse) -> None:
    async with house.worker(slots=3) as worker:
        before = _ends()
        sessions = [(await house.begin()).session.session_id for _ in range(3)]
        for session_id in sessions:
            await _is_claimed(worker, session_id)
        end = pb.SessionEvent(sequence=1, end=pb.EndEvent(reason=pb.END_REASON_AGENT_ENDED))
        ended = await asyncio.gather(
            *(house.end(session_id) for session_id in sessions * 4),
            *(worker.tell(session_id, end) for session_id in sessions * 4),
        )
        assert len(ended) == 24
        assert sum((_ends() - before).values()) == 3
        for session_id in sessions:
            once, again = await house.read(session_id), await house.read(session_id)
            assert once == again
            assert once.finalize_time == once.end_time


async def test_only_its_worker_may_carry_a_session(house: SessionsHouse) -> None:
    async with house.worker() as worker:
        started = await house.begin()
        session_id = started.session.session_id
        await _is_claimed(worker, session_id)
        stranger = house.worker()
        await refusal(stranger.claim(session_id), Code.SESSION_TAKEN)
        turn = pb.SessionEvent(sequence=1, turn=pb.Turn(text="x"))
        await refusal(stranger.tell(session_id, turn), Code.SESSION_TAKEN)
        await refusal(stranger.claim("sess_" + "x" * 24), Code.NOT_FOUND)
        request = pb.ClaimSessionRequest(session_id=session_id, worker_id=worker.worker_id)
        await refusal(call(house.sessions.ClaimSession, request, identity=house.user), Code.PERMISSION_DENIED)
        # Claiming twice is the same claim.
        assert (await worker.claim(session_id)).session.session_id == session_id


def _is_active(session: pb.Session) -> bool:
    return session.status == pb.SESSION_STATUS_ACTIVE


def _ends() -> Counter[str]:
    return Counter(
        {
            sample.labels["reason"]: int(sample.value)
            for metric in REGISTRY.collect()
            if metric.name == "callbox_session_ends"
            for sample in metric.samples
            if sample.name == "callbox_session_ends_total"
        }
    )


async def _settled(house: SessionsHouse, session_id: str) -> bool:
    return (await house.read(session_id)).status == pb.SESSION_STATUS_ENDED


async def _is_claimed(worker: DirectedWorker, session_id: str, seconds: float = 8.0) -> None:
    async def claimed() -> bool:
        return session_id in worker.claims

    await until(claimed, seconds)


async def _has_left(worker: DirectedWorker, session_id: str) -> bool:
    return session_id not in worker.carried


async def _agent_joined(worker: DirectedWorker, session_id: str) -> None:
    async def joined() -> bool:
        return worker.carried.get(session_id) is not None

    await until(joined, 8.0)


async def _is_told(caller: DirectedCaller, code: str) -> None:
    async def told() -> bool:
        return bool(caller.errors)

    await until(told, 8.0)
    assert caller.errors[0]["code"] == code
    assert caller.errors[0]["message"]


async def _begins(house: SessionsHouse) -> pb.StartSessionResponse:
    while True:
        try:
            return await house.begin()
        except CallboxError as error:
            if error.code is not Code.AT_CAPACITY:
                raise
            await asyncio.sleep(0.1)


async def _slot_comes_back(house: SessionsHouse, worker: DirectedWorker) -> None:
    async def free() -> bool:
        await worker.report()
        try:
            started = await house.begin()
        except CallboxError as error:
            if error.code is not Code.AT_CAPACITY:
                pytest.fail(str(error))
            return False
        await house.end(started.session.session_id)
        return True

    await until(free)

    async def empty() -> bool:
        return not worker.carried

    await until(empty)
