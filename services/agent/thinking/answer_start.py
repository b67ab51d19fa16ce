"""Holds back the beginning of an answer until it is known that it can be told."""

import re
from collections.abc import Collection
from typing import Final

from services.agent.thinking.written_calls import WrittenCall, read
from services.kit.reading.speakable import speakable

# An answer that begins like this may be reasoning whose opening marker stood in the prompt.
_STARTS: Final = (
    *(
        f"{who}{does}"
        for who in ("the user", "the caller", "the customer", "the human", "user")
        for does in (" is asking", " asks", " asked", " wants", " said", " says", " just ")
    ),
    *(
        f"{who} {does}"
        for who in ("we need to", "i need to", "we should", "i should")
        for does in ("answer", "respond", "reply")
    ),
)
_HESITATIONS: Final = (
    *("", "okay, ", "ok, ", "okay. ", "alright, ", "hmm, ", "so, ", "well, ", "okay, so ", "first, ", "let's see. "),
    "okay, let's see. ",
)
_CHINESE: Final = tuple(
    f"{hesitation}用户{does}"
    for hesitation in ("", "好的，", "好，", "嗯，", "首先，")
    for does in ("问", "想", "说", "要", "询问")
)
_REASONING: Final = (*(f"{hesitation}{start}" for hesitation in _HESITATIONS for start in _STARTS), *_CHINESE)
# What is left of gpt-oss's channels when the server removes their markers.
_ANALYSIS: Final = re.compile(r"(?:assistant)?analysis(?=[A-Z])")
_ANALYSIS_STARTS: Final = ("analysis", "assistantanalysis")
_FINAL: Final = re.compile(r"assistant ?final")
# Markup or a stage direction is held back until it is complete, but not longer than this.
_OPEN: Final = re.compile(r"\s*(?:\*[^*]*|_[^_]*|~[^~]*|\[[^\]]*|\([^)]*|（[^）]*|【[^】]*|<[^>]*|:[^:\s]*|!\[[^)]*)")
_MAX_OPEN_CHARACTERS: Final = 100
_MAX_HELD_CHARACTERS: Final = 16_000
# A longer text with a letter or digit counts as speakable.
_MAX_JUDGED_CHARACTERS: Final = 2_000
_NO_LANGUAGE: Final = "und"


class AnswerStart:
    """The beginning of one answer. offered: names of tools. late_markers, goes_on: see `VisibleText`.

    told: whether some of the answer was released. A text without a word is not released: emoji, markup, blanks.
    """

    def __init__(self, offered: Collection[str], *, late_markers: bool, goes_on: bool) -> None:
        self.told = False
        self._offered = offered
        self._late_markers = late_markers
        self._goes_on = goes_on
        self._judged = False
        self._waiting = ""
        self._has_letters = False

    def add(self, text: str) -> None:
        """Adds visible text."""
        self._waiting += text
        self._has_letters = self._has_letters or any(character.isalnum() for character in text)

    def drop(self) -> None:
        """Drops the text so far: it was reasoning. What follows is the answer."""
        self._waiting = ""
        self._has_letters = self.told = False
        self._judged = True

    def release(self) -> str:
        """The text that can be told now."""
        if not self.told and (self._is_held() or not self._has_words()):
            return ""
        return self._tell()

    def finish(self, *, is_cut: bool) -> tuple[str, list[WrittenCall]]:
        """The rest of the text at the end of the answer, or the tool calls that it consists of.

        is_cut: the end of the answer is missing.
        """
        if not self.told:
            start = self._waiting.lstrip()
            if self._late_markers and not self._judged and (is_cut or start.lower().startswith(_REASONING)):
                return "", []
            if _ANALYSIS.match(start) and self._without_analysis() is None:
                return "", []
            if self._is_call() and (calls := read(self._waiting)):
                return "", calls
            if not self._has_words():
                return "", []
        return self._tell(), []

    def _tell(self) -> str:
        text, self._waiting = self._waiting, ""
        if not self.told:
            self.told = True
            text = text if self._goes_on else text.lstrip()
        return text

    def _is_held(self) -> bool:
        if len(self._waiting) > _MAX_HELD_CHARACTERS:
            return False
        return self._may_be_reasoning() or self._is_open() or self._is_call()

    def _may_be_reasoning(self) -> bool:
        if self._judged:
            return False
        start = self._waiting.lstrip()
        if _ANALYSIS.match(start):
            return self._without_analysis() is None
        if self._late_markers or any(each.startswith(start) for each in _ANALYSIS_STARTS):
            return True
        low = start.lower()
        return low.startswith(_REASONING) or any(each.startswith(low) for each in _REASONING)

    def _without_analysis(self) -> str | None:
        """Removes the analysis once it has ended; None before."""
        if (end := _FINAL.search(self._waiting)) is None:
            return None
        self._waiting, self._judged = self._waiting[end.end() :], True
        return self._waiting

    def _has_words(self) -> bool:
        if not self._has_letters:
            return False
        return len(self._waiting) > _MAX_JUDGED_CHARACTERS or bool(speakable(self._waiting, _NO_LANGUAGE))

    def _is_open(self) -> bool:
        return len(self._waiting) < _MAX_OPEN_CHARACTERS and _OPEN.fullmatch(self._waiting) is not None

    def _is_call(self) -> bool:
        """Whether the text is, or may become, a call such as `find(name="x")` of a tool that is offered."""
        start = self._waiting.lstrip("[ \n")
        return any(start.startswith(f"{name}(") or f"{name}(".startswith(start) for name in self._offered)
