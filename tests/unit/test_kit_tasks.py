"""Background tasks end, also those that lose a cancellation."""

import asyncio

from services.kit.tasks import end


async def test_a_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    cancellations = 0

    async def stubborn() -> None:
        nonlocal cancellations
        while cancellations < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancellations += 1

    async def faulty() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError("this must not keep the others from ending")

    tasks = [asyncio.create_task(stubborn()), asyncio.create_task(faulty())]
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await end(*tasks)
    assert all(task.done() for task in tasks)
    assert cancellations == 2


async def test_nothing_to_end_is_no_fault() -> None:
    await end()
    done = asyncio.create_task(asyncio.sleep(0))
    await done
    await end(done)
