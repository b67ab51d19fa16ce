"""When a message is tried again. Pure."""

from datetime import datetime, timedelta

GIVE_UP_AFTER = timedelta(hours=24)
_FACTOR = 3.0
_LONGEST = timedelta(hours=4)
# Each pause is up to this part longer or shorter, so that what failed together does not come back together.
_JITTER = 0.2


def next_attempt(
    tries: int,
    now: datetime,
    give_up_at: datetime,
    *,
    first_pause: timedelta,
    chance: float,
    asked_pause: timedelta | None = None,
) -> datetime | None:
    """When to try next after `tries` failures; None for never again.

    Pauses grow from `first_pause` threefold up to four hours; the last attempt is made at `give_up_at`. chance: from 0
    to 1, moves the pause within its jitter. asked_pause: what the receiver asked for, honoured up to four hours.
    """
    if now >= give_up_at:
        return None
    grown = min(first_pause.total_seconds() * _FACTOR ** min(tries - 1, 50), _LONGEST.total_seconds())
    pause = timedelta(seconds=grown * (1 + _JITTER * (2 * chance - 1)))
    if asked_pause is not None:
        pause = max(pause, min(asked_pause, _LONGEST))
    return min(now + pause, give_up_at)
