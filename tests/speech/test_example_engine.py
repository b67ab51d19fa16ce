"""The example of docs/speech.md: an engine of an operator's own, by the files that are shown there."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from services.agent.call.engines import SpeechEngines
from services.agent.speech.speaking import Speaking
from services.kit.catalogue_file import read
from tests.speech.client import Ear, TritonFault, connected, speech
from tests.speech.server import Server, serving, serving_text
from tests.speech.sound import at_16k, error_rate, silence

pytestmark = pytest.mark.asyncio

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "examples" / "engines" / "espeak"
# Whisper base hears people; of what a robot says in German it misses a word now and then.
GERMAN = "Auf Wiedersehen, und vielen Dank für Ihren Anruf."
ENGLISH = "The train to the airport leaves from platform seven."


@pytest.fixture(scope="module")
def robots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the example's profile."""
    with serving(tmp_path_factory.mktemp("robots"), str(ENGINE / "profile.toml")) as running:
        yield running


async def said(text: str, language: str, voice: str, polyglot: Server, robots: Server, folder: Path) -> bytes:
    """A text by the catalogue that is shipped and what the example adds to it."""
    parts = [ROOT / "deploy" / "catalogue.toml", ENGINE / "catalogue.toml"]
    text_of_all = "\n".join(part.read_text() for part in parts)
    assert "127.0.0.1:8011" in text_of_all
    path = folder / "catalogue.toml"
    path.write_text(text_of_all.replace("127.0.0.1:8011", robots.url))
    catalogue = read(path, with_samples=False)
    calls = SpeechEngines(catalogue, folder, polyglot.url, lambda *told: pytest.fail(str(told)))
    route = calls.voice(language, voice)
    try:
        return await Speaking(route).speak(text)
    finally:
        route.close()
        await calls.close()


async def heard(polyglot: Server, pcm: bytes, language: str) -> str:
    samples = at_16k(np.frombuffer(pcm, np.int16), 24_000)
    async with connected(polyglot.url) as client, Ear(client) as ear:
        await ear.say(None, language=language)
        await ear.stream(np.concatenate([silence(0.3), samples, silence(0.3)]))
        return (await ear.flush()).text


@pytest.mark.parametrize(("language", "voice"), [("de", ""), ("de-AT", "anna")])
async def test_the_example_speaks_a_language_that_it_adds_to_the_catalogue(
    language: str, voice: str, polyglot: Server, robots: Server, tmp_path: Path
) -> None:
    pcm = await said(GERMAN, language, voice, polyglot, robots, tmp_path)
    transcript = await heard(polyglot, pcm, language)
    assert error_rate(GERMAN, transcript) <= 0.5, transcript


async def test_the_engine_is_understood(polyglot: Server, robots: Server) -> None:
    async with connected(robots.url) as client:
        pcm = await speech(client, ENGLISH, voice="rob")
    transcript = await heard(polyglot, pcm.tobytes(), "en")
    assert error_rate(ENGLISH, transcript) <= 0.2, transcript


async def test_the_engine_is_asked_like_any_other(robots: Server) -> None:
    async with connected(robots.url) as client:
        lengths = [len(await speech(client, GERMAN, speed=speed)) for speed in (0.5, 2.0)]
        assert lengths[0] > 3 * lengths[1]
        assert len(await speech(client, "Dzień dobry.", voice="ewa")) > 12_000
        with pytest.raises(TritonFault, match="'anna' speaks de, not 'en'"):
            await speech(client, ENGLISH, voice="anna", language="en")
        with pytest.raises(TritonFault, match="installed: anna, ewa, rob"):
            await speech(client, ENGLISH, voice="heart")


async def test_an_engine_that_is_not_there_ends_the_start_and_says_what_to_do(tmp_path: Path) -> None:
    profile = (ENGINE / "profile.toml").read_text().replace("espeak.engine", "espeak.motor")
    with (
        pytest.raises(
            AssertionError, match=r"'examples.engines.espeak.motor:Espeak', which cannot be imported .*correct"
        ),
        serving_text(tmp_path, profile),
    ):
        pass
