"""The voice_match model: a voice for a recording, and a sentence where there can be none."""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from services.inference import protocol
from services.inference.engines.kokoro_voices import Styles
from services.inference.settings import InferenceSettings
from tests.speech.client import Stream, TritonFault, connected, tensor
from tests.speech.server import Server, serving_text, small
from tests.speech.voices import recorded_speaker, sampled, tone

ANSWER_SECONDS = 45.0


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that matches voices and does nothing else."""
    # One round of mixes is tried, not as many as fit in the seconds of a call, and one recording may wait.
    hasty = re.sub(r"(?m)^seconds = \d+", "seconds = 1", small("voice_match"))
    profile = re.sub(r"(?m)^max_waiting = \d+", "max_waiting = 1", hasty)
    with serving_text(tmp_path_factory.mktemp("voice_match"), profile) as running:
        yield running


async def test_bad_recordings_are_told(pool: Server) -> None:
    broken = recorded_speaker("en")
    broken[100] = np.nan
    async with connected(pool.url) as client:
        for sound, language, sentence in (
            (broken, "en", "invalid_input: `audio` holds NaN"),
            (tone(1.0), "en", "invalid_input: the recording has 1.0 s"),
            (tone(130.0), "en", "invalid_input: `audio` has"),
            (tone(5.0), None, "invalid_input: nobody speaks"),
            (recorded_speaker("en"), "tlh", "invalid_input: no voice speaks 'tlh'"),
        ):
            language_input = [] if language is None else [tensor("language", [language.encode()], "BYTES")]
            async with Stream(client, protocol.VOICE_MATCH_MODEL) as stream:
                await stream.send([tensor("audio", sound, "FP32"), *language_input])
                with pytest.raises(TritonFault, match=sentence):
                    await stream.next()


async def test_a_voice_is_found_while_recordings_that_would_wait_too_long_are_refused(pool: Server) -> None:
    """Slow: the search takes several syntheses. One recording is matched, one waits, and four are too many."""
    refusals: list[str] = []
    async with connected(pool.url) as client, Stream(client, protocol.VOICE_MATCH_MODEL) as stream:
        for sound in (sampled("am_michael"), *[tone(5.0)] * 5):
            await stream.send([tensor("audio", sound, "FP32")])
        for _ in range(4):
            with pytest.raises(TritonFault) as refusal:
                await stream.next(ANSWER_SECONDS)
            refusals.append(str(refusal.value))
        found = await stream.next(ANSWER_SECONDS)
        with pytest.raises(TritonFault, match="invalid_input: nobody speaks"):
            await stream.next()
    assert all(each.startswith(protocol.EXHAUSTED) and "recordings wait" in each for each in refusals), refusals
    styles = Styles(InferenceSettings().kokoro_voices, ("en-US", "en-GB"))
    voice = found.as_numpy("voice").reshape(-1)[0].decode()
    heaviest = max(styles.voice(voice).parts, key=lambda part: part[1])
    assert heaviest[0] == "am_michael"
    assert 0.8 < found.as_numpy("similarity").reshape(-1)[0] <= 1.0
    assert pool.process.poll() is None
