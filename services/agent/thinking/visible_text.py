"""Removes reasoning and tool calls from the text of an answer while it is streamed."""

import re
from collections.abc import Collection
from enum import Enum, auto
from typing import Final

from services.agent.thinking.answer_start import AnswerStart
from services.agent.thinking.json_end import JsonEnd
from services.agent.thinking.markers import Kind, Marker, find, unfinished
from services.agent.thinking.written_calls import WrittenCall, read

# A longer tool call is not executed. A longer JSON text or code block is not held back.
_MAX_HELD_CHARACTERS: Final = 16_000
_MAX_HEADER_CHARACTERS: Final = 200
_RECIPIENT: Final = re.compile(r"to=(?:functions\.)?([\w.-]{1,64})")
_CALL_KEYS: Final = re.compile(r"[\"'](?:arguments|parameters|args|tool_calls?|function_call)[\"']\s{0,4}:")
_FENCE_HEAD: Final = re.compile(r"```[\w-]{0,20}\s*")
# A code block that begins otherwise holds no tool call.
_CALL_STARTS: Final = "{[<"


class _Inside(Enum):
    ANSWER = auto()
    REASONING = auto()
    CALL = auto()
    HEADER = auto()
    JSON = auto()
    FENCE = auto()


class VisibleText:
    """One answer of a language model.

    offered: names of the tools that the model may call. late_markers: the model is known to write no opening marker, so
    its answers are held back until the closing one. goes_on: the answer continues another one, so a blank before its
    first word stays. calls: the tool calls in the text, known after `finish`.
    has_late_marker: whether a closing marker came without an opening one; then all text before it was reasoning.
    """

    def __init__(self, offered: Collection[str] = (), *, late_markers: bool = False, goes_on: bool = False) -> None:
        self.calls: list[WrittenCall] = []
        self.has_late_marker = False
        self._offered = offered
        self._start = AnswerStart(offered, late_markers=late_markers, goes_on=goes_on)
        self._inside = _Inside.ANSWER
        self._text = ""
        self._body = ""
        self._tag = ""
        self._json = JsonEnd()
        self._has_channels = False
        self._reasoned = False
        self._bare_calls: list[WrittenCall] = []

    @property
    def told(self) -> bool:
        """Whether there was any visible text."""
        return self._start.told

    def push(self, piece: str) -> str:
        """Adds a piece of the answer. Returns the text that is known to be visible."""
        self._text += piece
        while self._text and self._step(final=False):
            pass
        return self._start.release()

    def finish(self, *, is_cut: bool = False) -> str:
        """Ends the answer. Returns the rest of the visible text. is_cut: the end of the answer is missing."""
        while self._text and self._step(final=True):
            pass
        if self._inside is _Inside.CALL:
            self._end_call()
        rest, calls = self._start.finish(is_cut=is_cut)
        # A bare call beside other text is neither told nor executed: it may be an example.
        if not self.told:
            self.calls += [*self._bare_calls, *calls]
        self.calls = [call for call in self.calls if call.name in self._offered]
        return rest

    def _step(self, *, final: bool) -> bool:
        """Judges the text up to the end of the next marker. Returns whether there was one."""
        match self._inside:
            case _Inside.JSON:
                return self._in_json(final=final)
            case _Inside.FENCE:
                return self._in_fence(final=final)
        marker = find(self._text)
        if marker is None:
            end = len(self._text) if final else unfinished(self._text)
            self._take(self._text[:end])
            self._text = self._text[end:]
            return False
        self._take(self._text[: marker.start])
        source, self._text = self._text[marker.start : marker.end], self._text[marker.end :]
        match self._inside:
            case _Inside.REASONING:
                self._in_reasoning(marker)
            case _Inside.CALL:
                self._in_call(marker, source)
            case _Inside.HEADER:
                self._in_header(marker, source)
            case _:
                self._in_answer(marker, source)
        return True

    def _take(self, text: str) -> None:
        match self._inside:
            case _Inside.ANSWER:
                self._start.add(text)
            case _Inside.CALL | _Inside.HEADER:
                self._body = (self._body + text)[: _MAX_HELD_CHARACTERS + 1]

    def _in_answer(self, marker: Marker, source: str) -> None:
        match marker.kind:
            case Kind.REASONING:
                self._inside, self._reasoned = _Inside.REASONING, True
            case Kind.REASONING_END if not self._reasoned:
                self.has_late_marker = self._reasoned = True
                self._start.drop()
            case Kind.CALL:
                self._begin_call(marker, source)
            case Kind.HEADER:
                self._inside, self._body = _Inside.HEADER, ""
            case Kind.JSON:
                self._inside, self._json, self._text = _Inside.JSON, JsonEnd(), source + self._text
            case Kind.FENCE:
                self._inside, self._text = _Inside.FENCE, source + self._text

    def _in_reasoning(self, marker: Marker) -> None:
        if marker.kind is Kind.HEADER:
            self._inside, self._body = _Inside.HEADER, ""
        elif marker.kind is Kind.CALL:
            # Some models call a tool without closing their reasoning.
            self._begin_call(marker, "")
        elif marker.kind is Kind.REASONING_END or (self._has_channels and marker.kind is Kind.IGNORED):
            self._inside = _Inside.ANSWER

    def _in_call(self, marker: Marker, source: str) -> None:
        ends = marker.kind is Kind.CALL_END and (
            marker.name == self._tag or not (marker.name and self._tag) or self._tag.startswith("start_")
        )
        if ends or (not self._tag and marker.kind in (Kind.IGNORED, Kind.HEADER)):
            self._end_call()
            if marker.kind is Kind.HEADER:
                self._inside, self._body = _Inside.HEADER, ""
        else:
            self._take(source)

    def _in_header(self, marker: Marker, source: str) -> None:
        if marker.kind is Kind.MESSAGE:
            self._has_channels = self._reasoned = True
            recipient = _RECIPIENT.search(self._body)
            if recipient and recipient[1] not in ("user", "self"):
                self._inside, self._tag, self._body = _Inside.CALL, "", f"{recipient[1]} "
            else:
                hidden = "analysis" in self._body or (recipient is not None and recipient[1] == "self")
                self._inside = _Inside.REASONING if hidden else _Inside.ANSWER
        elif len(self._body) > _MAX_HEADER_CHARACTERS:
            self._inside = _Inside.ANSWER
        else:
            self._take(source)

    def _in_json(self, *, final: bool) -> bool:
        end = self._json.find(self._text)
        if end is None and not final and len(self._text) <= _MAX_HELD_CHARACTERS:
            return False
        source, self._text = self._text[:end], self._text[len(self._text) if end is None else end :]
        self._inside = _Inside.ANSWER
        self._judge_bare(source, source)
        return True

    def _in_fence(self, *, final: bool) -> bool:
        head = _FENCE_HEAD.match(self._text)
        assert head is not None
        known = head.end() < len(self._text)
        if not known and not final:
            return False
        self._inside = _Inside.ANSWER
        if not known or self._text[head.end()] not in _CALL_STARTS:
            self._take(head.group())
            self._text = self._text[head.end() :]
            return True
        close = self._text.find("```", head.end())
        if close < 0 and not final and len(self._text) <= _MAX_HELD_CHARACTERS:
            self._inside = _Inside.FENCE
            return False
        end = len(self._text) if close < 0 else close + 3
        source, self._text = self._text[:end], self._text[end:]
        self._judge_bare(source, source[head.end() :].removesuffix("```"))
        return True

    def _judge_bare(self, source: str, content: str) -> None:
        """Takes a JSON text or a code block as text, unless it is a tool call, or the beginning of one."""
        if calls := read(content):
            self._bare_calls += calls
        elif not _CALL_KEYS.search(content):
            self._take(source)

    def _begin_call(self, marker: Marker, source: str) -> None:
        self._inside, self._tag = _Inside.CALL, marker.name
        # These tags have the name of the tool in them.
        self._body = source if marker.name in ("function", "invoke") else ""

    def _end_call(self) -> None:
        self._inside = _Inside.ANSWER
        if len(self._body) <= _MAX_HELD_CHARACTERS:
            self.calls += read(self._body)
