"""Messages of the data channel (contract 6 and 14.7): JSON, distinguished by topic."""

import time
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel, StringConstraints

MAX_MESSAGE_BYTES = 15 * 1024
# The most that a form can have.
MAX_FORM_ID_CHARACTERS = 64
MAX_FORM_VALUES = 200


class Incoming(BaseModel):
    """A message from a client. Unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
    topic: ClassVar[str]


class UserText(Incoming):
    """Text that the caller typed."""

    topic: ClassVar[str] = "voice.user_text"
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]


class FormState(Incoming):
    """What a page shows of a form, or with `is_open: false` that it was closed."""

    topic: ClassVar[str] = "form.state"
    type: Literal["form_state"]
    form_id: str = Field(max_length=MAX_FORM_ID_CHARACTERS)
    is_open: bool
    step_index: int = Field(default=0, ge=0)
    values: dict[str, JsonValue] = Field(default_factory=dict, max_length=MAX_FORM_VALUES)


class FormSubmitFailed(Incoming):
    """A page could not submit a form. status: of the HTTP answer. errors: by field name, or by path (`values.name`)."""

    topic: ClassVar[str] = "form.state"
    type: Literal["form_submit_failed"]
    form_id: str = Field(max_length=MAX_FORM_ID_CHARACTERS)
    status: JsonValue = None
    message: JsonValue = None
    errors: JsonValue = None


class FormConfirmation(Incoming):
    """A page has submitted a form. text: what the visitor would say of it; may be missing."""

    form: dict[str, JsonValue] = Field(default_factory=dict, max_length=MAX_FORM_VALUES)
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)] | None = None


class ClientAnswer(RootModel[JsonValue]):
    """What the caller's device answers to an event that a tool sent it: any JSON."""

    model_config = ConfigDict(frozen=True)


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


class FormControl(Outgoing):
    """Steers a form that a page shows. values: of `set_values`. step_index: of `go_to_step`."""

    topic: ClassVar[str] = "form.control"
    type: Literal["set_values", "go_to_step", "submit", "close"]
    form_id: str
    values: dict[str, str] | None = None
    step_index: int | None = None


class Error(Outgoing):
    """The reason why the agent is about to leave."""

    topic: ClassVar[str] = "voice.error"
    code: str
    message: str


class AgentHandoff(Outgoing):
    """Another character takes over the call. agent_name: its display name."""

    topic: ClassVar[str] = "voice.agent_handoff"
    agent_name: str


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
