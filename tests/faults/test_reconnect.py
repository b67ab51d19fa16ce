"""A caller whose connection breaks, or who joins a second time, goes on with the call."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from livekit.rtc import SimulateScenarioKind

from caller.caller import Caller
from caller.session import Grant
from tests.fixtures.caller_process import caller_process
from tests.fixtures.conversation import ANSWERS, MONDAY, SATURDAY, SUNDAY, assert_answered
from tests.fixtures.stack import Calls, StackThread

pytestmark = pytest.mark.timeout(120)

ABSENCE_SECONDS = 4
# Less than the caller may be away, by as much as joining takes. More than the caller may be away in other tests.
AWAY_SECONDS = 2.5
DROPPED_SECONDS = 3.0


@pytest.fixture(scope="module")
def calls(callbox: StackThread) -> Iterator[Calls[None]]:
    """The calls of this file, side by side. They wait longer for a caller who is away than those of other tests."""
    with (
        callbox.restarted("sessions", CALLBOX_ABSENCE_SECONDS=str(ABSENCE_SECONDS)),
        callbox.side_by_side(reconnects=_reconnects(callbox), comes_back=_comes_back(callbox)) as calls,
    ):
        yield calls


def again(grant: Grant) -> Grant:
    """The same grant for a connection that is not greeted any more."""
    return replace(grant, greeting="")


async def _reconnects(callbox: StackThread) -> None:
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            await caller._connection._room.simulate_scenario(SimulateScenarioKind.SIMULATE_FULL_RECONNECT)
            turns = [await caller.say(SATURDAY)]
            async with Caller(again(grant)) as second:
                await second.greeting()
                async with asyncio.timeout(10):
                    await caller.closed.wait()
                turns.append(await second.say(SUNDAY))
        await asyncio.sleep(AWAY_SECONDS)
        async with Caller(again(grant)) as third:
            await third.greeting()
            turns.append(await third.say(MONDAY))
        session = await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)
    assert session["end_reason"] == "client_left"
    for line, turn in zip((SATURDAY, SUNDAY, MONDAY), turns, strict=True):
        assert_answered(line, turn)
    replies = [each["text"] for each in history["transcript"] if each["role"] == "assistant"]
    assert replies == [grant.greeting, *ANSWERS.values()]


async def _comes_back(callbox: StackThread) -> None:
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with caller_process(grant) as caller:
            await caller.pause(DROPPED_SECONDS)
            assert await caller.ask(SATURDAY.said) == (ANSWERS[SATURDAY.said],)
        await asyncio.sleep(AWAY_SECONDS)
        async with Caller(again(grant)) as back:
            await back.greeting()
            assert_answered(MONDAY, await back.say(MONDAY))
        assert (await sessions.ended(grant.session_id))["end_reason"] == "client_left"


async def test_a_call_goes_on_after_a_full_reconnect_and_with_a_second_client(calls: Calls[None]) -> None:
    """Slow: three questions and their answers, spoken in real time."""
    await asyncio.wrap_future(calls["reconnects"])


async def test_a_call_goes_on_with_a_client_that_was_cut_off_and_one_that_was_killed(calls: Calls[None]) -> None:
    """Slow: two questions and their answers, spoken in real time, and two absences."""
    await asyncio.wrap_future(calls["comes_back"])
