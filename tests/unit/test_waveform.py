import numpy as np
import pytest

from caller.waveform import RATE_HZ, Listener, Samples, segments_of, trimmed


def tone(seconds: float, dbfs: float = -20.0) -> Samples:
    steps = np.arange(round(seconds * RATE_HZ))
    amplitude = 32768.0 * 10 ** (dbfs / 20) * np.sqrt(2)
    wave: Samples = (amplitude * np.sin(2 * np.pi * 220 * steps / RATE_HZ)).astype(np.int16)
    return wave


def silence(seconds: float, dbfs: float | None = None) -> Samples:
    count = round(seconds * RATE_HZ)
    if dbfs is None:
        return np.zeros(count, np.int16)
    noise = np.random.default_rng(7).normal(0, 32768.0 * 10 ** (dbfs / 20), count)
    return noise.astype(np.int16)


def fed(samples: Samples, frame_ms: float, start: float = 1_000.0) -> Listener:
    listener = Listener()
    size = round(RATE_HZ * frame_ms / 1000)
    for offset in range(0, samples.size, size):
        listener.feed(samples[offset : offset + size], start + offset / RATE_HZ)
    return listener


@pytest.mark.parametrize("frame_ms", [10, 20, 7.3, 5])
def test_finds_the_first_and_last_sample_of_a_sound_within_three_milliseconds(frame_ms: float) -> None:
    listener = fed(np.concatenate([silence(0.5), tone(0.8), silence(0.5)]), frame_ms)
    (segment,) = listener.segments
    assert segment.start == pytest.approx(1_000.5, abs=0.003)
    assert segment.end == pytest.approx(1_001.3, abs=0.003)
    assert not listener.sounding


def test_comfort_noise_is_no_sound() -> None:
    assert segments_of(silence(2.0, dbfs=-58)) == []


def test_a_sound_over_noise_is_found() -> None:
    audio = np.concatenate([silence(0.5, -60), tone(0.3), silence(0.5, -60)])
    (segment,) = segments_of(audio)
    assert segment.start == pytest.approx(0.5, abs=0.003)
    assert segment.end == pytest.approx(0.8, abs=0.003)


def test_a_click_is_no_onset() -> None:
    audio = silence(0.5)
    audio[1000:1100] = 20_000
    assert segments_of(audio) == []


def test_a_pause_inside_a_sentence_does_not_split_it() -> None:
    audio = np.concatenate([tone(0.3), silence(0.15), tone(0.3), silence(0.4), tone(0.3)])
    first, second = segments_of(audio)
    assert (first.start, first.end) == pytest.approx((0.0, 0.75), abs=0.004)
    assert (second.start, second.end) == pytest.approx((1.15, 1.45), abs=0.004)


def test_lost_frames_are_silence_on_the_clock_and_not_lost_time() -> None:
    listener = Listener()
    listener.feed(tone(0.1), 10.0)
    listener.feed(tone(0.1), 11.0)
    first, second = listener.segments
    assert first.end == pytest.approx(10.1, abs=0.003)
    assert second.start == pytest.approx(11.0, abs=0.003)


def test_after_passes_over_what_sounded_already() -> None:
    listener = fed(np.concatenate([tone(0.5), silence(0.5), tone(0.5)]), 10, start=0.0)
    answer = listener.after(0.25)
    assert answer is not None
    assert answer.start == pytest.approx(1.0, abs=0.003)
    assert listener.after(1.2) is None


def test_silence_is_counted_from_the_last_sound() -> None:
    listener = Listener()
    assert listener.silent_seconds(5.0) == float("inf")
    listener.feed(tone(0.5), 1.0)
    assert listener.sounding
    assert listener.silent_seconds(2.0) == pytest.approx(0.5, abs=0.004)


def test_trimmed_cuts_silence_at_both_ends_only() -> None:
    audio = np.concatenate([silence(0.32), tone(0.3), silence(0.15), tone(0.3), silence(0.6)])
    assert trimmed(audio).size / RATE_HZ == pytest.approx(0.79, abs=0.01)
    assert trimmed(silence(0.3)).size == 0
