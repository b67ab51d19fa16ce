"""Callers who do not do what a caller does. Their calls run side by side: a time-out of half a minute ends each."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from caller.caller import Caller
from deploy.local.settings import ROOT
from tests.faults.conftest import FREE_SECONDS
from tests.fixtures.measured import Measure
from tests.fixtures.slots import slots_free_again
from tests.fixtures.stack import Calls, StackThread
from tests.fixtures.stacks import IDLE_SECONDS, JOIN_SECONDS, SLOTS, TOKEN_SECONDS

pytestmark = pytest.mark.timeout(120)

# What the reaper, a spoken farewell and LiveKit's own patience add to the time that is set.
GRACE_SECONDS = 12.0
DROPPED_SECONDS = 40.0
TALKING_SECONDS = 30.0


@dataclass(frozen=True)
class Ending:
    """How a call ended.

    seconds: from the moment the caller did no more. fault: code it was told. slot_seconds: until its slot was free.
    """

    session: dict[str, Any]
    seconds: float
    fault: str = ""
    slot_seconds: float = 0.0


@pytest.fixture(scope="module")
def calls(callbox: StackThread) -> Iterator[Calls[Ending]]:
    talking = [asyncio.Event(), asyncio.Event()]
    with callbox.side_by_side(
        silent=_never_speaks(callbox, talking[0]),
        dead=_dies(callbox, talking[1]),
        absent=_never_joins(callbox, talking),
    ) as calls:
        yield calls


async def _never_speaks(callbox: StackThread, talking: asyncio.Event) -> Ending:
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            talking.set()
            began = time.monotonic()
            async with asyncio.timeout(IDLE_SECONDS + GRACE_SECONDS):
                await caller.closed.wait()
            seconds = time.monotonic() - began
        return Ending(await sessions.ended(grant.session_id), seconds, caller.faults[0].code)


async def _dies(callbox: StackThread, talking: asyncio.Event) -> Ending:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CALLBOX_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "call", callbox.character, "--say", "What time do you open on Saturday?",
        cwd=ROOT,
        env={**environ, "CALLBOX_DATA_DIR": str(callbox.stack.folder)},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    session_id = ""
    async with asyncio.timeout(TALKING_SECONDS):
        async for line in process.stdout:
            words = line.decode().split()
            if words[:1] == ["session"]:
                session_id = words[1]
            if words[:1] == ["you"]:
                break
    talking.set()
    process.kill()
    killed = time.monotonic()
    await process.wait()
    async with callbox.sessions() as sessions:
        session = await sessions.ended(session_id, DROPPED_SECONDS)
        return Ending(session, time.monotonic() - killed)


async def _never_joins(callbox: StackThread, others: list[asyncio.Event]) -> Ending:
    """The last slot, once the other callers hold theirs."""
    async with callbox.sessions() as sessions, asyncio.timeout(TALKING_SECONDS + TOKEN_SECONDS + 2 * GRACE_SECONDS):
        await asyncio.gather(*(other.wait() for other in others))
        began = time.monotonic()
        grant = await sessions.start(callbox.character)
        left = SLOTS - len(others)
        await slots_free_again(sessions, callbox.character, left, JOIN_SECONDS + GRACE_SECONDS)
        slot_seconds = time.monotonic() - began
        session = await sessions.ended(grant.session_id, TOKEN_SECONDS + GRACE_SECONDS)
        return Ending(session, time.monotonic() - began, slot_seconds=slot_seconds)


async def test_a_caller_who_never_speaks_is_hung_up_on(calls: Calls[Ending], measure: Measure) -> None:
    """Slow: the caller is silent for as long as the stack allows, half a minute."""
    ending = await asyncio.wrap_future(calls["silent"])
    measure(f"silence until the agent left ({IDLE_SECONDS} s are set)", ending.seconds)
    assert ending.fault == "idle_timeout"
    assert ending.session["end_reason"] == "idle_timeout"


async def test_a_caller_who_never_joins_gives_the_slot_back_and_is_given_up(
    calls: Calls[Ending], measure: Measure
) -> None:
    ending = await asyncio.wrap_future(calls["absent"])
    measure(f"until the slot was free again ({JOIN_SECONDS} s are set)", ending.slot_seconds)
    measure(f"until the session was over ({TOKEN_SECONDS} s are set)", ending.seconds)
    assert ending.session["end_reason"] == "never_joined"


async def test_a_caller_whose_machine_dies_leaves_no_call_behind(calls: Calls[Ending], measure: Measure) -> None:
    ending = await asyncio.wrap_future(calls["dead"])
    measure("from the caller's death to the end of the session", ending.seconds)
    assert (ending.session["status"], ending.session["end_reason"]) == ("ended", "client_left")


async def test_their_slots_are_free_again(callbox: StackThread, calls: Calls[Ending]) -> None:
    await asyncio.gather(*map(asyncio.wrap_future, calls.values()), return_exceptions=True)
    async with callbox.sessions() as sessions:
        await slots_free_again(sessions, callbox.character, SLOTS, FREE_SECONDS)
