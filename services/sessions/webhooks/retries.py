"""When a failed delivery is tried again. Pure."""

from datetime import datetime, timedelta

GIVE_UP_AFTER = timedelta(hours=24)
_FACTOR = 3.0
_LONGEST = timedelta(hours=4)
# Each pause is up to this part longer or shorter, so that deliveries that failed together are spread out.
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
    """The time of the next attempt after `tries` failures; None when there is none.

    The first pause is `first_pause`, each further one three times longer, up to four hours. The last attempt is made at
    `give_up_at`. chance: from 0 to 1, the place within the jitter. asked_pause: what the receiver asked for; up to four
    hours of it are granted.
    """
    if now >= give_up_at:
        return None
    grown_seconds = min(first_pause.total_seconds() * _FACTOR ** min(tries - 1, 50), _LONGEST.total_seconds())
    pause = timedelta(seconds=grown_seconds * (1 + _JITTER * (2 * chance - 1)))
    if asked_pause is not None:
        pause = max(pause, min(asked_pause, _LONGEST))
    return min(now + pause, give_up_at)
