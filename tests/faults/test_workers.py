"""Two workers carry the calls of one stack. One of them is killed in mid-call, then the other one is stopped."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from caller.caller import Caller
from caller.turn import Turn
from deploy.local.supervisor import Keeper
from tests.faults.conftest import FREE_SECONDS
from tests.fixtures.conversation import SATURDAY, SUNDAY, assert_answered, assert_complete
from tests.fixtures.measured import Measure
from tests.fixtures.slots import slots_free_again
from tests.fixtures.stack import StackThread
from tests.fixtures.stacks import SCRIPTED_SLOTS

pytestmark = pytest.mark.timeout(120)

ENDED_SECONDS = 15.0
# The stack lets a worker drain for two seconds.
STOPPED_SECONDS = 5.0
READY_SECONDS = 60.0


@pytest.fixture
def second(callbox: StackThread) -> Iterator[Keeper]:
    """A second worker, which may not be ready yet."""
    with callbox.another_worker() as worker:
        yield worker


async def test_a_worker_that_is_killed_or_stopped_ends_its_own_calls_and_no_others(
    callbox: StackThread, second: Keeper, measure: Measure
) -> None:
    """Slow: two workers are started, and that one is gone is known when three of its reports are missing."""
    async with callbox.sessions() as sessions:
        grants = [await sessions.start(callbox.character)]
        async with AsyncExitStack() as calls:
            lost = await calls.enter_async_context(Caller(grants[0]))
            await lost.greeting()
            ready = asyncio.create_task(callbox.do(second.wait_ready(), READY_SECONDS), name="second worker ready")
            turns: list[Turn] = []
            # Asked again while the second worker starts: a caller who is silent for too long is hung up on.
            while not turns or not ready.done():
                turns.append(await lost.say(SATURDAY))
                assert_answered(SATURDAY, turns[-1])
            await ready
            # The second worker has more free slots, so it gets this call.
            grants.append(await sessions.start(callbox.character))
            kept = await calls.enter_async_context(Caller(grants[1]))
            await kept.greeting()

            callbox.stack.kill("agent")
            killed = time.monotonic()
            session = await sessions.ended(grants[0].session_id, ENDED_SECONDS)
            measure("from the kill of a worker to the end of its session", time.monotonic() - killed)
            assert session["end_reason"] == "agent_lost"
            await told_lost(lost, ENDED_SECONDS - (time.monotonic() - killed))
            measure("from the kill of a worker to its caller's voice.error", time.monotonic() - killed)

            # Spoken while the killed worker starts again.
            kept_turn = await kept.say(SUNDAY)
            assert_answered(SUNDAY, kept_turn)
            assert kept.faults == []

            stopped = time.monotonic()
            stop = asyncio.create_task(callbox.do(second.stop()), name="stop-second-worker")
            message = await told_lost(kept, STOPPED_SECONDS)
            measure("from the stop of a worker to its caller's voice.error", time.monotonic() - stopped)
            assert "had to stop" in message, "sessions told the caller, not the agent"
            session = await sessions.ended(grants[1].session_id, STOPPED_SECONDS)
            measure("from the stop of a worker to the end of its session", time.monotonic() - stopped)
            assert session["end_reason"] == "agent_lost"
            await stop
        assert_complete(await sessions.history(grants[0].session_id), grants[0], turns)
        assert_complete(await sessions.history(grants[1].session_id), grants[1], [kept_turn])
        await callbox.do(callbox.stack.wait_ready("agent"), READY_SECONDS)
        measure("from the kill of a worker to the next one", time.monotonic() - killed)
        # The slots of the worker that was started again. Those of the second one are gone.
        await slots_free_again(sessions, callbox.character, SCRIPTED_SLOTS, FREE_SECONDS)


async def told_lost(caller: Caller, seconds: float) -> str:
    """Waits until a caller is told that its agent is lost; returns the message."""
    async with asyncio.timeout(seconds):
        while not caller.faults:
            await asyncio.sleep(0.02)
    assert caller.faults[0].code == "agent_lost"
    return caller.faults[0].message
