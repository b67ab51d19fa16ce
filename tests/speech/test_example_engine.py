"""The examples of docs/speech.md: a voice and an engine of an operator's own, by the files that are shown there."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from services.agent.call.engines import SpeechEngines
from services.agent.speech.speaking import Speaking
from services.kit.catalogue_file import read
from tests.speech.client import Ear, TritonFault, connected, speech
from tests.speech.server import Server, serving
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


async def said(text: str, language: str, voice: str, server: Server, robots: Server, folder: Path) -> bytes:
    """A text by the catalogue that is shipped and what the examples add to it."""
    parts = [ROOT / "deploy" / "catalogue.toml", ENGINE / "catalogue.toml", ROOT / "examples" / "voices" / "june.toml"]
    text_of_all = "\n".join(part.read_text() for part in parts)
    assert "127.0.0.1:8011" in text_of_all
    path = folder / "catalogue.toml"
    path.write_text(text_of_all.replace("127.0.0.1:8011", robots.url))
    catalogue = read(path, with_samples=False)
    calls = SpeechEngines(catalogue, folder, server.url, lambda *told: pytest.fail(str(told)))
    route = calls.voice(language, voice)
    try:
        return await Speaking(route).speak(text)
    finally:
        route.close()
        await calls.close()


async def heard(server: Server, pcm: bytes, language: str) -> str:
    samples = at_16k(np.frombuffer(pcm, np.int16), 24_000)
    async with connected(server.url) as client, Ear(client) as ear:
        await ear.say(None, language=language)
        await ear.stream(np.concatenate([silence(0.3), samples, silence(0.3)]))
        return (await ear.flush()).text


@pytest.mark.parametrize(
    ("text", "language", "voice", "limit"),
    [(GERMAN, "de", "", 0.5), (GERMAN, "de-AT", "anna", 0.5), (ENGLISH, "en", "june", 0.3)],
)
async def test_a_voice_of_the_examples_says_what_was_written(
    text: str, language: str, voice: str, limit: float, server: Server, robots: Server, tmp_path: Path
) -> None:
    pcm = await said(text, language, voice, server, robots, tmp_path)
    transcript = await heard(server, pcm, language)
    assert error_rate(text, transcript) <= limit, transcript


async def test_the_engine_is_understood(server: Server, robots: Server) -> None:
    async with connected(robots.url) as client:
        pcm = await speech(client, ENGLISH, voice="rob")
    transcript = await heard(server, pcm.tobytes(), "en")
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
    profile = tmp_path / "profile.toml"
    profile.write_text((ENGINE / "profile.toml").read_text().replace("espeak.engine", "espeak.motor"))
    with (
        pytest.raises(
            AssertionError, match=r"'examples.engines.espeak.motor:Espeak', which cannot be imported .*correct"
        ),
        serving(tmp_path, str(profile)),
    ):
        pass
