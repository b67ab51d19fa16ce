"""What the worker has counted in its metrics."""

import asyncio
import re

import httpx

from tests.fixtures.stack import StackThread

IGNORED = 'data_messages_ignored_total{reason="'
SPOKEN_LINES = 'spoken_lines_total{line="'
# The worker's metrics of a call reach its page within a few seconds.
METRICS_SECONDS = 10.0


async def counted(callbox: StackThread, metric: str) -> dict[str, float]:
    """The counts of a metric by its label."""
    url = f"http://127.0.0.1:{callbox.stack.settings.agent_ops_port}/metrics"
    async with httpx.AsyncClient() as client:
        text = (await client.get(url)).text
    return {name: float(count) for name, count in re.findall(rf'callbox_{re.escape(metric)}(\w+)"}} (\S+)', text)}


async def until_counted(callbox: StackThread, metric: str, before: dict[str, float], **more: int) -> None:
    """Waits until the worker has counted at least so many more than before."""
    now: dict[str, float] = {}
    try:
        async with asyncio.timeout(METRICS_SECONDS):
            while any(now.get(name, 0) - before.get(name, 0) < count for name, count in more.items()):
                now = await counted(callbox, metric)
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"counted {now} after {before}, not {more} more") from None
