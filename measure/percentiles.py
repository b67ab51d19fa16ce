"""Percentiles of measurements."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Percentiles:
    """Percentiles of `count` samples, in the unit of the samples."""

    count: int
    p50: float
    p95: float
    p99: float
    worst: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> "Percentiles":
        """Percentiles by linear interpolation. Raises: ValueError without samples."""
        if not samples:
            raise ValueError("there is nothing to take percentiles of")
        p50, p95, p99 = (float(each) for each in np.percentile(samples, [50, 95, 99]))
        return cls(len(samples), p50, p95, p99, max(samples))
