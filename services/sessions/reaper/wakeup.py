"""When the reaper is to look next: at its own pace, or at a deadline that somebody sets."""

import asyncio
import math

# Deadlines are rounded up to this, so that many sessions that start together cost one look.
_STEP_SECONDS = 0.1


class Alarm:
    """An alarm clock with one sleeper."""

    def __init__(self) -> None:
        self._steps: set[int] = set()
        self._changed = asyncio.Event()

    def ring_in(self, seconds: float) -> None:
        """Rings in `seconds` or up to a fifth of a second later; other deadlines stay set."""
        self._steps.add(math.ceil((asyncio.get_running_loop().time() + seconds) / _STEP_SECONDS) + 1)
        self._changed.set()

    async def sleep(self, at_most_seconds: float) -> None:
        """Returns at the next deadline, after `at_most_seconds` at the latest."""
        loop = asyncio.get_running_loop()
        until = loop.time() + at_most_seconds
        while True:
            self._changed.clear()
            next_at = min([step * _STEP_SECONDS for step in self._steps] + [until])
            if next_at <= loop.time():
                self._steps = {step for step in self._steps if step * _STEP_SECONDS > loop.time()}
                return
            try:
                async with asyncio.timeout_at(next_at):
                    await self._changed.wait()
            except TimeoutError:
                continue
