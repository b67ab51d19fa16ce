"""One part of the stack: its command, how to tell that it is ready, and how to stop it."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

Probe = Callable[[], Awaitable[None]]
"""Returns if the part is ready, raises `NotReady` if not; takes at most two seconds."""


class NotReady(Exception):
    """A part is not ready; the message says what is missing."""


async def _nothing() -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Part:
    """What the supervisor needs to run a part."""

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    ready: Probe
    """Called repeatedly from the start of the process until it returns."""
    prepare: Callable[[], Awaitable[None]] = _nothing
    """Called before each start."""
    clean_up: Callable[[], None] = lambda: None
    """Called after each end, when the part and its descendants are dead."""
    needs: tuple[str, ...] = ()
    """Parts that must be ready before the first start."""
    owner: tuple[int, int] | None = None
    """(uid, gid) that the process runs as; None for the current user."""
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """Signal that the part gets if the supervisor dies."""
    grace_seconds: float = 2.5
    """Time between the stop signal and SIGKILL."""
    start_seconds: float = 150.0
    """Time limit until it is ready."""
    stage: int = 0
    """Parts with the highest stage are stopped first."""
