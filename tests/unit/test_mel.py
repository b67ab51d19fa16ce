"""The spectrogram that Whisper reads."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.inference.engines.mel import BANDS, FRAME_SAMPLES, SAMPLE_RATE_HZ, log_mel


def _tone(hertz: float, seconds: float) -> NDArray[np.float32]:
    times = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return np.asarray(0.4 * np.sin(2 * np.pi * hertz * times), np.float32)


@pytest.mark.parametrize("samples", [1, 159, 160, 201, 7_999, 16_000, 31_837])
def test_silence_that_is_not_transformed_looks_like_silence_that_is(samples: int) -> None:
    clip = np.random.default_rng(samples).normal(0, 0.1, samples).astype(np.float32)
    short = log_mel(clip, 400)
    whole = log_mel(np.concatenate([clip, np.zeros(400 * FRAME_SAMPLES - samples, np.float32)]), 400)
    assert short.shape == (BANDS, 400)
    np.testing.assert_allclose(short, whole, atol=1e-5)


def test_a_tone_stands_in_its_band() -> None:
    # Slaney's scale puts 1,000 Hz at mel 15 of 45.245, nearest to the middle of the 27th of 80 bands.
    assert int(log_mel(_tone(1_000, 1.0), 100)[:, 50].argmax()) == 27 - 1
    assert int(log_mel(_tone(4_000, 1.0), 100)[:, 50].argmax()) > 50


def test_a_clip_spans_two_from_its_loudest_value_down() -> None:
    # Eight powers of ten, of which the model reads a quarter each.
    values = log_mel(_tone(440, 0.5), 300)
    assert values.max() - values.min() == pytest.approx(2.0, abs=1e-5)
    assert np.isfinite(log_mel(np.zeros(160, np.float32), 800)).all()


def test_as_many_frames_as_asked_for_come_back() -> None:
    assert log_mel(_tone(440, 2.0), 100).shape == (BANDS, 100)
