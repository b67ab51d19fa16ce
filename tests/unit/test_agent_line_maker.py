"""The worker's side of the fixed lines: made when a call asks for them, and before a changed catalogue is in force."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from deploy.local.settings import ROOT
from services.agent.call.engines import SpeechEngines
from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.speech.engine import EngineError, Unreachable, VoiceStream
from services.agent.speech.phrases import Line
from services.agent.speech.recordings import RecordingFolder, recordings
from services.agent.speech.speaking import Speaking
from services.agent.worker.catalogue import follow
from services.agent.worker.line_maker import LineMaker
from services.kit.catalogue import Catalogue, Voice
from services.kit.catalogue_file import CatalogueFile, read
from tests.fixtures.catalogues import with_default

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]
CATALOGUE = read(ROOT / "deploy" / "catalogue.toml")
HEART = "kokoro-af-heart"


class Worker:
    """A worker without LiveKit: its calls are a number, and its voices say their names."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.shared = SharedState(folder)
        self.recorded = RecordingFolder(self.shared.lines_folder)
        self.shared.lines_folder.mkdir()
        self.spoken: list[str] = []
        self.fault: Exception | None = None
        self.maker = LineMaker(AgentSettings(data_dir=folder), self.shared, lambda: self.calls)

        async def speak(speaking: Speaking, text: str) -> bytes:
            self.spoken.append(f"{speaking.model}: {text}")
            if self.fault:
                raise self.fault
            return text.encode()

        monkeypatch.setattr(Speaking, "speak", speak)

    def has(self, language: str, voice: str = "") -> int:
        return sum(map(self.recorded.has, recordings(CATALOGUE, language, voice).values()))


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worker:
    return Worker(tmp_path, monkeypatch)


async def running(work: Awaitable[None], then: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.ensure_future(work)
    try:
        await then()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_wanted_voice_is_recorded_when_no_call_is_left(worker: Worker) -> None:
    worker.calls = 1
    worker.shared.want_lines("en", HEART)

    async def then() -> None:
        await asyncio.sleep(30)
        assert worker.spoken == []
        worker.calls = 0
        await asyncio.sleep(10)

    await running(worker.maker.run(lambda: CATALOGUE), then)
    assert worker.has("en", HEART) == len(Line)
    assert {said.split(":")[0] for said in worker.spoken} == {HEART}
    assert worker.shared.take_wanted_lines() == []


async def test_a_worker_that_is_never_without_calls_records_a_line_a_minute(worker: Worker) -> None:
    worker.calls = 1
    worker.shared.want_lines("en", HEART)

    async def then() -> None:
        await asyncio.sleep(150)
        assert worker.has("en", HEART) == 2

    await running(worker.maker.run(lambda: CATALOGUE), then)


async def test_a_voice_that_fails_is_asked_again_only_after_a_pause(worker: Worker) -> None:
    worker.fault = EngineError("away")

    async def then() -> None:
        for _ in range(20):
            worker.shared.want_lines("en", HEART)
            await asyncio.sleep(2)

    await running(worker.maker.run(lambda: CATALOGUE), then)
    assert len(worker.spoken) == 1
    assert worker.has("en", HEART) == 0


async def test_the_base_language_is_made_at_once_and_once(worker: Worker) -> None:
    await worker.maker.make_base(CATALOGUE)
    await worker.maker.make_base(CATALOGUE)
    assert len(worker.spoken) == worker.has("en") == len(Line)


class ChangingFile:
    """A catalogue's file whose content a test replaces."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def current(self) -> Catalogue:
        return self.catalogue


async def test_a_changed_catalogue_is_in_force_once_its_lines_are_recorded(worker: Worker) -> None:
    file = ChangingFile(CATALOGUE)
    worker.shared.put_in_force(CATALOGUE)
    worker.fault = EngineError("the new voice is not up yet")

    async def then() -> None:
        await asyncio.sleep(2)
        file.catalogue = with_default(CATALOGUE, "en", HEART)
        await asyncio.sleep(5)
        assert worker.shared.catalogue_in_force().defaults["en"].voice == "hibari-en"
        worker.fault = None
        await asyncio.sleep(5)
        assert worker.shared.catalogue_in_force().defaults["en"].voice == HEART
        assert worker.has("en", HEART) == len(Line)

    await running(follow(cast(CatalogueFile, file), worker.shared, worker.maker.make_base), then)


async def test_a_catalogue_whose_lines_cannot_be_recorded_comes_into_force_all_the_same(worker: Worker) -> None:
    file = ChangingFile(CATALOGUE)
    worker.shared.put_in_force(CATALOGUE)
    worker.fault = EngineError("away")

    async def then() -> None:
        await asyncio.sleep(2)
        file.catalogue = with_default(CATALOGUE, "en", HEART)
        await asyncio.sleep(60)
        assert worker.shared.catalogue_in_force().defaults["en"].voice == HEART

    await running(follow(cast(CatalogueFile, file), worker.shared, worker.maker.make_base), then)


async def test_a_fallback_never_speaks_for_a_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = set()

    def away(engines: SpeechEngines, entry: Voice, language: str, address: str) -> VoiceStream:
        opened.add(entry.name)
        raise Unreachable("away")

    monkeypatch.setattr(SpeechEngines, "_open_voice", away)
    assert CATALOGUE.voices[0].name == "hibari-en"
    assert CATALOGUE.voices[0].fallback
    maker = LineMaker(AgentSettings(data_dir=tmp_path), SharedState(tmp_path), lambda: 0)
    with pytest.raises((EngineError, TimeoutError)):
        await maker.make_base(CATALOGUE)
    assert opened == {"hibari-en"}
