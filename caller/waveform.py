"""Finds where sound begins and ends in audio, by its level."""

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE_HZ = 48_000
# Resolution of every measurement; a WebRTC frame is two blocks.
BLOCK_SECONDS = 0.005
# Speech is near -20 dBFS; comfort noise, codec noise and microphone noise are below -55.
AUDIBLE_DBFS = -46.0
# A segment starts with 3 loud blocks of 4; a click is shorter.
ONSET_WINDOW_BLOCKS = 4
ONSET_LOUD_BLOCKS = 3
# Shorter pauses are inside words or between them.
PAUSE_SECONDS = 0.2

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of sound without a pause of `PAUSE_SECONDS`.

    start, end: time of the first and of the last sample above the threshold, in seconds of the clock of `feed`.
    """

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it sounds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class _Block:
    loud: bool
    first: float
    last: float


class Listener:
    """Finds segments of sound in mono frames that are stamped with a clock.

    Frames may come in any size; each is stamped by itself, so a gap between frames is silence and not lost time.
    """

    def __init__(self, rate_hz: int = RATE_HZ, audible_dbfs: float = AUDIBLE_DBFS) -> None:
        self._rate_hz = rate_hz
        self._block_size = round(rate_hz * BLOCK_SECONDS)
        self._amplitude = 32768.0 * 10.0 ** (audible_dbfs / 20.0)
        self._recent: deque[_Block] = deque(maxlen=ONSET_WINDOW_BLOCKS)
        self._rest: Samples = np.empty(0, np.int16)
        self._rest_at = 0.0
        self._closed: list[Segment] = []
        self._start: float | None = None
        self._end = 0.0
        self._clock = 0.0

    @property
    def segments(self) -> list[Segment]:
        """Segments so far, oldest first; the last may still be growing."""
        if self._start is None:
            return list(self._closed)
        return [*self._closed, Segment(self._start, self._end)]

    @property
    def sounding(self) -> bool:
        """True from the confirmed start of a segment until the pause after it is long enough."""
        return self._start is not None

    @property
    def heard_until(self) -> float:
        """Clock of the last sample fed."""
        return self._clock

    def silent_seconds(self, now: float) -> float:
        """Seconds since the last audible sample; infinity when there was none."""
        segments = self.segments
        return now - segments[-1].end if segments else float("inf")

    def after(self, moment: float) -> Segment | None:
        """The first segment that starts after `moment`."""
        return next((segment for segment in self.segments if segment.start > moment), None)

    def feed(self, samples: Samples, at: float) -> None:
        """Takes one frame.

        samples: int16 [n], mono. at: clock of its first sample, seconds.
        """
        if self._rest.size:
            samples, at = np.concatenate((self._rest, samples)), self._rest_at
        whole = samples.size - samples.size % self._block_size
        for offset in range(0, whole, self._block_size):
            block = samples[offset : offset + self._block_size]
            self._take(self._measure(block, at + offset / self._rate_hz))
        self._rest, self._rest_at = samples[whole:].copy(), at + whole / self._rate_hz
        self._clock = at + samples.size / self._rate_hz

    def _measure(self, block: Samples, at: float) -> _Block:
        wide = block.astype(np.float64)
        loud = bool(np.sqrt(np.mean(wide * wide)) >= self._amplitude)
        over = np.flatnonzero(np.abs(wide) >= self._amplitude) if loud else np.empty(0, np.int64)
        if not over.size:
            return _Block(False, at, at)
        return _Block(True, at + float(over[0]) / self._rate_hz, at + float(over[-1]) / self._rate_hz)

    def _take(self, block: _Block) -> None:
        if self._start is not None and block.first - self._end > PAUSE_SECONDS:
            self._closed.append(Segment(self._start, self._end))
            self._start = None
            self._recent.clear()
        self._recent.append(block)
        loud = [each for each in self._recent if each.loud]
        if self._start is not None:
            if block.loud and len(loud) >= 2:
                self._end = block.last
        elif len(loud) >= ONSET_LOUD_BLOCKS:
            self._start, self._end = loud[0].first, loud[-1].last


def segments_of(samples: Samples, rate_hz: int = RATE_HZ) -> list[Segment]:
    """Segments of a whole recording; the clock is its position in seconds."""
    listener = Listener(rate_hz)
    listener.feed(samples, 0.0)
    return listener.segments


def trimmed(samples: Samples, rate_hz: int = RATE_HZ, margin_seconds: float = 0.02) -> Samples:
    """The recording from its first to its last sound, with a margin at both ends; empty when there is no sound."""
    segments = segments_of(samples, rate_hz)
    if not segments:
        return samples[:0]
    first = max(0, round((segments[0].start - margin_seconds) * rate_hz))
    last = round((segments[-1].end + margin_seconds) * rate_hz)
    return samples[first:last]
