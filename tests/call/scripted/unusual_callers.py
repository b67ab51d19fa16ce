"""Calls of callers who never speak, whose machine dies, or who never join."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from typing import Any

from caller.caller import Caller
from deploy.local.settings import ROOT
from tests.fixtures.slots import slots_free_again
from tests.fixtures.stack import StackThread
from tests.fixtures.stacks import IDLE_SECONDS, JOIN_SECONDS, TOKEN_SECONDS

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


async def never_speaks(callbox: StackThread, talking: asyncio.Event) -> Ending:
    """Listens to the greeting, sets `talking`, and waits to be hung up on."""
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


async def dies(callbox: StackThread, talking: asyncio.Event) -> Ending:
    """Asks a question, sets `talking`, and is killed."""
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


async def never_joins(callbox: StackThread, others: list[asyncio.Event], free: int, counted: asyncio.Event) -> Ending:
    """Starts a session when all others have their slots, and leaves it alone.

    free: slots that the others leave. Sets `counted` when they are free again, or are not in time.
    """
    async with callbox.sessions() as sessions, asyncio.timeout(TALKING_SECONDS + TOKEN_SECONDS + 2 * GRACE_SECONDS):
        await asyncio.gather(*(other.wait() for other in others))
        began = time.monotonic()
        grant = await sessions.start(callbox.character)
        try:
            await slots_free_again(sessions, callbox.character, free, JOIN_SECONDS + GRACE_SECONDS)
        finally:
            counted.set()
        slot_seconds = time.monotonic() - began
        session = await sessions.ended(grant.session_id, TOKEN_SECONDS + GRACE_SECONDS)
        return Ending(session, time.monotonic() - began, slot_seconds=slot_seconds)
