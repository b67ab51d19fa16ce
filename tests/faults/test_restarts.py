"""Parts that a call depends on go away in the middle of it."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from caller.caller import Caller
from caller.speech import Line
from caller.turn import Turn
from tests.faults.conftest import FREE_SECONDS
from tests.fixtures.conversation import ANSWERS, MONDAY, SATURDAY, SUNDAY, assert_answered, assert_complete
from tests.fixtures.measured import Measure
from tests.fixtures.slots import slots_free_again
from tests.fixtures.stack import StackThread
from tests.fixtures.stacks import IDLE_SECONDS, SCRIPTED_SLOTS

pytestmark = pytest.mark.timeout(120)

# What the caller asks while each part is restarted.
RESTARTED = {"sessions": SATURDAY, "postgres": SUNDAY, "redis": MONDAY}
# The longest a turn may be silent while Triton comes back.
ANSWERED_SECONDS = 30.0
READY_SECONDS = 90.0


async def test_a_call_outlives_its_parts(callbox: StackThread, measure: Measure) -> None:
    """Slow: five questions and their answers are spoken in real time, and Triton starts again."""
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            turns = [await during_restart(callbox, part, caller, line, measure) for part, line in RESTARTED.items()]
            for line, turn in zip(RESTARTED.values(), turns, strict=True):
                assert_answered(line, turn)

            killed = time.time()
            callbox.stack.kill("triton")
            unheard = await caller.say(SATURDAY)
            assert unheard.answer is not None
            measure("from the kill of Triton to the agent's next sound", unheard.answer.start - killed)
            assert unheard.answer.start - unheard.spoken.end < ANSWERED_SECONDS
            assert unheard.replies, "the turn ended in silence"
            await stay(caller, callbox.do(callbox.stack.wait_ready("triton"), READY_SECONDS))
            measure("from the kill of Triton to its readiness", time.time() - killed)
            await caller.quiet()
            last = await caller.say(MONDAY)
            # What the agent still says to the last typed line is cut off by this one and told with it.
            assert last.replies[-1:] == (ANSWERS[MONDAY.said],), last
        assert (await sessions.ended(grant.session_id))["end_reason"] == "client_left"
        history = await sessions.history(grant.session_id)
        assert_complete(history, grant, turns, more=True)
        assert history["transcript"][-1]["text"] == last.replies[-1]
        await slots_free_again(sessions, callbox.character, SCRIPTED_SLOTS, FREE_SECONDS)


async def during_restart(callbox: StackThread, part: str, caller: Caller, line: Line, measure: Measure) -> Turn:
    """Restarts a part while the caller asks and is answered."""
    began = time.monotonic()
    restart = asyncio.create_task(callbox.do(callbox.stack.restart(part)), name=f"restart-{part}")
    turn = await caller.say(line)
    await restart
    measure(f"restart of {part} and a turn meanwhile", time.monotonic() - began)
    return turn


async def stay(caller: Caller, work: Coroutine[Any, Any, None]) -> None:
    """Types until something is done, since a caller who neither speaks nor types is hung up on."""
    task = asyncio.create_task(work, name="work")
    while not (await asyncio.wait([task], timeout=IDLE_SECONDS / 2))[0]:
        await caller.type("Are you still there?")
    await task
