"""The worker dies in mid-call."""

import asyncio
import time

import pytest

from caller.caller import Caller
from tests.faults.conftest import FREE_SECONDS
from tests.fixtures.conversation import SATURDAY, assert_answered, assert_complete
from tests.fixtures.measured import Measure
from tests.fixtures.slots import slots_free_again
from tests.fixtures.stack import StackThread
from tests.fixtures.stacks import SLOTS

pytestmark = pytest.mark.timeout(120)

ENDED_SECONDS = 15.0
# The stack lets a worker drain for two seconds.
STOPPED_SECONDS = 5.0


async def test_a_killed_worker_ends_its_call_as_lost_and_the_caller_is_told(
    callbox: StackThread, measure: Measure
) -> None:
    """Slow: that a worker is gone is known when three of its reports are missing."""
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            turn = await caller.say(SATURDAY)
            assert_answered(SATURDAY, turn)
            callbox.stack.kill("agent")
            killed = time.monotonic()
            session = await sessions.ended(grant.session_id, ENDED_SECONDS)
            measure("from the kill of the worker to the end of the session", time.monotonic() - killed)
            assert session["end_reason"] == "agent_lost"
            async with asyncio.timeout(ENDED_SECONDS - (time.monotonic() - killed)):
                while not caller.faults:
                    await asyncio.sleep(0.05)
            measure("from the kill of the worker to the caller's voice.error", time.monotonic() - killed)
            assert caller.faults[0].code == "agent_lost"
        assert_complete(await sessions.history(grant.session_id), grant, [turn])
        await callbox.do(callbox.stack.wait_ready("agent"))
        measure("from the kill of the worker to the next one", time.monotonic() - killed)
        await slots_free_again(sessions, callbox.character, SLOTS, FREE_SECONDS)


async def test_a_worker_that_is_stopped_ends_its_call_itself_and_the_caller_is_told(
    callbox: StackThread, measure: Measure
) -> None:
    """Slow: a worker is started again."""
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            turn = await caller.say(SATURDAY)
            assert_answered(SATURDAY, turn)
            began = time.monotonic()
            restart = asyncio.create_task(callbox.do(callbox.stack.restart("agent")))
            async with asyncio.timeout(STOPPED_SECONDS):
                while not caller.faults:
                    await asyncio.sleep(0.02)
            measure("from the stop of the worker to the caller's voice.error", time.monotonic() - began)
            assert caller.faults[0].code == "agent_lost"
            assert "had to stop" in caller.faults[0].message, "sessions told the caller, not the agent"
            session = await sessions.ended(grant.session_id, STOPPED_SECONDS)
            measure("from the stop of the worker to the end of the session", time.monotonic() - began)
            assert session["end_reason"] == "agent_lost"
            await restart
        assert_complete(await sessions.history(grant.session_id), grant, [turn])
        await slots_free_again(sessions, callbox.character, SLOTS, FREE_SECONDS)
