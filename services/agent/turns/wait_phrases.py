"""What a caller hears while a tool runs, in the words of the character's owner and in the character's voice."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import structlog
from cachetools import LRUCache

from services.agent.moments import ToolCalled, ToolStarted
from services.agent.speech.engine import EngineError
from services.agent.speech.speaking import Speaking
from services.kit.tasks import end

# A tool that ends sooner needs no phrase, so none is synthesised beside its answer.
_QUICK_TOOL_SECONDS = 0.2
_MAKE_SECONDS = 10.0
# Audio that is kept for the rest of the call: a phrase of 200 characters takes about 0.6 MB.
_MAX_KEPT = 20
_log = structlog.get_logger(__name__)


class WaitPhrases:
    """The wait phrases of one character's tools in one call.

    A phrase is synthesised while its tool runs, one ahead of what is spoken, so that nobody ever waits for it.

    phrases: those of each tool, by its name. voice: without one there are no phrases. made: called with each text that
    was synthesised and the provider of the voice.
    """

    def __init__(
        self, phrases: Mapping[str, Sequence[str]], voice: Speaking | None, made: Callable[[str, str], object]
    ) -> None:
        self._voice = voice
        self._made = made
        self._phrases = {name: deque(texts) for name, texts in phrases.items() if texts}
        self._running: dict[str, str] = {}
        # A phrase whose synthesis failed has no audio.
        self._audio: LRUCache[str, bytes] = LRUCache(_MAX_KEPT)
        self._making: asyncio.Task[None] | None = None

    def tool_started(self, event: ToolStarted) -> None:
        """Begins to make the next phrase of the tool."""
        self._running[event.call_id] = event.name
        self._make_next()

    def tool_called(self, event: ToolCalled) -> None:
        """The tool has ended and needs no phrase any more."""
        self._running.pop(event.call_id, None)

    def take(self, last: str) -> tuple[str, bytes] | None:
        """The next phrase of the tool that started last, with its audio: 16-bit mono PCM at 24 kHz.

        None if no tool with phrases runs, if the phrase is not made yet, and if it equals `last`.
        """
        if (texts := self._current()) is None or (audio := self._audio.get(texts[0])) is None:
            return None
        text = texts[0]
        if not audio:
            del self._audio[text]
        texts.rotate(-1)
        self._make_next()
        return (text, audio) if audio and text != last else None

    async def close(self) -> None:
        """Ends a synthesis that is under way."""
        self._phrases.clear()
        if self._making is not None:
            await end(self._making)

    def _current(self) -> deque[str] | None:
        return next((self._phrases[name] for name in reversed(self._running.values()) if name in self._phrases), None)

    def _make_next(self) -> None:
        if self._voice is None or self._current() is None:
            return
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(self._make(self._voice), name="wait-phrases")

    async def _make(self, voice: Speaking) -> None:
        """Makes the next phrase of the tool that runs, until it is there."""
        await asyncio.sleep(_QUICK_TOOL_SECONDS)
        while (texts := self._current()) is not None and (text := texts[0]) not in self._audio:
            try:
                async with asyncio.timeout(_MAKE_SECONDS):
                    self._audio[text] = await voice.speak(text)
                self._made(text, voice.provider)
            except (EngineError, TimeoutError) as fault:
                self._audio[text] = b""
                _log.warning("wait phrase not made, a fixed line is spoken instead", fault=repr(fault)[:200])
