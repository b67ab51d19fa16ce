"""Has the language model read what the next question begins with, whenever that has changed."""

from collections.abc import Awaitable, Callable

from livekit.agents import llm

from services.agent.call.cast import Cast
from services.agent.thinking.reading_ahead import ReadingAhead, opening, with_a_question
from services.agent.tools.belt import Belt
from services.agent.turns.memory import Memory
from services.agent.turns.persona import Persona


class NextQuestion:
    """What the model reads before a question of one call. memory: selects what the model sees."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._reading = ReadingAhead()
        self._functions: list[llm.Tool] = []

    def before_call(self, cast: Cast, belt: Belt) -> None:
        """Reads the instructions and the greeting. The persona has no conversation yet."""

        async def seen() -> llm.ChatContext:
            return with_a_question(opening(cast.prompt, cast.greeting))

        self._start(cast, belt, seen)

    def read(self, cast: Cast, belt: Belt, persona: Persona) -> None:
        """Reads the conversation as the character sees it. A persona has its instructions once it is in charge."""

        async def seen() -> llm.ChatContext:
            note = await cast.note(ahead=True)
            return self._memory.seen(with_a_question(persona.chat_ctx), note)

        self._start(cast, belt, seen)

    def after_reply(self, cast: Cast, belt: Belt, persona: Persona) -> None:
        """Reads the conversation if it does not just continue what the model has read and written itself."""
        is_shorter = self._memory.shorten(persona.chat_ctx)
        is_unread = persona.generation.own
        # The note stood before this turn and stands after it the next time.
        is_moved = bool(persona.generation.note)
        if is_shorter or is_unread or is_moved or belt.shown(belt.functions) != self._functions:
            self.read(cast, belt, persona)

    async def close(self) -> None:
        """Ends a reading that is under way."""
        await self._reading.close()

    def _start(self, cast: Cast, belt: Belt, seen: Callable[[], Awaitable[llm.ChatContext]]) -> None:
        self._functions = belt.shown(belt.functions)
        self._reading.start(cast.model, seen, self._functions)
