"""Proposes mixes of voices that may sound like a speaker, from the measured embeddings of voices and earlier mixes.

Pure functions. The embedding of a new mix is estimated by linear interpolation between two measured mixes.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_VOICES: Final = 4
# Shares are multiples of this. A finer step changes the embedding less than another sentence does.
STEP: Final = 0.05
_SHARES: Final[NDArray[np.float32]] = np.array([0.2, 0.35, 0.5, 0.65, 0.8], np.float32)
_BEAM: Final = 8
# Of two mixes closer than this (sum of the differences of their shares) only one is tried.
_MIN_DIFFERENCE: Final = 0.2

Shares = NDArray[np.float32]


class Known:
    """Measured mixes of n voices and their embeddings; at first the voices themselves."""

    def __init__(self, directions: NDArray[np.float32]) -> None:
        self.shares: Shares = np.eye(len(directions), dtype=np.float32)
        self.directions = directions

    def add(self, shares: Shares, direction: NDArray[np.float32]) -> None:
        """Add a measured mix."""
        self.shares = np.vstack([self.shares, shares])
        self.directions = np.vstack([self.directions, direction])

    def singles(self, target: NDArray[np.float32], count: int) -> list[Shares]:
        """The nearest single voices, the best first."""
        voices = self.shares.shape[1]
        best = np.argsort(-_likeness(self.directions[:voices], target))[:count]
        return [np.asarray(self.shares[at]) for at in best]

    def propose(self, target: NDArray[np.float32], tried: Sequence[Shares], count: int) -> list[Shares]:
        """The most promising mixes, the best first. Each differs from the others and from those already tried.

        target: float32 [d] of length 1. Returns at most `count` of float32 [n] that sum to 1.
        """
        found: list[Shares] = []
        for shares in self._ranked(target):
            whole = rounded(shares)
            if all(np.abs(whole - other).sum() >= _MIN_DIFFERENCE for other in (*tried, *found)):
                found.append(whole)
            if len(found) == count:
                break
        return found

    def _ranked(self, target: NDArray[np.float32]) -> NDArray[np.float32]:
        """Blends of two known mixes, the most promising first: float32 [k, n]. Bounded in the number of voices."""
        shares, directions = self.shares, self.directions
        for _ in range(MAX_VOICES - 1):
            best = np.argsort(-_likeness(directions, target))[:_BEAM]
            shares = np.vstack([shares, _blend(shares[best], self.shares)])
            directions = np.vstack([directions, _blend(directions[best], self.directions)])
            few = np.count_nonzero(shares > 0, axis=1) <= MAX_VOICES
            shares, directions = shares[few], directions[few]
        return shares[np.argsort(-_likeness(directions, target))]


def _blend(some: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Every blend of one of `some` [a, w] with one of `others` [b, w]: float32 [a * b * shares, w]."""
    part = _SHARES[None, None, :, None]
    blends = (1.0 - part) * some[:, None, None, :] + part * others[None, :, None, :]
    return np.asarray(blends.reshape(-1, some.shape[1]), np.float32)


def _likeness(directions: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(directions @ target / np.linalg.norm(directions, axis=1), np.float32)


def rounded(shares: Shares) -> Shares:
    """Shares rounded to multiples of STEP that still sum to 1; a share below a step is added to the others."""
    steps = round(1.0 / STEP)
    exact = shares / shares.sum() * steps
    whole = np.floor(exact + 1e-4)
    missing = steps - int(whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:missing]] += 1
    return np.asarray(whole / steps, np.float32)


def written(names: Sequence[str], shares: Shares) -> str:
    """The mix as the tts model reads it, the largest share first: `af_heart*0.6+af_bella*0.4`."""
    order = [at for at in np.argsort(-shares, kind="stable") if shares[at] > 0]
    if len(order) == 1:
        return str(names[order[0]])
    return "+".join(f"{names[at]}*{shares[at]:.2f}".rstrip("0") for at in order)
