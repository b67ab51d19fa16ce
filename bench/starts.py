"""Measures how long a session takes to start."""

import asyncio
import time

from caller.session import Refused, Sessions

# Longest wait for a slot to be free after its session was ended.
_FREE_SECONDS = 5.0
_POLL_SECONDS = 0.05


async def measure_starts(sessions: Sessions, character: str, count: int) -> list[float]:
    """Starts sessions one after the other, ends each, and waits until its slot is free.

    Returns: milliseconds of each start alone. Raises: Refused when a slot does not become free.
    """
    taken: list[float] = []
    give_up = time.monotonic() + _FREE_SECONDS
    while len(taken) < count:
        began = time.perf_counter()
        try:
            grant = await sessions.start(character)
        except Refused as refusal:
            if refusal.code not in ("at_capacity", "concurrency_limit_reached") or time.monotonic() > give_up:
                raise
            await asyncio.sleep(_POLL_SECONDS)
            continue
        taken.append((time.perf_counter() - began) * 1000.0)
        await sessions.end(grant.session_id)
        give_up = time.monotonic() + _FREE_SECONDS
    return taken
