"""The first words of a call, synthesised before the caller joins."""

import asyncio

import structlog
from livekit.agents import NOT_GIVEN, AgentSession

from services.agent.speech.engine import EngineError
from services.agent.speech.lines import pcm_frames
from services.agent.speech.speaking import Speaking

_MAKE_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class Greeting:
    """What a character says first. text: may be empty. voice: None in a text-only conversation."""

    def __init__(self, text: str, voice: Speaking | None) -> None:
        self.text = text
        self._voice = voice
        self._audio = b""

    async def make(self) -> None:
        """Makes the audio. A failure is logged; then the greeting is synthesised when it is said."""
        if not self.text or self._voice is None:
            return
        try:
            async with asyncio.timeout(_MAKE_SECONDS):
                self._audio = await self._voice.speak(self.text)
        except (EngineError, TimeoutError) as fault:
            _log.warning("greeting not made ahead of time", fault=repr(fault)[:200])

    @property
    def made_by(self) -> str:
        """The provider that made the audio ahead of time; empty when there is none."""
        return self._voice.provider if self._voice is not None and self._audio else ""

    def say(self, session: AgentSession[None]) -> None:
        """Says the greeting. Call it once the caller is there."""
        if self.text:
            session.say(self.text, audio=pcm_frames(self._audio, self.text) if self._audio else NOT_GIVEN)
