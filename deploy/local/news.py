"""Decides which log lines of the parts a person should see: calls that begin and end, and faults."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploy.local.log_line import parse

_FAULT_LEVELS = frozenset({"error", "critical", "fatal", "panic"})
# Faults of parts that do not write JSON. PostgreSQL logs refused statements and connections as ERROR and FATAL.
_PLAIN_FAULT = re.compile(r"^inference: |\bPANIC: |No space left on device|[Oo]ut of memory")
# LiveKit's client library logs this as an error when the server closes the connection first, as at a hang-up.
_NO_FAULT = re.compile(r"\bdata channel '\w+' closed unexpectedly")
_SAME_FAULT_SECONDS = 60.0
_REMEMBERED = 1_000
_CHARACTERS = 300
_UNTOLD = frozenset({"event", "level", "service", "timestamp", "ts", "request_id", "logger", "caller"})


@dataclass(frozen=True)
class News:
    """One message to a person."""

    text: str
    fault: bool = False


@dataclass
class _Told:
    at: float
    more: int = 0


class NewsReader:
    """Reads every line of every part."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Both keep the newest 1,000 entries.
        self._calls: OrderedDict[str, float] = OrderedDict()
        self._faults: OrderedDict[tuple[str, str], _Told] = OrderedDict()

    def read(self, part: str, line: str) -> News | None:
        """The message that a line is worth; None for most lines."""
        fields = parse(line)
        if part == "sessions" and fields.get("level") == "info":
            return self._call(fields)
        if fields.get("level") in _FAULT_LEVELS and not _NO_FAULT.search(str(fields["event"])):
            return self._fault(part, fields["event"], _details(fields))
        if not fields and _PLAIN_FAULT.search(line):
            return self._fault(part, line, "")
        return None

    def _call(self, fields: dict[str, Any]) -> News | None:
        session_id = str(fields.get("session_id", ""))
        if fields["event"] == "session started":
            _remember(self._calls, session_id, self._clock())
            return News(f"call {session_id} with {fields.get('character', 'a character')} began")
        if fields["event"] == "session ended":
            began = self._calls.pop(session_id, None)
            lasted = "" if began is None else f" after {self._clock() - began:.0f} s"
            return News(f"call {session_id} ended{lasted}: {fields.get('reason', 'no reason told')}")
        return None

    def _fault(self, part: str, event: str, details: str) -> News | None:
        """The message about a fault; None if the same fault was told less than a minute ago."""
        now = self._clock()
        told = self._faults.get((part, event))
        if told is not None and now - told.at < _SAME_FAULT_SECONDS:
            told.more += 1
            return None
        _remember(self._faults, (part, event), _Told(now))
        again = f" (and {told.more} times since it was last told)" if told is not None and told.more else ""
        return News(f"{part}: {f'{event} {details}'.strip()[:_CHARACTERS]}{again}", fault=True)


def _details(fields: dict[str, Any]) -> str:
    pairs = [f"{name}={value}" for name, value in fields.items() if name not in _UNTOLD and value not in ("", None)]
    return " ".join(pairs)


def _remember(entries: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    entries[key] = value
    entries.move_to_end(key)
    while len(entries) > _REMEMBERED:
        entries.popitem(last=False)
