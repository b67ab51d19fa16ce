"""Contract 9 and 10: events, turns and usage: stored once, added up, and shown to who owns them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import asyncpg
import pytest_asyncio
from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.errors import Code
from services.kit.rpc.client import call
from tests.fixtures.refusals import refusal
from tests.fixtures.sessions import SessionsHouse, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.fixtures.callers import DirectedWorker
    from tests.fixtures.sessions import MakeHouse


@pytest_asyncio.fixture
async def worker(house: SessionsHouse) -> AsyncIterator[DirectedWorker]:
    async with house.worker(slots=20) as worker:
        yield worker


async def begin(house: SessionsHouse, worker: DirectedWorker) -> str:
    """A session that the worker has claimed."""
    session_id = (await house.begin()).session.session_id

    async def claimed() -> bool:
        return session_id in worker.claims

    await until(claimed)
    return session_id


def turn(
    sequence: int, index: int, text: str, *, role: pb.Role.ValueType = pb.ROLE_USER, interrupted: bool = False
) -> pb.SessionEvent:
    return pb.SessionEvent(
        sequence=sequence,
        occur_time=Timestamp(seconds=int(time.time())),
        turn=pb.Turn(turn_index=index, role=role, text=text, start_seconds=index * 1.5, interrupted=interrupted),
    )


async def test_events_are_stored_once_and_added_up(house: SessionsHouse, worker: DirectedWorker) -> None:
    session_id = await begin(house, worker)
    latency = pb.LatencyParts(end_of_turn=Duration(nanos=200_000_000), first_token=Duration(nanos=90_000_000))
    answer = turn(3, 2, "At ten.", role=pb.ROLE_ASSISTANT, interrupted=True)
    answer.turn.latency.CopyFrom(latency)
    usage = pb.Usage(llm_input_tokens=100, llm_output_tokens=7, stt_audio_seconds=1.25, tts_characters=9, llm_model="a")
    events = [
        turn(1, 0, "Hello!", role=pb.ROLE_ASSISTANT),
        turn(2, 1, "When do you open?\0"),
        answer,
        pb.SessionEvent(sequence=4, usage=usage),
        pb.SessionEvent(sequence=5, error=pb.ErrorEvent(code="tts_failed", message="The voice failed.")),
    ]
    assert await worker.tell(session_id, *events[:3]) == 3
    assert await worker.tell(session_id, *events[:3]) == 3
    assert await worker.tell(session_id, *events) == 5
    more = pb.Usage(llm_input_tokens=11, turn_count=99, llm_model="b", stt_provider="moonshine")
    assert await worker.tell(session_id, pb.SessionEvent(sequence=6, usage=more)) == 6

    session = await house.read(session_id)
    assert [(said.turn_index, said.text) for said in session.turns] == [
        (0, "Hello!"),
        (1, "When do you open?"),
        (2, "At ten."),
    ]
    assert session.turns[2].latency == latency
    assert session.turns[1].start_seconds == 1.5
    used = session.usage
    assert (used.llm_input_tokens, used.llm_output_tokens, used.tts_characters) == (111, 7, 9)
    assert (used.stt_audio_seconds, used.turn_count, used.interruption_count) == (1.25, 3, 1)
    assert (used.llm_model, used.stt_provider) == ("b", "moonshine")


async def test_turns_of_before_are_read_as_those_of_now(house: SessionsHouse, worker: DirectedWorker) -> None:
    """Contract 10: a transcript that was stored without its `wire` reads the same."""
    session_id, other = await begin(house, worker), await begin(house, worker)
    said = turn(2, 1, "Um zehn Uhr. 🕙", role=pb.ROLE_ASSISTANT, interrupted=True)
    said.turn.typed = True
    said.turn.latency.first_token.FromMicroseconds(90_123)
    said.turn.latency.playout.FromSeconds(61)
    await worker.tell(session_id, turn(1, 0, "When?"), said, turn(3, 2, ""))
    await worker.tell(other, turn(1, 0, "x"))
    now = await house.read(session_id)
    assert now.turns[1] == said.turn
    connection = await asyncpg.connect(house.settings.database_url, timeout=10)
    await connection.execute("update sessions.turns set wire = null where turn_index = 1", timeout=5)
    await connection.close(timeout=5)
    assert await house.read(session_id) == now
    listed = pb.ListSessionsRequest(view=pb.SESSION_VIEW_FULL)
    found = await call(house.sessions.ListSessions, listed, identity=house.user)
    assert [list(session.turns) for session in found.sessions][1] == list(now.turns)
    assert [said.text for said in found.sessions[0].turns] == ["x"]


async def test_tool_calls_are_kept_within_limits(house: SessionsHouse, worker: DirectedWorker) -> None:
    """Contract 10, own: calls of tools stand beside the turns, in order."""
    session_id = await begin(house, worker)
    called = pb.ToolEvent(
        name="find_order", kind=pb.TOOL_KIND_HTTP, result_preview='{"state": "sent\0"}', start_seconds=2
    )
    called.arguments.update({"order": 7, "tags": ["a", None, True]})
    called.duration.FromMilliseconds(210)
    large = pb.ToolEvent(name="find_order", error="timeout", result_preview="x" * 9_000)
    large.arguments.update({"note": "y" * 20_000})
    events = [
        turn(1, 0, "Where is it?"),
        pb.SessionEvent(sequence=2, tool=called),
        pb.SessionEvent(sequence=3, tool=large),
    ]
    assert await worker.tell(session_id, *events) == 3
    assert await worker.tell(session_id, *events) == 3
    session = await house.read(session_id)
    assert [said.text for said in session.turns] == ["Where is it?"]
    assert session.usage.turn_count == 1
    kept, cut = session.tool_calls
    called.result_preview = '{"state": "sent"}'
    assert kept == called
    assert (cut.error, cut.arguments_omitted, len(cut.result_preview)) == ("timeout", True, 4_000)
    listed = pb.ListSessionsRequest(view=pb.SESSION_VIEW_FULL)
    found = await call(house.sessions.ListSessions, listed, identity=house.user)
    assert found.sessions[0].tool_calls == session.tool_calls


async def test_handoffs_are_kept_once_and_in_order(house: SessionsHouse, worker: DirectedWorker) -> None:
    """Contract 14.13: handoffs stand beside the turns, and a turn names another speaker."""
    session_id = await begin(house, worker)
    there = pb.HandoffEvent(from_slug="desk", to_slug="billing", reason="A bill\0", start_seconds=2, turn_index=1)
    back = pb.HandoffEvent(from_slug="billing", to_slug="desk", start_seconds=5, turn_index=2)
    spoken = pb.Turn(turn_index=1, role=pb.ROLE_ASSISTANT, text="Billing here.", character_slug="billing")
    events = [
        turn(1, 0, "My bill, please."),
        pb.SessionEvent(sequence=2, handoff=there),
        pb.SessionEvent(sequence=3, turn=spoken),
        pb.SessionEvent(sequence=4, handoff=back),
    ]
    assert await worker.tell(session_id, *events) == 4
    assert await worker.tell(session_id, *events) == 4
    session = await house.read(session_id)
    there.reason = "A bill"
    assert list(session.handoffs) == [there, back]
    assert [said.character_slug for said in session.turns] == ["", "billing"]
    listed = pb.ListSessionsRequest(view=pb.SESSION_VIEW_FULL)
    found = await call(house.sessions.ListSessions, listed, identity=house.user)
    assert found.sessions[0].handoffs == session.handoffs


async def test_what_each_character_used_adds_up_to_what_the_call_used(make_house: MakeHouse) -> None:
    """Contract 9, 10 and 14.13 (own): also of events that came together, each at the prices of its own model."""
    house = await make_house(
        prices={"small": {"llm_input_million_tokens": 1}, "large": {"llm_input_million_tokens": 9}}
    )
    async with house.worker() as worker:
        session_id, other = await begin(house, worker), await begin(house, worker)
        first = pb.Usage(llm_input_tokens=100, llm_output_tokens=5, llm_model="small", turn_count=2)
        events = [
            pb.SessionEvent(sequence=1, usage=first),
            pb.SessionEvent(sequence=2, handoff=pb.HandoffEvent(from_slug="support-bot", to_slug="tech")),
            pb.SessionEvent(
                sequence=3,
                usage=pb.Usage(character_slug="tech", llm_input_tokens=10, llm_model="large", tts_provider="riva"),
            ),
            pb.SessionEvent(sequence=4, usage=pb.Usage(character_slug="tech", llm_input_tokens=20, turn_count=1)),
            pb.SessionEvent(sequence=5, usage=first),
        ]
        await worker.tell(session_id, *events)
        await worker.tell(other, pb.SessionEvent(sequence=1, usage=first))
        call_ = await house.read(session_id)
        assert list(call_.usage_by_character) == [
            pb.Usage(
                llm_input_tokens=200, llm_output_tokens=10, llm_model="small", turn_count=4, cost_nano_usd=200 * 1_000
            ),
            pb.Usage(
                character_slug="tech", llm_input_tokens=30, llm_model="large", tts_provider="riva", turn_count=1,
                cost_nano_usd=30 * 9_000,
            ),
        ]  # fmt: skip
        assert (call_.usage.llm_input_tokens, call_.usage.cost_nano_usd) == (230, 200 * 1_000 + 30 * 9_000)
        listed = pb.ListSessionsRequest(view=pb.SESSION_VIEW_FULL)
        found = await call(house.sessions.ListSessions, listed, identity=house.user)
        assert [list(each.usage_by_character) for each in found.sessions] == [[], list(call_.usage_by_character)]
        assert found.total_usage.llm_input_tokens == 330
        assert list((await house.read(other)).usage_by_character) == []


async def test_events_that_no_history_could_hold_are_refused(house: SessionsHouse, worker: DirectedWorker) -> None:
    session_id = await begin(house, worker)
    late = pb.Turn(text="x")
    late.latency.first_token.seconds = 10**12
    for field, event in (
        ("usage", pb.SessionEvent(usage=pb.Usage(llm_input_tokens=2**63 - 1))),
        ("turn.start_seconds", pb.SessionEvent(turn=pb.Turn(start_seconds=float("inf")))),
        ("tool.start_seconds", pb.SessionEvent(tool=pb.ToolEvent(start_seconds=float("nan")))),
        ("turn.latency.first_token", pb.SessionEvent(turn=late)),
        ("occur_time", pb.SessionEvent(occur_time=Timestamp(seconds=2**62))),
    ):
        event.sequence = 1
        error = await refusal(worker.tell(session_id, event), Code.VALIDATION_FAILED)
        assert list(error.fields) == [f"events.0.{field}"]
    assert (await worker.claim(session_id)).last_sequence == 0


async def test_the_same_events_sent_twice_at_once_are_applied_once(
    house: SessionsHouse, worker: DirectedWorker
) -> None:
    session_id = await begin(house, worker)
    usage = pb.SessionEvent(sequence=1, usage=pb.Usage(llm_input_tokens=5))
    answers = await asyncio.gather(*(worker.tell(session_id, usage) for _ in range(8)))
    assert answers == [1] * 8
    assert (await house.read(session_id)).usage.llm_input_tokens == 5


async def test_a_turn_told_again_replaces_itself_and_bad_events_are_refused(
    house: SessionsHouse, worker: DirectedWorker
) -> None:
    session_id = await begin(house, worker)
    await worker.tell(session_id, turn(1, 0, "Hel"), turn(2, 0, "Hello"))
    assert [said.text for said in (await house.read(session_id)).turns] == ["Hello"]
    await refusal(worker.tell(session_id, turn(4, 1, "b"), turn(3, 2, "a")), Code.VALIDATION_FAILED)
    await refusal(worker.tell(session_id, *(turn(10 + n, n, "x") for n in range(101))), Code.VALIDATION_FAILED)
    bad = pb.SessionEvent(sequence=3, usage=pb.Usage(stt_audio_seconds=float("nan")))
    await refusal(worker.tell(session_id, bad), Code.VALIDATION_FAILED)
    assert await worker.tell(session_id) == 2


async def test_a_new_claim_goes_on_after_the_last_event(house: SessionsHouse, worker: DirectedWorker) -> None:
    session_id = await begin(house, worker)
    await worker.tell(session_id, turn(1, 0, "a"), turn(2, 1, "b"))
    assert (await worker.claim(session_id)).last_sequence == 2


async def test_pages_totals_and_filters(house: SessionsHouse, worker: DirectedWorker) -> None:
    await house.owner.create("other-bot", system_prompt="x", language="en")
    ids = [await begin(house, worker) for _ in range(5)]
    other = (await house.begin(agent="other-bot")).session.session_id
    for number, session_id in enumerate(ids):
        usage = pb.SessionEvent(sequence=1, usage=pb.Usage(llm_input_tokens=10**number, stt_audio_seconds=0.5))
        await worker.tell(session_id, usage, turn(2, 0, f"turn of {number}"))

    async def page(**asked: object) -> pb.ListSessionsResponse:
        return await call(house.sessions.ListSessions, pb.ListSessionsRequest(**asked), identity=house.user)  # type: ignore[arg-type]

    newest_first = [other, *reversed(ids)]
    first = await page(page_size=4, view=pb.SESSION_VIEW_FULL)
    assert [session.session_id for session in first.sessions] == newest_first[:4]
    assert [said.text for said in first.sessions[1].turns] == ["turn of 4"]
    assert (first.total_size, first.total_usage.llm_input_tokens, first.total_usage.turn_count) == (6, 11_111, 5)
    assert first.total_usage.stt_audio_seconds == 2.5
    second = await page(page_size=4, page_token=first.next_page_token)
    assert [session.session_id for session in second.sessions] == newest_first[4:]
    assert not second.next_page_token
    assert second.total_size == 6
    assert not second.sessions[0].turns
    skipped = await page(page_size=2, skip=4)
    assert [session.session_id for session in skipped.sessions] == newest_first[4:]

    ours = await page(character_slug="support-bot")
    assert [session.session_id for session in ours.sessions] == newest_first[1:]
    third = ours.sessions[2].create_time
    assert [session.session_id for session in (await page(start_time=third, end_time=third)).sessions] == [ids[2]]
    assert (await page(page_size=1_000)).total_size == 6
    for asked, field in (
        ({"page_size": -1}, "page_size"),
        ({"skip": -1}, "skip"),
        ({"end_reason": 99}, "end_reason"),
        ({"status": 99}, "status"),
    ):
        error = await refusal(page(**asked), Code.VALIDATION_FAILED)
        assert list(error.fields) == [field]
    await refusal(page(page_token="x"), Code.INVALID_REQUEST)


async def test_a_page_of_very_large_calls_ends_early_with_a_token(house: SessionsHouse, worker: DirectedWorker) -> None:
    """No answer is larger than gRPC takes."""
    ids = [await begin(house, worker) for _ in range(3)]
    for session_id in ids:
        for part in range(2):
            turns = (turn(1 + part * 20 + n, part * 20 + n, "é" * 60_000) for n in range(20))
            await worker.tell(session_id, *turns)
    pages: list[list[tuple[str, int]]] = []
    token = ""
    while token or not pages:
        listed = pb.ListSessionsRequest(view=pb.SESSION_VIEW_FULL, page_token=token)
        page = await call(house.sessions.ListSessions, listed, identity=house.user)
        assert page.total_size == 3
        pages.append([(session.session_id, len(session.turns)) for session in page.sessions])
        token = page.next_page_token
    assert pages == [[(session_id, 40)] for session_id in reversed(ids)]


async def test_what_a_call_costs_by_the_operators_prices(make_house: MakeHouse) -> None:
    """Contract 9, 10 and 12.3: `estimated_cost_usd`, of each call and in the totals."""
    house = await make_house(prices={"gpt-4o-mini": {"llm_input_million_tokens": "0.15"}, "openai": {"stt_hour": 0.36}})
    async with house.worker(slots=5) as worker:
        ids = [await begin(house, worker) for _ in range(2)]
        for session_id in ids:
            first = pb.Usage(llm_input_tokens=1_000, llm_model="gpt-4o-mini", stt_provider="openai")
            # The names hold on.
            second = pb.Usage(llm_input_tokens=840, stt_audio_seconds=90.0)
            await worker.tell(session_id, pb.SessionEvent(sequence=1, usage=first))
            await worker.tell(session_id, pb.SessionEvent(sequence=2, usage=second))
        await house.end(ids[0])
        late = pb.SessionEvent(sequence=3, usage=pb.Usage(llm_input_tokens=160))
        await worker.tell(ids[0], late)
        over, under_way = await house.read(ids[0]), await house.read(ids[1])
        assert over.usage.cost_nano_usd == 2_000 * 150 + 9_000_000
        assert under_way.usage.cost_nano_usd == 1_840 * 150 + 9_000_000
        listed = await call(house.sessions.ListSessions, pb.ListSessionsRequest(), identity=house.user)
        assert listed.total_usage.cost_nano_usd == 3_840 * 150 + 18_000_000
        assert (listed.total_size, listed.total_usage.llm_input_tokens) == (2, 3_840)


async def test_who_may_see_what(house: SessionsHouse, worker: DirectedWorker) -> None:
    """Contract 9 and 10: staff sees all, others the sessions of characters they created; foreign → 404."""
    session_id = await begin(house, worker)
    callers = house.callers
    stranger, staff = callers.user(99, "ten_other"), callers.user(98, "ten_staff", is_staff=True)

    async def listed(token: str, tenant_id: str = "") -> int:
        asked = pb.ListSessionsRequest(tenant_id=tenant_id)
        return (await call(house.sessions.ListSessions, asked, identity=token)).total_size

    get = pb.GetSessionRequest(session_id=session_id)
    assert (await call(house.sessions.GetSession, get, identity=staff)).session_id == session_id
    assert await listed(staff) == await listed(staff, tenant_id=house.tenant_id) == 1
    colleague = callers.user(99, house.tenant_id)
    assert await listed(colleague) == 0
    await refusal(call(house.sessions.GetSession, get, identity=colleague), Code.NOT_FOUND)
    assert await listed(stranger) == await listed(stranger, tenant_id=house.tenant_id) == 0
    await refusal(call(house.sessions.GetSession, get, identity=stranger), Code.NOT_FOUND)
    end = pb.EndSessionRequest(session_id=session_id)
    await refusal(call(house.sessions.EndSession, end, identity=stranger), Code.NOT_FOUND)
    await refusal(call(house.sessions.GetSession, get, identity=callers.visitor()), Code.NOT_AUTHENTICATED)
    await refusal(call(house.sessions.ListSessions, pb.ListSessionsRequest()), Code.NOT_AUTHENTICATED)
    for odd in ("", "sess_", "sess_\0", "x" * 5_000):
        odd_get = pb.GetSessionRequest(session_id=odd)
        await refusal(call(house.sessions.GetSession, odd_get, identity=house.user), Code.NOT_FOUND)
