"""Reads the events of a streamed answer: what it says, and whether something is wrong with it."""

import json
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any, Final

# Longest line of an event. A piece of an answer has far less.
_MAX_LINE_BYTES: Final = 1_000_000
_BEGINS_ANEW: Final = {"callbox": "begins anew"}


class BrokenOff(Exception):
    """The rest of an answer is missing. faulty: by a fault of the server; else the model or its filter withheld it."""

    def __init__(self, why: str, *, faulty: bool = True) -> None:
        super().__init__(why)
        self.faulty = faulty


async def lines(pieces: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """Splits a stream into lines, each with its break. Raises: BrokenOff."""
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(rest) > _MAX_LINE_BYTES:
            raise BrokenOff("an event has no end")
    if rest:
        yield rest


class AnswerEvents:
    """The events of one answer.

    text: what it said so far. has_calls: whether a tool call began. ended: whether its end was told.
    """

    def __init__(self) -> None:
        self.text = ""
        self.has_calls = False
        self.ended = False

    def take(self, line: bytes) -> None:
        """Reads one line. Raises: BrokenOff if it tells that the rest is missing."""
        data = line.removeprefix(b"data:").strip()
        if not line.startswith(b"data:"):
            return
        if data == b"[DONE]":
            self.ended = True
            return
        event = _read(data)
        if event.get("error"):
            raise BrokenOff("the server told an error")
        for choice in _objects(event.get("choices")):
            self._take_choice(choice)

    def _take_choice(self, choice: dict[str, Any]) -> None:
        for delta in _objects([choice.get("delta")]):
            self.text += _text(delta)
            self.has_calls = self.has_calls or bool(delta.get("tool_calls"))
            if delta.get("refusal"):
                raise BrokenOff("the model refused to answer", faulty=False)
        if choice.get("finish_reason") == "content_filter":
            raise BrokenOff("a filter withheld the answer", faulty=False)
        self.ended = self.ended or bool(choice.get("finish_reason"))

    def end(self) -> None:
        """Ends the stream. Raises: BrokenOff if it had no answer.

        Some servers leave out the reason for the end, so an answer with words is whole without it.
        """
        if not (self.ended or self.text or self.has_calls):
            raise BrokenOff("the stream ended without an answer")


def with_text(line: bytes, change: Callable[[str], str]) -> bytes:
    """A line with another text in it."""
    data = line.removeprefix(b"data:").strip()
    if not data.startswith(b"{"):
        return line
    event = _read(data)
    for choice in _objects(event.get("choices")):
        for delta in _objects([choice.get("delta")]):
            if text := _text(delta):
                delta["content"] = change(text)
    return _line(event)


def text_event(text: str) -> bytes:
    """An event with a text."""
    return _event({"content": text})


def begins_anew_event() -> bytes:
    """An event after which another model goes on: no marker before it matches one after it."""
    return _event({"extra_content": _BEGINS_ANEW})


def begins_anew(extra: object) -> bool:
    """Whether the `extra` of a piece of an answer is that of `begins_anew_event`."""
    return extra == _BEGINS_ANEW


def _event(delta: dict[str, Any]) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    event = {"id": "joined", "object": "chat.completion.chunk", "created": 0, "model": "", "choices": [choice]}
    return _line(event) + b"\n"


def _line(event: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(event)}\n".encode()


def _read(data: bytes) -> dict[str, Any]:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise BrokenOff("an event is no JSON") from None
    if not isinstance(event, dict):
        raise BrokenOff("an event is no JSON object")
    return event


def _objects(items: object) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _text(delta: dict[str, Any]) -> str:
    """The text of a piece of an answer. Some servers send it as a list of parts."""
    content = delta.get("content")
    if isinstance(content, list):
        content = "".join(part["text"] for part in _objects(content) if isinstance(part.get("text"), str))
    return content if isinstance(content, str) else ""
