"""The current character of a call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from livekit.agents import llm, stt

from services.agent.speech.speaking import Speaking
from services.agent.thinking.language_model import Model
from services.agent.turns.guard import SpokenLines


async def _at_once() -> None:
    pass


@dataclass(frozen=True)
class Cast:
    """A character with its engines. It can change during a call: see `Conversation.change_cast`.

    prompt: the instructions in force, with what is known of the caller. greeting: the first words; may be empty.
    lines: the fixed lines in the character's language. ear, voice: None in a conversation in text alone.
    llm_provider: as the character names it, for the history. voice_ready: awaited before the voice is first used, while
    a matching voice is being searched.
    """

    prompt: str
    greeting: str
    model: Model
    lines: SpokenLines
    ear: stt.STT[Any] | None = None
    voice: Speaking | None = None
    tools: tuple[llm.Tool, ...] = ()
    llm_provider: str = ""
    voice_ready: Callable[[], Awaitable[None]] = _at_once

    def engines(self) -> list[llm.LLM[Any] | stt.STT[Any] | Speaking]:
        """The language model, and the recogniser and the voice where there are any."""
        return [engine for engine in (self.model.llm, self.ear, self.voice) if engine is not None]
