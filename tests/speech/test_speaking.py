"""The tts model: heard at once, from the first sample, right words, no clicks."""

import asyncio
import time

import numpy as np
import pytest

from services.inference.protocol import TTS_MAX_CHARACTERS
from tests.speech.client import Ear, TritonFault, connected, speech, spoken
from tests.speech.server import Server
from tests.speech.sound import at_16k, error_rate, silence

pytestmark = pytest.mark.asyncio

AUDIBLE = 200  # of 32,768


async def _transcript(server: Server, text: str, **options: float | str) -> str:
    async with connected(server.url) as client:
        pcm = await speech(client, text, **options)
        async with Ear(client) as ear:
            await ear.stream(np.concatenate([silence(0.3), at_16k(pcm, 24_000), silence(0.2)]))
            return (await ear.flush()).text


async def test_the_first_sample_is_audible_and_there_is_no_click(server: Server) -> None:
    async with connected(server.url) as client:
        for text in ("Yes.", "Sure, we open at nine.", "She sells shells.", "For free.", "Hello there. How are you?"):
            pcm = (await speech(client, text)).astype(np.int32)
            loud = np.flatnonzero(np.abs(pcm) > AUDIBLE)
            assert loud[0] <= 0.020 * 24_000, f"{text}: {loud[0] / 24:.0f} ms of silence before"
            assert len(pcm) - loud[-1] <= 0.330 * 24_000, f"{text}: silence after"
            assert max(abs(pcm[0]), abs(pcm[-1])) < 300


async def test_the_first_clause_leaves_before_the_rest_is_made(server: Server) -> None:
    text = (
        "We open at nine in the morning, and we close at six. "
        "On Saturdays we are here from ten to four, but not in winter. "
        "If you want to bring something for repair, please come before noon, because our mechanic leaves early."
    )
    async with connected(server.url) as client:
        await speech(client, "Warm up.")
        began = time.monotonic()
        arrivals, lengths = [], []
        async for part in spoken(client, text):
            arrivals.append(time.monotonic() - began)
            lengths.append(len(part) / 24_000)
    assert len(arrivals) >= 3
    assert arrivals[0] < arrivals[-1] / 2
    assert lengths[0] < 5.0
    assert sum(lengths) > 9.0


async def test_pauses_between_sentences_are_short(server: Server) -> None:
    async with connected(server.url) as client:
        parts = [part async for part in spoken(client, "We open at nine. We close at six.")]
    assert len(parts) == 2
    trailing = len(parts[0]) - np.flatnonzero(np.abs(parts[0].astype(np.int32)) > AUDIBLE)[-1]
    assert 0.2 * 24_000 < trailing < 0.35 * 24_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What time do you open on Saturday?", "What time do you open on Saturday?"),
        (
            "Our **shop** is [here](https://example.com) 😀, next to the station.",
            "Our shop is here next to the station.",
        ),
        ("Call us, Monday to Friday, from nine to five.", "Call us Monday to Friday from nine to five."),
        ("The order #4271 has shipped.", "The order number 4 2 7 1 has shipped."),
        ("Write to anna@example.com please.", "Write to anna at example dot com please."),
    ],
)
async def test_what_is_said_is_what_was_written(server: Server, text: str, expected: str) -> None:
    heard = await _transcript(server, text)
    assert error_rate(expected, heard) <= 0.3, heard


async def test_speed_changes_the_length(server: Server) -> None:
    async with connected(server.url) as client:
        slow = len(await speech(client, "We open at nine in the morning.", speed=0.7))
        fast = len(await speech(client, "We open at nine in the morning.", speed=1.5))
    assert slow > 1.5 * fast


@pytest.mark.parametrize("text", ["", "   \n", "😀🎉", "...", "**__**", "```\n```"])
async def test_what_cannot_be_read_is_silence_and_no_error(server: Server, text: str) -> None:
    async with connected(server.url) as client:
        assert len(await speech(client, text)) == 0


async def test_wrong_orders_are_refused_with_a_sentence(server: Server) -> None:
    async with connected(server.url) as client:
        with pytest.raises(TritonFault, match=f"at most {TTS_MAX_CHARACTERS}"):
            await speech(client, "a" * (TTS_MAX_CHARACTERS + 1))
        with pytest.raises(TritonFault, match="installed: heart"):
            await speech(client, "Hello.", voice="nobody")
        with pytest.raises(TritonFault, match="`speed` must be"):
            await speech(client, "Hello.", speed=9.0)
        assert len(await speech(client, "Hello.", voice="heart")) > 0


async def test_several_texts_are_spoken_at_once(server: Server) -> None:
    async with connected(server.url) as client:
        texts = [f"This is answer number {number}." for number in range(8)]
        results = await asyncio.gather(*(speech(client, text) for text in texts))
    assert all(len(pcm) > 24_000 for pcm in results)
