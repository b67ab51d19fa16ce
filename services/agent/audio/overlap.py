"""Joins what a client recorded before the agent could hear it with its live audio.

A client ends its recording when it learns that the agent listens, which is before or after the first sample of the live
audio. So some audio comes twice or not at all. The widget records a little longer, and what comes twice is removed.
"""

from typing import Final

import numpy as np
from livekit import rtc
from livekit.agents.voice.room_io._pre_connect_audio import PreConnectAudioHandler
from numpy.typing import NDArray

from services.agent.audio.stage import Frames, Stage

Sound = NDArray[np.int16]

_MARK: Final = "recorded"
# The live audio that is looked for at the end of the recording. It usually waits already.
_LIVE_SECONDS: Final = 0.3
# The end of the recording in which it is looked for: more than a recording is read after the live audio has begun.
_RECORDED_SECONDS: Final = 2.5
# A shorter overlap cannot be told from the next period of a vowel.
_MIN_OVERLAP_SECONDS: Final = 0.1
_MIN_CORRELATION: Final = 0.6
# What was held goes on in pieces of this length: in short frames it would overfill the queues of later stages. The
# noise suppressor passes pieces that are longer than its frames.
_PIECE_SECONDS: Final = 0.5
# livekit-agents drops a recording that came longer than 1 s before the agent has subscribed to the track. On a crowded
# machine it takes longer.
_KEPT_SECONDS: Final = 5.0
# Samples are compared at this rate; both sounds were compressed, each in its own way.
_COMPARED_HZ: Final = 8_000
# Mean square below which a sound is silence, of int16 samples: -60 dB.
_SILENCE: Final = 1_000.0


def mark_recorded(handler: PreConnectAudioHandler, rate_hz: int) -> None:
    """Lets RoomIO's handler return marked frames at this rate, so that the stage knows where the recording ends."""
    handler._max_delta_s = _KEPT_SECONDS
    wait = handler.wait_for_data

    async def wait_for_data(track_id: str) -> list[rtc.AudioFrame]:
        frames = await wait(track_id)
        if frames and frames[0].sample_rate != rate_hz:
            resampler = rtc.AudioResampler(frames[0].sample_rate, rate_hz)
            frames = [part for frame in frames for part in resampler.push(frame)] + resampler.flush()
        for frame in frames:
            frame.userdata[_MARK] = True
        return frames

    handler.wait_for_data = wait_for_data  # type: ignore[method-assign]  # RoomIO has no hook for it


class OverlapStage(Stage):
    """Holds a recording until the live audio has begun, and passes both on without what they have in common.

    rate_hz: of the live audio. Audio without a recording before it passes at once.
    """

    name = "overlap"
    # A recording comes all at once. Work on a frame takes microseconds, so the rule never applies to live audio.
    max_waiting = 1_000

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._recorded: list[Sound] = []
        self._live: list[Sound] = []
        self._twice: int | None = None

    async def process(self, frame: rtc.AudioFrame) -> Frames:
        """The frame, or nothing while audio is held, or all that was held."""
        if frame.userdata.get(_MARK):
            self._recorded.append(np.frombuffer(frame.data, np.int16))
            return []
        if not self._recorded:
            return [frame]
        self._live.append(np.frombuffer(frame.data, np.int16))
        held = sum(part.size for part in self._live)
        if self._twice is None and held >= _LIVE_SECONDS * self._rate_hz:
            self._twice = overlap(np.concatenate(self._recorded), np.concatenate(self._live), self._rate_hz)
        return self._joined(self._twice) if self._twice is not None and held >= self._twice else []

    def overloaded(self, frame: rtc.AudioFrame) -> Frames:
        """The frame as it came."""
        return [frame]

    def _joined(self, twice: int) -> list[rtc.AudioFrame]:
        sound = np.concatenate((*self._recorded, np.concatenate(self._live)[twice:]))
        self._recorded, self._live, self._twice = [], [], None
        longest = int(_PIECE_SECONDS * self._rate_hz)
        pieces = [sound[at : at + longest] for at in range(0, sound.size, longest)]
        return [rtc.AudioFrame(piece.tobytes(), self._rate_hz, 1, piece.size) for piece in pieces]


def overlap(recorded: Sound, live: Sound, rate_hz: int) -> int:
    """How many samples at the beginning of `live` are also at the end of `recorded`; 0 if that cannot be told."""
    step = rate_hz // _COMPARED_HZ
    before = _reduced(recorded[-int(_RECORDED_SECONDS * rate_hz) :], step)
    after = _reduced(live, step)
    size = 1 << (before.size + after.size).bit_length()
    # products[k]: of the live audio with the recording from k on, as far as both go.
    products = np.fft.irfft(np.fft.rfft(before, size) * np.conj(np.fft.rfft(after, size)), size)[: before.size]
    lengths = np.minimum(after.size, before.size - np.arange(before.size))
    sums = np.concatenate(([0.0], np.cumsum(np.square(before, dtype=np.float64))))
    starts = np.arange(before.size)
    energies = sums[starts + lengths] - sums[starts]
    own = np.concatenate(([0.0], np.cumsum(np.square(after, dtype=np.float64))))[lengths]
    comparable = (
        (lengths >= _MIN_OVERLAP_SECONDS * _COMPARED_HZ) & (energies > _SILENCE * lengths) & (own > _SILENCE * lengths)
    )
    if not comparable.any():
        return 0
    correlation = np.where(comparable, products / np.sqrt(np.maximum(energies * own, 1.0)), 0.0)
    best = int(np.argmax(correlation))
    return (before.size - best) * step if correlation[best] >= _MIN_CORRELATION else 0


def _reduced(sound: Sound, step: int) -> NDArray[np.float32]:
    """The sound at a lower rate; its end stays where it is for a whole number of steps."""
    whole = sound[sound.size % step :].reshape(-1, step)
    return np.asarray(whole.mean(axis=1), np.float32)
