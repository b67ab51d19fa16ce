"""The denoise model: less noise, the same speech, a state for each call."""

import asyncio
import re

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from services.inference.protocol import DENOISE_DELAY_SAMPLES, DENOISE_FRAME_SAMPLES
from tests.speech.client import Stream, TritonFault, connected, tensor
from tests.speech.server import Server
from tests.speech.sound import said

pytestmark = pytest.mark.asyncio

COUNTED_SECONDS = 5.0


def _clean() -> NDArray[np.float32]:
    samples = soxr.resample(said("What time do you open on Saturday? I would like to come early."), 16_000, 48_000)
    return np.asarray(samples[: len(samples) // 4800 * 4800], np.float32)


def _noise(length: int, seed: int = 1) -> NDArray[np.float32]:
    return (np.random.default_rng(seed).standard_normal(length) * 0.03).astype(np.float32)


async def _filtered(
    stream: Stream, samples: NDArray[np.float32], sequence: int, frames: int = 2, level: float | None = None
) -> NDArray[np.float32]:
    """Filter a signal as one sequence."""
    step = frames * DENOISE_FRAME_SAMPLES
    results = []
    for at in range(0, len(samples), step):
        inputs = [tensor("audio", samples[at : at + step], "FP32")]
        if level is not None:
            inputs.append(tensor("level", [level], "FP32"))
        end = at + step >= len(samples)
        await stream.send(inputs, sequence_id=sequence, sequence_start=at == 0, sequence_end=end)
        results.append((await stream.next()).as_numpy("audio").reshape(-1))
    return np.concatenate(results)


def _noise_ratio_db(clean: NDArray[np.float32], result: NDArray[np.float32]) -> float:
    reference, found = clean[:-DENOISE_DELAY_SAMPLES], result[DENOISE_DELAY_SAMPLES:]
    scale = float(np.dot(found, reference) / np.dot(reference, reference))
    return float(10 * np.log10(np.sum((scale * reference) ** 2) / np.sum((found - scale * reference) ** 2)))


async def test_noise_goes_and_speech_stays(server: Server) -> None:
    clean = _clean()
    noisy = clean + _noise(len(clean))
    async with connected(server.url) as client, Stream(client, "denoise") as stream:
        result = await _filtered(stream, noisy, 501)
    assert len(result) == len(noisy)
    before = float(10 * np.log10(np.sum(clean**2) / np.sum((noisy - clean) ** 2)))
    assert _noise_ratio_db(clean, result) > before + 5.0


async def test_the_level_limits_what_is_taken_away(server: Server) -> None:
    noise = _noise(48_000)
    async with connected(server.url) as client, Stream(client, "denoise") as stream:
        full = await _filtered(stream, noise, 502, level=100.0)
        slight = await _filtered(stream, noise, 503, level=6.0)
        hardly = await _filtered(stream, noise, 504, level=1.0)
    tail = slice(24_000, None)
    loss = [20 * np.log10(noise[tail].std() / result[tail].std()) for result in (full, slight, hardly)]
    assert loss[0] > 20.0
    assert loss[1] == pytest.approx(6.0, abs=1.5)
    assert loss[2] == pytest.approx(1.0, abs=0.5)


async def test_the_size_of_a_request_changes_nothing(server: Server) -> None:
    samples = _clean()[:48_000] + _noise(48_000)
    async with connected(server.url) as client, Stream(client, "denoise") as stream:
        single = await _filtered(stream, samples, 505, frames=1)
        many = await _filtered(stream, samples, 506, frames=10)
    np.testing.assert_allclose(single, many, atol=1e-5)


async def test_a_level_stays_until_another_is_sent(server: Server) -> None:
    noise = _noise(96_000)
    async with connected(server.url) as client, Stream(client, "denoise") as stream:
        found = []
        for at in range(0, len(noise), 4800):
            inputs = [tensor("audio", noise[at : at + 4800], "FP32")]
            if at in (0, 48_000):
                inputs.append(tensor("level", [6.0 if at else 1.0], "FP32"))
            last = at + 4800 == len(noise)
            await stream.send(inputs, sequence_id=505, sequence_start=at == 0, sequence_end=last)
            found.append((await stream.next()).as_numpy("audio").reshape(-1))
    result = np.concatenate(found)
    slight, more = (
        20 * np.log10(noise[part].std() / result[part].std()) for part in (slice(24_000, 48_000), slice(72_000, None))
    )
    assert slight == pytest.approx(1.0, abs=0.5)
    assert more == pytest.approx(6.0, abs=1.5)


async def test_calls_do_not_hear_each_other(server: Server) -> None:
    samples = [_clean()[:48_000] + _noise(48_000, seed) for seed in range(4)]
    async with connected(server.url) as client:

        async def call(number: int) -> NDArray[np.float32]:
            async with Stream(client, "denoise") as stream:
                return await _filtered(stream, samples[number], 510 + number)

        together = await asyncio.gather(*map(call, range(4)))
        alone = await call(2)
    np.testing.assert_allclose(alone, together[2], atol=1e-5)


async def test_frames_that_wait_together_share_an_execution(server: Server) -> None:
    async with connected(server.url) as client:

        async def call(number: int) -> None:
            async with Stream(client, "denoise") as stream:
                await _filtered(stream, _noise(48_000, number), 530 + number, frames=10)

        before = _counts(server)
        await asyncio.gather(*map(call, range(4)))
        # Triton counts a request after it has answered.
        async with asyncio.timeout(COUNTED_SECONDS):
            while (counted := _counts(server))[0] - before[0] < 40:
                await asyncio.sleep(0.05)
    requests, executions = (after - earlier for after, earlier in zip(counted, before, strict=True))
    assert executions < requests


def _counts(server: Server) -> tuple[float, float]:
    page = server.metrics()

    def value(name: str) -> float:
        found = re.search(rf'^{name}{{model="denoise"[^}}]*}} (\S+)$', page, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    return value("nv_inference_count"), value("nv_inference_exec_count")


@pytest.mark.parametrize(
    ("samples", "level", "sentence"),
    [
        (481, None, "1 to 10 frames"),
        (0, None, "1 to 10 frames"),
        (480 * 11, None, "at most 4800"),
        (480, 101.0, "0 to 100"),
    ],
)
async def test_wrong_frames_are_refused_and_the_sequence_goes_on(
    server: Server, samples: int, level: float | None, sentence: str
) -> None:
    async with connected(server.url) as client, Stream(client, "denoise") as stream:
        good = [tensor("audio", np.zeros(480), "FP32")]
        await stream.send(good, sequence_id=540, sequence_start=True)
        await stream.next()
        bad = [tensor("audio", np.zeros(samples), "FP32")]
        await stream.send([*bad, tensor("level", [level], "FP32")] if level else bad, sequence_id=540)
        with pytest.raises(TritonFault, match=sentence):
            await stream.next()
        await stream.send(good, sequence_id=540, sequence_end=True)
        assert (await stream.next()).as_numpy("audio").shape == (1, 480)
