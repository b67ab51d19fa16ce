"""Makes the audio of the fixed lines, so that a call can speak them without any engine."""

import asyncio
from collections import deque

from livekit.agents import AgentServer

from services.agent.call.engines import SpeechEngines
from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.speech.engine import EngineError
from services.agent.speech.lines import make_lines
from services.agent.speech.route import Part, Step
from services.agent.speech.speaking import Speaking
from services.kit.catalogue import Catalogue
from services.kit.logs import get_logger

# Pause between two languages, so that the work does not slow the first calls of a new worker.
_QUIET_SECONDS = 5.0
_log = get_logger(__name__)


class LineMaker:
    """Synthesises the fixed lines that are missing in the worker's folder."""

    def __init__(self, settings: AgentSettings, shared: SharedState) -> None:
        self._settings = settings
        self._shared = shared

    async def make(self, catalogue: Catalogue, language: str) -> None:
        """Makes the lines of one language. Raises: EngineError, TimeoutError."""
        engines = SpeechEngines(catalogue, self._settings.catalogue.parent, self._settings.triton_address, _tell)

        async def speak(text: str, voice: str, language: str) -> bytes:
            return await Speaking(engines.voice(language, voice)).speak(text)

        try:
            await make_lines(self._shared.lines_folder, catalogue, language, speak)
        finally:
            await engines.close()

    async def make_all(self, catalogue: Catalogue, server: AgentServer) -> None:
        """Makes one language after the other, only while there are no calls. Skips a language that fails."""
        waiting = deque(catalogue.languages)
        while waiting:
            await asyncio.sleep(_QUIET_SECONDS)
            if server.active_jobs:
                continue
            language = waiting.popleft()
            try:
                await self.make(catalogue, language)
            except (EngineError, TimeoutError) as fault:
                _log.warning(
                    "fixed lines not made, calls use those of the base language", language=language, fault=repr(fault)
                )


def _tell(part: Part, step: Step, sentence: str) -> None:
    _log.warning("a speech engine failed while the fixed lines were made", part=part, step=step, what=sentence)
