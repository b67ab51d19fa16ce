"""Reads a log line of a part."""

import json
from typing import Any

import structlog

_EVENT_NAMES = ("event", "msg", "message")
_renderer = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)


def parse(line: str) -> dict[str, Any]:
    """The fields of a JSON line, with `event` and `level` as text; empty for any other line."""
    if not line.startswith("{"):
        return {}
    try:
        fields: dict[str, Any] = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    event = next((str(fields.pop(name)) for name in _EVENT_NAMES if name in fields), "")
    fields |= {"event": event, "level": str(fields.get("level", "")).lower()}
    if "exception" in fields:
        fields["raised"] = _short(fields.pop("exception"))
    return fields


def readable(line: str) -> str:
    """A line as a person reads it: JSON becomes time, level, event and `name=value` pairs."""
    fields = parse(line)
    if not fields:
        return line
    return str(_renderer(None, "", {name: value for name, value in fields.items() if name != "service"}))


def _short(exceptions: Any) -> str:
    """Type, message and place of the exception that was raised last, from structlog's list of them."""
    try:
        last = exceptions[0]
        frame = last["frames"][-1]
        return f"{last['exc_type']}: {last['exc_value']} ({frame['filename']}:{frame['lineno']})"
    except (LookupError, TypeError):
        return str(exceptions)
