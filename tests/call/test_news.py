"""What `make run` tells a person about a normal call."""

import asyncio
import re

import pytest

from caller.caller import Caller
from tests.fixtures.stack import StackThread

pytestmark = pytest.mark.timeout(180)


async def test_a_normal_call_is_told_when_it_begins_and_ends_and_is_no_fault(callbox: StackThread) -> None:
    told = callbox.stack.lines.path("callbox")
    already = len(told.read_text())
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
        await sessions.ended(grant.session_id)
    ended = re.compile(rf"call {grant.session_id} ended after \d+ s: client_left\n")
    async with asyncio.timeout(10):
        while not ended.search(new := told.read_text()[already:]):
            await asyncio.sleep(0.05)
    assert f"call {grant.session_id} with {callbox.character} began\n" in new
    assert "FAULT" not in new
    # Written at each normal end of a call.
    assert "error reading data channel" in callbox.stack.lines.path("livekit").read_text()
    assert "data channel" not in new
