"""A part that a call depends on goes away in the middle of it."""

import asyncio
import time

import pytest

from caller.caller import Caller
from tests.faults.conftest import FREE_SECONDS
from tests.fixtures.conversation import ANSWERS, MONDAY, SATURDAY, SUNDAY, assert_answered, assert_complete
from tests.fixtures.measured import Measure
from tests.fixtures.slots import slots_free_again
from tests.fixtures.stack import StackThread
from tests.fixtures.stacks import IDLE_SECONDS, SLOTS

pytestmark = pytest.mark.timeout(120)

# The longest a turn may be silent while Triton comes back.
ANSWERED_SECONDS = 30.0
READY_SECONDS = 90.0


async def test_a_call_goes_on_while_parts_are_restarted(callbox: StackThread, measure: Measure) -> None:
    """Slow: four questions and their answers, spoken in real time."""
    lines = (SATURDAY, SUNDAY, MONDAY, SATURDAY)
    turns = []
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            for part, line in zip(("sessions", "postgres", "redis"), lines, strict=False):
                began = time.monotonic()
                restart = asyncio.create_task(callbox.do(callbox.stack.restart(part)))
                turns.append(await caller.say(line))
                await restart
                measure(f"restart of {part} and a turn meanwhile", time.monotonic() - began)
            turns.append(await caller.say(lines[-1]))
        session = await sessions.ended(grant.session_id)
        assert session["end_reason"] == "client_left"
        for line, turn in zip(lines, turns, strict=True):
            assert_answered(line, turn)
        assert_complete(await sessions.history(grant.session_id), grant, turns)
        await slots_free_again(sessions, callbox.character, SLOTS, FREE_SECONDS)


async def test_a_call_outlives_triton(callbox: StackThread, measure: Measure) -> None:
    """Slow: Triton needs up to half of it to come back."""
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            first = await caller.say(SATURDAY)
            assert_answered(SATURDAY, first)
            killed = time.time()
            callbox.stack.kill("triton")
            second = await caller.say(SUNDAY)
            assert second.answer is not None
            measure("from the kill of Triton to the agent's next sound", second.answer.start - killed)
            assert second.answer.start - second.spoken.end < ANSWERED_SECONDS
            assert second.replies, "the turn ended in silence"
            ready = asyncio.create_task(
                callbox.do(callbox.stack.wait_ready("triton"), READY_SECONDS), name="triton-is-ready"
            )
            # A caller who neither speaks nor types is hung up on after IDLE_SECONDS.
            while not (await asyncio.wait([ready], timeout=IDLE_SECONDS / 2))[0]:
                await caller.type("Are you still there?")
            await ready
            measure("from the kill of Triton to its readiness", time.time() - killed)
            await caller.quiet()
            third = await caller.say(MONDAY)
            # What the agent still says to the last typed line is cut off by this one and told with it.
            assert third.replies[-1:] == (ANSWERS[MONDAY.said],), third
        assert (await sessions.ended(grant.session_id))["end_reason"] == "client_left"
        history = await sessions.history(grant.session_id)
        texts = [each["text"] for each in history["transcript"]]
        assert texts[-1] == third.replies[-1]
        await slots_free_again(sessions, callbox.character, SLOTS, FREE_SECONDS)
