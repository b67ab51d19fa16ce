"""Computes the number of threads of each model from the available cores."""

import math
import os
from pathlib import Path
from typing import Final

# cgroup version 2 has one file with both numbers, version 1 has two files; quota and period are in microseconds.
_LIMITS: Final = (
    (Path("/sys/fs/cgroup/cpu.max"),),
    (Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")),
)
# Each model gets one thread for this many cores, and a minimum. Recognition takes most of a call's computing time and
# needs a second thread, so that an answer never waits behind a partial. Idle threads cost nothing.
_CORES_A_THREAD: Final = {"stt": 2, "tts": 2, "embed": 8, "voice_match": 4}
_LEAST_THREADS: Final = {"stt": 2, "tts": 2, "embed": 1, "voice_match": 2}


def granted(limit: str) -> float:
    """Cores that a control group grants, from its text `quota period`; infinite for `max` or a negative quota.

    Raises: ValueError when the text has another form.
    """
    quota, period = limit.split()
    return math.inf if quota == "max" or int(quota) < 0 else int(quota) / int(period)


def available() -> int:
    """Cores that this process may use: its CPU affinity, or its container's quota if that is smaller."""
    cores: float = len(os.sched_getaffinity(0))
    for files in _LIMITS:
        if all(file.is_file() for file in files):
            cores = min(cores, granted(" ".join(file.read_text().strip() for file in files)))
    return max(1, math.ceil(cores))


def threads(model: str, cores: int) -> int:
    """Threads of a model on a machine with that many cores, shared with the other models and the language model."""
    return max(_LEAST_THREADS[model], cores // _CORES_A_THREAD[model])
