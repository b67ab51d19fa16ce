"""Messages that the agent sends on the data channel."""

import json
from dataclasses import dataclass, field

PARTS = ("end_of_turn", "final_transcript", "first_token", "first_audio", "playout")


@dataclass(frozen=True)
class Spoken:
    """A transcript of one side.

    by_caller: said by the caller, as the agent heard it; else said by the agent. final: the text will not change.
    """

    id: str
    text: str
    by_caller: bool
    final: bool


@dataclass(frozen=True)
class State:
    """The agent's state: listening, thinking, speaking or idle."""

    state: str


@dataclass(frozen=True)
class Fault:
    """Why the agent left or could not join."""

    code: str
    message: str


@dataclass(frozen=True)
class Waterfall:
    """Latency of one turn, by its parts.

    speech_end, first_frame: unix seconds on the worker's clock. parts: milliseconds, in the order of `PARTS`.
    """

    reply_id: str
    speech_end: float
    first_frame: float
    parts: dict[str, float] = field(default_factory=dict)


Message = Spoken | State | Fault | Waterfall


def parse(topic: str, payload: bytes) -> Message | None:
    """Parses a data packet; None for an unknown topic or body."""
    try:
        body = json.loads(payload)
        return _parse(topic, body) if isinstance(body, dict) else None
    except (ValueError, TypeError, AttributeError, KeyError):
        return None


def _parse(topic: str, body: dict[str, object]) -> Message | None:
    match topic:
        case "voice.reply":
            text = str(body.get("text") or body.get("message") or "").strip()
            by_caller = body.get("type") == "user_text"
            return Spoken(str(body.get("id", "")), text, by_caller, body.get("final", True) is True) if text else None
        case "voice.state":
            return State(str(body["state"]))
        case "voice.error":
            return Fault(str(body.get("code", "")), str(body.get("message", "")))
        case "voice.metrics":
            return _waterfall(body)
        case _:
            return None


def _waterfall(body: dict[str, object]) -> Waterfall | None:
    given, start, first = body.get("parts"), body.get("speech_end_ts"), body.get("first_frame_ts")
    if not isinstance(given, dict) or not isinstance(start, int | float) or not isinstance(first, int | float):
        return None
    parts = {name: float(given.get(name) or 0.0) for name in PARTS}
    return Waterfall(str(body.get("reply_id", "")), float(start), float(first), parts)
