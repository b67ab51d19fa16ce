"""The current character of a call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from livekit.agents import llm, stt

from services.agent.metadata import Metadata
from services.agent.speech.speaking import Speaking
from services.agent.thinking.language_model import Model
from services.agent.tools.belt import BeltLimits
from services.agent.tools.part import OwnAnswer, Part, Turn
from services.agent.tools.tool import Tool
from services.agent.turns.fillers import SpokenLines


async def _at_once() -> None:
    pass


@dataclass(frozen=True)
class Cast:
    """A character with its engines. It can change during a call: see `Conversation.change_cast`.

    prompt: the instructions in force, with what is known of the caller. greeting: the first words; may be empty.
    tools: what it can do, with the limits of that and the metadata that arguments are completed from. parts: what else
    acts in its calls, such as its forms.
    lines: the fixed lines in the character's language. ear, voice: None in a conversation in text alone.
    llm_provider: as the character names it, for the history. slug, name: of the character. turn_seconds: the limit of
    its turns; 0 for the default. voice_ready: awaited before the voice is first used, while a matching voice is being
    searched.
    """

    prompt: str
    greeting: str
    model: Model
    lines: SpokenLines
    ear: stt.STT[Any] | None = None
    voice: Speaking | None = None
    tools: tuple[Tool, ...] = ()
    tool_limits: BeltLimits = field(default_factory=BeltLimits)
    metadata: Metadata = field(default_factory=lambda: Metadata({}))
    parts: tuple[Part, ...] = ()
    llm_provider: str = ""
    slug: str = ""
    name: str = ""
    turn_seconds: float = 0.0
    voice_ready: Callable[[], Awaitable[None]] = _at_once

    def engines(self) -> list[llm.LLM[Any] | stt.STT[Any] | Speaking]:
        """The language model, and the recogniser and the voice where there are any."""
        return [engine for engine in (self.model.llm, self.ear, self.voice) if engine is not None]

    async def answer(self, turn: Turn) -> OwnAnswer | None:
        """The answer that a part gives in the model's place; None for the model's."""
        for part in self.parts:
            if (own := await part.answer(turn)) is not None:
                return own
        return None

    async def note(self, *, ahead: bool = False) -> str:
        """What the model is told with its next answer and not afterwards; may be empty.

        ahead: as far as it is known before the caller's next turn.
        """
        notes = [await part.note(ahead=ahead) for part in self.parts]
        return "\n\n".join(filter(None, notes))
