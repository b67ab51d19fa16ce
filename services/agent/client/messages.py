"""Messages of the data channel (contract 6 and 14.7): JSON, told apart by their topic."""

import time
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_MESSAGE_BYTES = 15 * 1024


class Incoming(BaseModel):
    """What a client sends. Fields that are not named here are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
    topic: ClassVar[str]


class UserText(Incoming):
    """The caller typed something."""

    topic: ClassVar[str] = "voice.user_text"
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]


class Outgoing(BaseModel):
    """What is sent to clients.

    wanted_by: a participant attribute; the message goes out only where the caller has set it to `true`. droppable: may
    be left out when too many messages wait.
    """

    model_config = ConfigDict(frozen=True)
    topic: ClassVar[str]

    @property
    def wanted_by(self) -> str:
        """The attribute that asks for this message; empty for messages that everybody gets."""
        return ""

    @property
    def droppable(self) -> bool:
        """Whether a newer message says the same and more."""
        return False

    def payload(self) -> bytes:
        """The JSON that goes out; fields without a value are left out."""
        return self.model_dump_json(exclude_none=True).encode()


class Reply(Outgoing):
    """An utterance of the agent, or with type `user_text` of the caller. final: the text does not change any more.

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
        """Partial texts go to callers that asked for them."""
        return "" if self.final else "callbox.partials"

    @property
    def droppable(self) -> bool:
        """A later partial text, or the final one, holds all of this."""
        return not self.final


class State(Outgoing):
    """What the agent does."""

    topic: ClassVar[str] = "voice.state"
    state: Literal["listening", "thinking", "speaking", "idle"]


class Error(Outgoing):
    """Why the agent is about to leave."""

    topic: ClassVar[str] = "voice.error"
    code: str
    message: str


class Metrics(Outgoing):
    """Where the time of a turn went. Times are seconds since the epoch; parts are milliseconds and add up."""

    topic: ClassVar[str] = "voice.metrics"
    turn_index: int
    speech_end_ts: float
    first_frame_ts: float
    parts: dict[str, float]

    @property
    def wanted_by(self) -> str:
        """Only tools that measure ask for it."""
        return "callbox.metrics"
