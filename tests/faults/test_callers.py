"""Callers who do not do what a caller does."""

import asyncio
import os
import sys
import time

import pytest

from caller.caller import Caller
from caller.session import Sessions
from deploy.local.settings import ROOT
from tests.faults.conftest import FREE_SECONDS, IDLE_SECONDS, JOIN_SECONDS, SLOTS, TOKEN_SECONDS
from tests.fixtures.measured import Measure
from tests.fixtures.slots import slots_free_again
from tests.fixtures.stack import StackThread

pytestmark = pytest.mark.timeout(120)

# What the reaper, a spoken farewell and LiveKit's own patience add to the time that is set.
GRACE_SECONDS = 12.0
DROPPED_SECONDS = 40.0


async def test_a_caller_who_never_speaks_is_hung_up_on(callbox: StackThread, measure: Measure) -> None:
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            began = time.monotonic()
            async with asyncio.timeout(IDLE_SECONDS + GRACE_SECONDS):
                await caller.closed.wait()
            measure(f"silence until the agent left ({IDLE_SECONDS} s are set)", time.monotonic() - began)
            assert caller.faults[0].code == "idle_timeout"
        assert (await sessions.ended(grant.session_id))["end_reason"] == "idle_timeout"
        await slots_free_again(sessions, callbox.character, SLOTS, FREE_SECONDS)


async def test_a_caller_who_never_joins_gives_the_slot_back_and_is_given_up(
    callbox: StackThread, measure: Measure
) -> None:
    async with callbox.sessions() as sessions:
        began = time.monotonic()
        grant = await sessions.start(callbox.character)
        await slots_free_again(sessions, callbox.character, SLOTS, JOIN_SECONDS + GRACE_SECONDS)
        measure(f"until the slot was free again ({JOIN_SECONDS} s are set)", time.monotonic() - began)
        session = await sessions.ended(grant.session_id, TOKEN_SECONDS + GRACE_SECONDS)
        measure(f"until the session was over ({TOKEN_SECONDS} s are set)", time.monotonic() - began)
        assert session["end_reason"] == "never_joined"


async def test_a_caller_whose_machine_dies_leaves_no_call_behind(callbox: StackThread, measure: Measure) -> None:
    async with callbox.sessions() as sessions:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CALLBOX_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli", "call", callbox.character, "--say", "What time do you open on Saturday?",
            cwd=ROOT,
            env={**environ, "CALLBOX_DATA_DIR": str(callbox.stack.folder)},
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        session_id = ""
        async with asyncio.timeout(30):
            async for line in process.stdout:
                words = line.decode().split()
                if words[:1] == ["session"]:
                    session_id = words[1]
                if words[:1] == ["you"]:
                    break
        process.kill()
        killed = time.monotonic()
        await process.wait()
        await _ended_as(sessions, session_id, "client_left")
        measure("from the caller's death to the end of the session", time.monotonic() - killed)
        await slots_free_again(sessions, callbox.character, SLOTS, FREE_SECONDS)


async def _ended_as(sessions: Sessions, session_id: str, reason: str) -> None:
    session = await sessions.ended(session_id, DROPPED_SECONDS)
    assert (session["status"], session["end_reason"]) == ("ended", reason)
