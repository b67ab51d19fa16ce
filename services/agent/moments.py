"""The named moments of a call. A part that is added to calls registers its handlers here; nothing else calls it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents.llm import FunctionCall, FunctionCallOutput, MetricsReport

Reason: TypeAlias = "pb.EndReason.ValueType"
E = TypeVar("E")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Joined:
    """The caller is in the room. at: seconds since the epoch."""

    at: float


@dataclass(frozen=True)
class TurnBegan:
    """The caller has said or typed something whole and waits for an answer. metrics: livekit-agents' own."""

    text: str
    metrics: MetricsReport


@dataclass(frozen=True)
class ToolCalled:
    """A tool of the character was called and has answered. output: None when the call was given up."""

    call: FunctionCall
    output: FunctionCallOutput | None


@dataclass(frozen=True)
class ReplySpoken:
    """A reply is over. text: what the caller heard of it. interrupted: the caller did not hear all of it."""

    text: str
    interrupted: bool
    metrics: MetricsReport


@dataclass(frozen=True)
class Ended:
    """The call is over and nothing more is said."""

    reason: Reason


class Moment(Generic[E]):
    """One named moment. Handlers run at once, in the order in which they were added, on the event loop.

    A handler returns quickly: what takes time goes into a task that the handler's owner ends. A handler that raises is
    logged; the other handlers and the call go on.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._handlers: list[Callable[[E], object]] = []

    def add(self, handler: Callable[[E], object]) -> None:
        """Has `handler` called each time the moment comes."""
        self._handlers.append(handler)

    def tell(self, event: E) -> None:
        """The moment has come."""
        for handler in self._handlers:
            try:
                handler(event)
            except Exception:  # a part that was added must not end the call
                _log.exception("a handler failed", moment=self._name)


@dataclass(frozen=True)
class Moments:
    """The moments of one call, in the order of a call."""

    joined: Moment[Joined] = field(default_factory=lambda: Moment("joined"))
    turn_began: Moment[TurnBegan] = field(default_factory=lambda: Moment("turn_began"))
    tool_called: Moment[ToolCalled] = field(default_factory=lambda: Moment("tool_called"))
    reply_spoken: Moment[ReplySpoken] = field(default_factory=lambda: Moment("reply_spoken"))
    ended: Moment[Ended] = field(default_factory=lambda: Moment("ended"))
