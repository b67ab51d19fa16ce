"""What the worker tells Prometheus while it carries a call."""

import asyncio

import httpx
import pytest

from caller.caller import Caller
from tests.fixtures.stack import StackThread
from tests.fixtures.stacks import SLOTS

pytestmark = pytest.mark.timeout(120)


def value(metrics: str, name: str) -> float:
    (line,) = [line for line in metrics.splitlines() if line.startswith(f"{name} ")]
    return float(line.removeprefix(f"{name} "))


async def test_slots_and_calls_of_a_worker_are_counted(callbox: StackThread) -> None:
    url = f"http://127.0.0.1:{callbox.stack.settings.agent_ops_port}/metrics"
    async with callbox.sessions() as sessions, httpx.AsyncClient() as client:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            async with asyncio.timeout(10):
                while value(metrics := (await client.get(url)).text, "callbox_worker_calls") != 1:
                    await asyncio.sleep(0.2)
        await sessions.ended(grant.session_id)
    assert value(metrics, "callbox_worker_slots") == SLOTS
    assert 'callbox_audio_backlog_frames{stage="denoise"}' in metrics
