"""Makes the recordings of the fixed lines that do not ship with Callbox."""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from cachetools import TTLCache

from services.agent.call.engines import SpeechEngines
from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.speech.engine import EngineError
from services.agent.speech.recordings import Recording, RecordingFolder, base_language, recordings
from services.agent.speech.route import Part, Step
from services.agent.speech.speaking import Speaking
from services.kit.catalogue import Catalogue
from services.kit.catalogue_file import CatalogueError
from services.kit.logs import get_logger

_LOOK_SECONDS = 1.0
# A recording waits this long for a moment without calls. Then it is made beside a call.
_QUIET_SECONDS = 60.0
# A voice that failed is left alone for this long, however many calls ask for it.
_PAUSE_SECONDS = 300.0
_MAX_FAILED = 1_000
_log = get_logger(__name__)


class LineMaker:
    """Speaks the fixed lines with the voice itself, never with one of its fallbacks.

    calls: how many calls the worker has now.
    """

    def __init__(self, settings: AgentSettings, shared: SharedState, calls: Callable[[], int]) -> None:
        self._catalogue_folder: Path = settings.catalogue.parent
        self._triton_address = settings.triton_address
        self._shared = shared
        self._folder = RecordingFolder(shared.lines_folder)
        self._calls = calls
        self._failed: TTLCache[tuple[str, str], None] = TTLCache(_MAX_FAILED, _PAUSE_SECONDS)

    async def make_base(self, catalogue: Catalogue) -> None:
        """Makes what is missing in the base language, at once. Raises: EngineError, TimeoutError, CatalogueError."""
        await self._make(catalogue, recordings(catalogue, base_language(catalogue)).values())

    async def run(self, catalogue: Callable[[], Catalogue]) -> None:
        """Makes what calls ask for, one line after the other in moments without calls, until cancelled."""
        wanted: dict[tuple[str, str], None] = {}
        clock = asyncio.get_running_loop().time
        give_up = clock()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if not wanted:
                give_up = clock() + _QUIET_SECONDS
            wanted |= {asked: None for asked in self._shared.take_wanted_lines() if asked not in self._failed}
            if not wanted or (self._calls() and clock() < give_up):
                continue
            language, voice = next(iter(wanted))
            if not await self._make_one(catalogue(), language, voice):
                del wanted[language, voice]
            give_up = clock() + _QUIET_SECONDS

    async def _make_one(self, catalogue: Catalogue, language: str, voice: str) -> bool:
        """Makes one missing line of a language in a voice. False when none is missing or the voice fails."""
        missing = [line for line in recordings(catalogue, language, voice).values() if not self._folder.has(line)]
        try:
            await self._make(catalogue, missing[:1])
        except (EngineError, TimeoutError, CatalogueError) as fault:
            self._failed[language, voice] = None
            _log.warning(
                "fixed lines not recorded, calls speak them in another voice",
                language=language,
                voice=voice,
                fault=repr(fault),
            )
            return False
        return bool(missing)

    async def _make(self, catalogue: Catalogue, wanted: Iterable[Recording]) -> None:
        missing = [recording for recording in wanted if not self._folder.has(recording)]
        if not missing:
            return
        engines = SpeechEngines(catalogue, self._catalogue_folder, self._triton_address, _tell)

        async def speak(recording: Recording) -> bytes:
            route = engines.voice(recording.language, recording.voice.name, alone=True)
            return await Speaking(route).speak(recording.text)

        try:
            for recording in missing:
                await self._folder.make(recording, speak)
        finally:
            await engines.close()


def _tell(part: Part, step: Step, sentence: str) -> None:
    # The attempt as a whole is logged by whoever asked for it.
    _log.debug("a speech engine failed while the fixed lines were recorded", part=part, step=step, what=sentence)
