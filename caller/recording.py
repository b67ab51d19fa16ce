"""Records both sides of a call in one stereo file."""

from pathlib import Path

import numpy as np

from caller.waveform import RATE_HZ, Samples

# Smaller gaps are jitter; a wider gap is silence.
_JITTER_SAMPLES = RATE_HZ * 80 // 1000
MAX_SECONDS = 3600.0


class _Side:
    def __init__(self) -> None:
        self.pieces: list[tuple[int, Samples]] = []
        self.cursor: int | None = None

    def add(self, samples: Samples, at: int) -> None:
        if self.cursor is None or at > self.cursor + _JITTER_SAMPLES:
            self.cursor = at
        self.pieces.append((self.cursor, samples))
        self.cursor += samples.size


class Recording:
    """Caller and agent on one time line, kept in memory until written; ends after `MAX_SECONDS`."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._sides = (_Side(), _Side())

    def add_caller(self, samples: Samples, at: float) -> None:
        """Takes a sent frame. samples: int16 [n], mono, `RATE_HZ`. at: clock of its first sample, seconds."""
        self._add(0, samples, at)

    def add_agent(self, samples: Samples, at: float) -> None:
        """Takes a received frame. samples: int16 [n], mono, `RATE_HZ`. at: clock of its first sample, seconds."""
        self._add(1, samples, at)

    def stereo(self) -> Samples:
        """int16 [n, 2]: caller left, agent right."""
        length = max((side.cursor or 0) for side in self._sides)
        both = np.zeros((length, 2), np.int16)
        for channel, side in enumerate(self._sides):
            for at, samples in side.pieces:
                both[at : at + samples.size, channel] = samples
        return both

    def write(self, path: Path) -> None:
        """Writes a 16-bit WAV at `RATE_HZ`. Raises: OSError."""
        import soundfile

        try:
            soundfile.write(path, self.stereo(), RATE_HZ, format="WAV", subtype="PCM_16")
        except soundfile.LibsndfileError as fault:
            raise OSError(f"{path} cannot be written: {fault}") from None

    def _add(self, channel: int, samples: Samples, at: float) -> None:
        if self._start is None:
            self._start = at
        offset = at - self._start
        if offset <= MAX_SECONDS:
            self._sides[channel].add(samples, max(0, round(offset * RATE_HZ)))
