"""The guard of every test against a service that blocks its event loop."""

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest
import uvloop

from tests.fixtures import watchdog as guard
from tests.fixtures.watchdog import Watchdog

LIMIT_SECONDS = 0.06

Run = Callable[[Coroutine[Any, Any, Any]], list[str]]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop])
def stalls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a coroutine of this file as if it were a service's; returns the stalls."""
    monkeypatch.setattr(guard, "_RUNNERS", (*guard._RUNNERS, __file__))

    def run(coroutine: Coroutine[Any, Any, Any]) -> list[str]:
        loop = request.param()
        try:
            with Watchdog(LIMIT_SECONDS) as watching:
                watching.watch(loop)
                loop.run_until_complete(coroutine)
                return watching.take()
        finally:
            loop.close()

    return run


def burn(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(range(1_000))


async def blocks() -> None:
    await asyncio.sleep(0)
    burn(2 * LIMIT_SECONDS)


def test_a_step_that_blocks_the_loop_is_reported_with_its_stack(stalls: Run) -> None:
    (stall,) = stalls(blocks())
    assert stall.startswith("blocks kept the loop for ")
    assert "in burn" in stall


def test_a_step_that_blocks_the_loop_in_a_child_task_is_reported(stalls: Run) -> None:
    async def parent() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(blocks)

    assert len(stalls(parent())) == 1


def test_a_step_that_blocks_the_loop_after_its_cancellation_is_reported(stalls: Run) -> None:
    async def child() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            burn(2 * LIMIT_SECONDS)

    async def parent() -> None:
        task = asyncio.create_task(child())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    assert len(stalls(parent())) == 1


def test_short_steps_that_are_long_together_are_not_reported(stalls: Run) -> None:
    async def work() -> None:
        for _ in range(6):
            burn(LIMIT_SECONDS / 3)
            await asyncio.sleep(0)

    assert stalls(work()) == []


def test_time_in_which_the_processor_does_something_else_is_not_reported(stalls: Run) -> None:
    async def wait() -> None:
        time.sleep(2 * LIMIT_SECONDS)

    assert stalls(wait()) == []


def test_garbage_collection_is_not_reported(stalls: Run) -> None:
    garbage = [{"a": [number]} for number in range(200_000)]

    async def collect() -> None:
        until = time.thread_time() + 2 * LIMIT_SECONDS
        while time.thread_time() < until:
            gc.collect()

    assert stalls(collect()) == []
    assert garbage
