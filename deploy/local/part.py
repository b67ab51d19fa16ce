"""One part of the stack: what is run, when it is ready, how it ends."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

Probe = Callable[[], Awaitable[None]]
"""Returns when the part is ready, raises `NotReady` when it is not; within two seconds either way."""


class NotReady(Exception):
    """A part that cannot serve yet; the message says what is missing."""


async def _nothing() -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Part:
    """What the supervisor has to know of a part."""

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    ready: Probe
    """Asked again and again from the start of the process until it answers."""
    prepare: Callable[[], Awaitable[None]] = _nothing
    """Done before each start."""
    needs: tuple[str, ...] = ()
    """Parts that must be ready before the first start."""
    owner: tuple[int, int] | None = None
    """User and group the process runs as, when not ours."""
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """What it gets when the supervisor is killed."""
    grace_seconds: float = 2.5
    """Time between the stop signal and SIGKILL."""
    start_seconds: float = 150.0
    """Time until it must be ready."""
    stage: int = 0
    """Parts of the highest stage are stopped first."""
