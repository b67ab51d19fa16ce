"""Messages of the data channel (contract 6 and 14.7): JSON, distinguished by topic."""

import time
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_MESSAGE_BYTES = 15 * 1024


class Incoming(BaseModel):
    """A message from a client. Unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
    topic: ClassVar[str]


class UserText(Incoming):
    """Text that the caller typed."""

    topic: ClassVar[str] = "voice.user_text"
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]


class Outgoing(BaseModel):
    """A message to clients.

    wanted_by: a participant attribute; the message is sent only if the caller has set it to `true`. droppable: may be
    left out when too many messages wait.
    """

    model_config = ConfigDict(frozen=True)
    topic: ClassVar[str]

    @property
    def wanted_by(self) -> str:
        """The attribute that requests this message; empty for messages that are always sent."""
        return ""

    @property
    def droppable(self) -> bool:
        """Whether a later message contains the same and more."""
        return False

    def payload(self) -> bytes:
        """The JSON to send, without fields that have no value."""
        return self.model_dump_json(exclude_none=True).encode()


class Reply(Outgoing):
    """An utterance of the agent, or with type `user_text` of the caller.

    final: the text will not change. A final text of the agent is what the caller heard of it; empty if that is nothing.
    ts: seconds since the epoch.
    """

    topic: ClassVar[str] = "voice.reply"
    id: str
    text: str
    final: bool
    ts: float = Field(default_factory=time.time)
    type: Literal["user_text"] | None = None

    @property
    def wanted_by(self) -> str:
        """Partial texts, and that nothing of them was heard, are sent only to callers that requested them."""
        return "" if self.final and self.text else "callbox.partials"

    @property
    def droppable(self) -> bool:
        """A partial text can be dropped: a later one contains it."""
        return not self.final


class State(Outgoing):
    """The agent's state."""

    topic: ClassVar[str] = "voice.state"
    state: Literal["listening", "thinking", "speaking", "idle"]


class Error(Outgoing):
    """The reason why the agent is about to leave."""

    topic: ClassVar[str] = "voice.error"
    code: str
    message: str


class Metrics(Outgoing):
    """The latency of a turn. Times are seconds since the epoch; parts are milliseconds and add up."""

    topic: ClassVar[str] = "voice.metrics"
    turn_index: int
    speech_end_ts: float
    first_frame_ts: float
    parts: dict[str, float]

    @property
    def wanted_by(self) -> str:
        """Only measuring tools request it."""
        return "callbox.metrics"
