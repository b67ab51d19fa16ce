"""A streamed answer that another model ends where the first one breaks off."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Protocol

import httpx2
import structlog

from services.agent.thinking.answer_events import (
    AnswerEvents,
    BrokenOff,
    begins_anew_event,
    lines,
    text_event,
    with_text,
)
from services.agent.thinking.seam import Seam
from services.agent.thinking.visible_text import VisibleText

# Longest pause in an answer that has begun, if another model can go on with it: the voice still speaks for a while.
_PAUSE_SECONDS = 3.0
# Longest wait for a model that goes on, first for its response and then for its first event.
_GO_ON_SECONDS = 6.0
_GO_ON = "Your answer broke off here by a fault. Go on with the very next word. Repeat nothing and explain nothing."
# The client library removes these by itself, and must see the end too.
_THINK, _THINK_END = "<think>", "</think>"
_log = structlog.get_logger(__name__)


class Others(Protocol):
    """The models that can be asked besides the one that answers."""

    def any(self) -> bool:
        """Whether there is one that was not asked for this answer yet."""
        ...

    async def ask(self, body: bytes) -> httpx2.Response | None:
        """The events of the next one that answers; None if none does. From now on it is the one that answers."""
        ...

    def answering_failed(self) -> None:
        """Notes a fault of the one that answers."""
        ...


class WholeAnswer(httpx2.AsyncByteStream):
    """The events of an answer. body: of its request.

    If a model breaks off before callers hear a word of it, the next one is asked the same question. If it breaks off
    later, the next one is shown what was said, and goes on. An answer that calls a tool is not continued, since the
    tool may run already. Without another model the reader meets the fault itself.
    """

    def __init__(self, response: httpx2.Response, body: bytes, others: Others) -> None:
        self._response = response
        self._body = body
        self._others = others
        self._events = AnswerEvents()
        # What callers hear, of the models before and of this one, with reasoning.
        self._told = self._passed = ""
        self._seam: Seam | None = None
        self._between: list[bytes] = []

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yields the events. Raises: httpx2.TransportError."""
        while True:
            line = b""
            async with contextlib.aclosing(self._lines()) as source:
                try:
                    async for line in source:
                        self._events.take(line)
                        for passed in self._joined(line):
                            yield passed
                        line = b""
                    self._events.end()
                    return
                except (httpx2.TransportError, BrokenOff) as caught:
                    fault = caught
            if not isinstance(fault, BrokenOff) or fault.faulty:
                self._others.answering_failed()
            if not await self._other_answers(fault):
                yield self._last_line(fault, line)
                return
            # Ends an event that was cut off.
            yield b"\n"
            for event in self._between:
                yield event

    async def aclose(self) -> None:
        """Ends the answer; called when it was read, too."""
        await self._response.aclose()

    async def _lines(self) -> AsyncGenerator[bytes, None]:
        """The lines of the response. Raises: httpx2.TransportError, BrokenOff."""
        assert isinstance(self._response.stream, httpx2.AsyncByteStream)
        async with contextlib.aclosing(lines(self._response.stream)) as source:
            while True:
                try:
                    async with asyncio.timeout(self._patience()):
                        line = await anext(source, None)
                except TimeoutError:
                    raise BrokenOff("the answer stands still") from None
                if line is None:
                    return
                yield line

    def _patience(self) -> float | None:
        """Longest wait for a line in seconds; None for that of the connection."""
        if self._told and not self._events.text:
            return _GO_ON_SECONDS
        return _PAUSE_SECONDS if self._events.text and self._others.any() else None

    def _joined(self, line: bytes) -> Iterator[bytes]:
        """What the reader gets of a line."""
        if (seam := self._seam) is None:
            self._passed = self._events.text
        else:
            if self._events.ended and (rest := seam.finish()):
                self._passed += rest
                yield text_event(rest)
            line = with_text(line, self._pass)
        yield line

    def _pass(self, text: str) -> str:
        assert self._seam is not None
        new = self._seam.push(text)
        self._passed += new
        return new

    async def _other_answers(self, fault: Exception) -> bool:
        """Has another model answer or go on. Returns False, and changes nothing, if none does."""
        if self._events.has_calls or not self._others.any():
            return False
        await self._response.aclose()
        told = self._told + VisibleText(self._tools()).push(self._passed)
        if (response := await self._asked(told)) is None:
            return False
        _log.warning("the next language model goes on", fault=repr(fault)[:200], told_characters=len(told))
        self._between = [text_event(_THINK_END)] if _thinks(self._passed) else []
        self._between += [begins_anew_event()] if self._passed else []
        self._response, self._events = response, AnswerEvents()
        self._told, self._passed = told, ""
        self._seam = Seam(told) if told else None
        return True

    async def _asked(self, told: str) -> httpx2.Response | None:
        """The response of the next model; None if none gives one."""
        body = self._going_on(told) if told else self._body
        while self._others.any():
            try:
                async with asyncio.timeout(_GO_ON_SECONDS if told else None):
                    return await self._others.ask(body)
            except TimeoutError:
                self._others.answering_failed()
        return None

    def _going_on(self, told: str) -> bytes:
        """The request to go on after what was told."""
        request = json.loads(self._body)
        said = [{"role": "assistant", "content": told}, {"role": "user", "content": _GO_ON}]
        return json.dumps({**request, "messages": [*request["messages"], *said]}).encode()

    def _tools(self) -> list[str]:
        """Names of the tools that the model was offered."""
        return [str(tool["function"]["name"]) for tool in json.loads(self._body).get("tools") or ()]

    def _last_line(self, fault: Exception, line: bytes) -> bytes:
        """The event that tells the reader of a fault. Raises: httpx2.TransportError if there is none."""
        if isinstance(fault, httpx2.TransportError):
            raise fault
        begun = bool(self._told or self._events.text or self._events.has_calls)
        if begun and not (line and isinstance(fault, BrokenOff) and fault.faulty):
            raise httpx2.ReadError(str(fault)) from fault
        # Without a word, an answer that was withheld is an empty one.
        return line + b"\n"


def _thinks(text: str) -> bool:
    """Whether a text ends within reasoning."""
    return text.rfind(_THINK) > text.rfind(_THINK_END)
