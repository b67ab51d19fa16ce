"""Runs an action for each of several items, so that one that fails does not keep the others waiting."""

import random
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from services.kit.errors import CallboxError
from services.kit.logs import get_logger

# So many failures mean that a dependency is down. Each may have waited for its time limit.
_MAX_FAILURES = 3
_log = get_logger(__name__)

Item = TypeVar("Item")


async def for_each(
    items: Iterable[Item], act: Callable[[Item], Awaitable[None]], session_of: Callable[[Item], str]
) -> None:
    """Runs `act` for each item. After `_MAX_FAILURES` the rest waits for the next pass.

    The order is random: items that always fail must not come first in every pass. session_of: for the log.
    """
    failures = 0
    shuffled = list(items)
    random.shuffle(shuffled)
    for item in shuffled:
        try:
            await act(item)
        except CallboxError as fault:
            failures += 1
            _log.warning("the reaper failed for one session", session_id=session_of(item), fault=str(fault))
        except Exception:
            failures += 1
            _log.exception("the reaper failed for one session", session_id=session_of(item))
        if failures >= _MAX_FAILURES:
            return
