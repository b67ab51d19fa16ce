"""Two workers carry the calls of one stack, and one of them dies."""

import asyncio
import signal
import time
from collections.abc import Iterator

import pytest

from caller.caller import Caller
from deploy.local.supervisor import Keeper
from tests.faults.conftest import FREE_SECONDS
from tests.fixtures.conversation import SATURDAY, assert_answered, assert_complete
from tests.fixtures.measured import Measure
from tests.fixtures.slots import slots_free_again
from tests.fixtures.stack import StackThread
from tests.fixtures.stacks import SLOTS

pytestmark = pytest.mark.timeout(120)

LOST_SECONDS = 15.0


@pytest.fixture
def second(callbox: StackThread) -> Iterator[Keeper]:
    with callbox.another_worker() as worker:
        yield worker


async def test_calls_spread_over_two_workers_and_outlive_the_death_of_the_other_one(
    callbox: StackThread, second: Keeper, measure: Measure
) -> None:
    """Slow: a worker is started, and that it is gone is known when three of its reports are missing."""
    async with callbox.sessions() as sessions:
        grants = [await sessions.start(callbox.character) for _ in range(2)]
        async with Caller(grants[0]) as one, Caller(grants[1]) as other:
            callers = {one: grants[0], other: grants[1]}
            await asyncio.gather(*(caller.greeting() for caller in callers))
            assert second.process is not None
            second.process.signal(signal.SIGKILL)
            killed = time.monotonic()
            # Not started again: slots of its own would be counted at the end.
            await callbox.do(second.stop())
            async with asyncio.timeout(LOST_SECONDS):
                while not any(caller.faults for caller in callers):
                    await asyncio.sleep(0.05)
            measure("from the kill of one of two workers to its caller's voice.error", time.monotonic() - killed)
            # With both calls on one worker, none would be lost here or none kept below.
            lost, kept = sorted(callers, key=lambda caller: not caller.faults)
            assert lost.faults[0].code == "agent_lost"
            assert (await sessions.ended(callers[lost].session_id))["end_reason"] == "agent_lost"
            turn = await kept.say(SATURDAY)
            assert_answered(SATURDAY, turn)
            assert kept.faults == []
        assert (await sessions.ended(callers[kept].session_id))["end_reason"] == "client_left"
        assert_complete(await sessions.history(callers[kept].session_id), callers[kept], [turn])
        assert_complete(await sessions.history(callers[lost].session_id), callers[lost], [])
        await slots_free_again(sessions, callbox.character, SLOTS, FREE_SECONDS)
