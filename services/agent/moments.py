"""The named moments of a call. An optional part of a call registers its handlers here; nothing else calls it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents.llm import MetricsReport

Reason: TypeAlias = "pb.EndReason.ValueType"
FormAction: TypeAlias = "pb.FormAction.ValueType"
Kind: TypeAlias = "pb.ToolKind.ValueType"
E = TypeVar("E")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Joined:
    """The caller is in the room. at: seconds since the epoch."""

    at: float


@dataclass(frozen=True)
class Heard:
    """What the caller has said so far in the turn that goes on."""

    text: str


@dataclass(frozen=True)
class TurnBegan:
    """The caller has finished speaking or typing and waits for an answer. metrics: from livekit-agents.

    continued: the caller has typed more before the answer began. The text is that of the whole turn.
    """

    text: str
    metrics: MetricsReport
    typed: bool = False
    continued: bool = False


@dataclass(frozen=True)
class TurnComplete:
    """Nothing more is added to the caller's turn. started_at: seconds since the epoch.

    A spoken turn is complete when it begins to be answered. A typed one is complete when the answer is heard, fails or
    cannot come any more.
    """

    text: str
    started_at: float
    typed: bool = False


@dataclass(frozen=True)
class ToolStarted:
    """A call of a tool has begun; the `ToolCalled` with the same call_id tells how it ended."""

    call_id: str
    name: str
    kind: Kind


@dataclass(frozen=True)
class ToolCalled:
    """A call of a tool is over, however it ended.

    arguments: as the model gave them, secrets masked; None if they were no JSON object. result: the tool's own answer.
    error: the code of its failure; empty when there was none. started_at: seconds since the epoch.
    """

    call_id: str
    name: str
    kind: Kind
    arguments: Mapping[str, Any] | None
    result: str
    error: str
    started_at: float
    seconds: float


@dataclass(frozen=True)
class FormStep:
    """Something was done with a form, by the caller or by the agent."""

    form_id: str
    action: FormAction


@dataclass(frozen=True)
class ReplySpoken:
    """A reply has ended. text: the part that the caller heard. interrupted: the caller did not hear all of it."""

    text: str
    interrupted: bool
    metrics: MetricsReport


@dataclass(frozen=True)
class HandedOver:
    """Another character has taken over. from_slug, to_slug: of the characters. reason: may be empty."""

    from_slug: str
    to_slug: str
    reason: str


@dataclass(frozen=True)
class Ended:
    """The call has ended and nothing more is said."""

    reason: Reason


class Moment(Generic[E]):
    """One named moment. Handlers run synchronously on the event loop, in the order in which they were added.

    A handler must return quickly; longer work belongs in a task that the handler's owner ends. If a handler raises, the
    error is logged and the other handlers and the call go on.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._handlers: list[Callable[[E], object]] = []

    def add(self, handler: Callable[[E], object]) -> None:
        """Calls `handler` each time the moment comes."""
        self._handlers.append(handler)

    def tell(self, event: E) -> None:
        """Calls the handlers: the moment has come."""
        for handler in self._handlers:
            try:
                handler(event)
            except Exception:  # an optional part must not end the call
                _log.exception("a handler failed", moment=self._name)


@dataclass(frozen=True)
class Moments:
    """The moments of one call, in the order of a call."""

    joined: Moment[Joined] = field(default_factory=lambda: Moment("joined"))
    heard: Moment[Heard] = field(default_factory=lambda: Moment("heard"))
    turn_began: Moment[TurnBegan] = field(default_factory=lambda: Moment("turn_began"))
    turn_complete: Moment[TurnComplete] = field(default_factory=lambda: Moment("turn_complete"))
    tool_started: Moment[ToolStarted] = field(default_factory=lambda: Moment("tool_started"))
    tool_called: Moment[ToolCalled] = field(default_factory=lambda: Moment("tool_called"))
    form_step: Moment[FormStep] = field(default_factory=lambda: Moment("form_step"))
    reply_spoken: Moment[ReplySpoken] = field(default_factory=lambda: Moment("reply_spoken"))
    handed_over: Moment[HandedOver] = field(default_factory=lambda: Moment("handed_over"))
    ended: Moment[Ended] = field(default_factory=lambda: Moment("ended"))
