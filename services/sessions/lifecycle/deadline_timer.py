"""When the reaper runs its next pass: at its interval, or earlier at a deadline that was set."""

import asyncio
import math

# Deadlines are rounded up to this, so that many sessions that start together cause one pass.
_STEP_SECONDS = 0.1


class DeadlineTimer:
    """Wakes one sleeping task at the next of several deadlines."""

    def __init__(self) -> None:
        self._steps: set[int] = set()
        self._changed = asyncio.Event()

    def wake_in(self, seconds: float) -> None:
        """Adds a deadline in `seconds`, at most 0.2 s late; the other deadlines stay."""
        self._steps.add(math.ceil((asyncio.get_running_loop().time() + seconds) / _STEP_SECONDS) + 1)
        self._changed.set()

    async def sleep(self, at_most_seconds: float) -> None:
        """Returns at the next deadline, after `at_most_seconds` at the latest."""
        loop = asyncio.get_running_loop()
        until = loop.time() + at_most_seconds
        while True:
            self._changed.clear()
            next_at = min([step * _STEP_SECONDS for step in self._steps] + [until])
            try:
                async with asyncio.timeout_at(next_at):
                    await self._changed.wait()
            except TimeoutError:
                # A timer may fire slightly before its time.
                over = max(next_at, loop.time())
                self._steps = {step for step in self._steps if step * _STEP_SECONDS > over}
                return
