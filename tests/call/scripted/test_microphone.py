"""A caller who mutes, and one who takes another microphone, in the middle of a call."""

import asyncio
from collections.abc import Iterator

import pytest

from caller.caller import Caller
from tests.call.scripted import microphone
from tests.fixtures.conversation import MONDAY, SATURDAY, SUNDAY, assert_answered, assert_complete
from tests.fixtures.stack import Calls, StackThread

pytestmark = pytest.mark.timeout(120)

# The longest pause after which a turn is over, and the recognition of its last words.
TURN_OVER_SECONDS = 2.0


@pytest.fixture(scope="module")
def calls(callbox: StackThread) -> Iterator[Calls[None]]:
    """The calls of this file, side by side."""
    with callbox.side_by_side(muted=_mutes(callbox), switched=_switches(callbox)) as calls:
        yield calls


async def _mutes(callbox: StackThread) -> None:
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            turns = [await caller.say(SATURDAY)]
            mark = len(caller.said)
            microphone.mute(caller)
            await caller.uplink.say(MONDAY.samples)
            await asyncio.sleep(TURN_OVER_SECONDS)
            assert caller.said[mark:] == []
            microphone.unmute(caller)
            turns.append(await caller.say(SUNDAY))
        await sessions.ended(grant.session_id)
        for line, turn in zip((SATURDAY, SUNDAY), turns, strict=True):
            assert_answered(line, turn)
        assert_complete(await sessions.history(grant.session_id), grant, turns)


async def _switches(callbox: StackThread) -> None:
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            turns = [await caller.say(SATURDAY)]
            await microphone.switch(caller)
            turns.append(await caller.say(SUNDAY))
        await sessions.ended(grant.session_id)
        for line, turn in zip((SATURDAY, SUNDAY), turns, strict=True):
            assert_answered(line, turn)
        assert_complete(await sessions.history(grant.session_id), grant, turns)


async def test_what_is_said_while_muted_is_not_heard_and_what_is_said_after_is(calls: Calls[None]) -> None:
    """Slow: three lines are spoken in real time."""
    await asyncio.wrap_future(calls["muted"])


async def test_a_caller_who_takes_another_microphone_is_heard_by_it(calls: Calls[None]) -> None:
    """Slow: two questions and their answers are spoken in real time."""
    await asyncio.wrap_future(calls["switched"])
