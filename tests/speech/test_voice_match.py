"""The voice_match model: a voice for a recording, and a sentence where there can be none."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest
from tritonclient.grpc.aio import InferenceServerClient

from services.inference import protocol
from services.inference.engines.kokoro_voices import Styles
from services.inference.settings import InferenceSettings
from tests.speech.client import TritonFault, connected, tensor
from tests.speech.server import Server, serving, small
from tests.speech.voices import Sound, recorded_speaker, sampled, tone

ANSWER_SECONDS = 45.0


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that matches voices and does nothing else."""
    folder = tmp_path_factory.mktemp("voice_match")
    profile = folder / "matching.toml"
    # One round of mixes is tried, not as many as fit in the seconds of a call, and one recording may wait.
    hasty = re.sub(r"(?m)^seconds = \d+", "seconds = 1", small("voice_match"))
    profile.write_text(re.sub(r"(?m)^max_waiting = \d+", "max_waiting = 1", hasty))
    with serving(folder, str(profile)) as running:
        yield running


async def matched(client: InferenceServerClient, sound: Sound, language: str | None = None) -> tuple[str, float]:
    inputs = [tensor("audio", sound, "FP32")]
    if language is not None:
        inputs.append(tensor("language", [language.encode()], "BYTES"))

    async def once() -> AsyncIterator[dict[str, Any]]:
        yield {"model_name": protocol.VOICE_MATCH_MODEL, "inputs": inputs}

    answers = [(result, fault) async for result, fault in client.stream_infer(once(), stream_timeout=ANSWER_SECONDS)]
    ((result, fault),) = answers
    if fault is not None:
        raise TritonFault(str(fault))
    return result.as_numpy("voice").reshape(-1)[0].decode(), float(result.as_numpy("similarity").reshape(-1)[0])


async def test_triton_answers_with_a_voice_that_can_be_spoken(pool: Server) -> None:
    """Slow: the search takes several syntheses."""
    async with connected(pool.url) as client:
        voice, similarity = await matched(client, sampled("am_michael"), "en-US")
    styles = Styles(InferenceSettings().kokoro_voices, ("en-US", "en-GB"))
    assert "am_michael" in dict(styles.voice(voice).parts)
    assert 0.7 < similarity <= 1.0


async def test_bad_recordings_are_told_and_harm_nobody(pool: Server) -> None:
    """Slow: one recording is good, and its voice is searched for."""
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
            with pytest.raises(TritonFault, match=sentence):
                await matched(client, sound, language)
        voice, _ = await matched(client, recorded_speaker("en"))
    assert voice
    assert pool.process.poll() is None


async def test_recordings_that_would_wait_too_long_are_refused(pool: Server) -> None:
    """Slow: the recordings that are not refused are matched one after the other."""
    async with connected(pool.url) as client:
        asked = await asyncio.gather(
            *(matched(client, recorded_speaker("en")) for _ in range(8)), return_exceptions=True
        )
    refused = [answer for answer in asked if isinstance(answer, TritonFault)]
    assert 0 < len(refused) < 8
    assert all(str(fault).startswith(protocol.EXHAUSTED) and "recordings wait" in str(fault) for fault in refused)
    assert len({answer for answer in asked if not isinstance(answer, BaseException)}) == 1
