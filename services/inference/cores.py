"""How many threads each model takes, from the cores that are there."""

import math
import os
from pathlib import Path
from typing import Final

# Version 2 has one file with both numbers, version 1 two files with one each; quota and period in microseconds.
_LIMITS: Final = (
    (Path("/sys/fs/cgroup/cpu.max"),),
    (Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")),
)
# Cores of which each model gets one thread, and how many it has at least. Recognition costs most of a call's time and
# needs a second thread, so that an answer never waits behind a partial; threads that have nothing to do cost nothing.
_CORES_A_THREAD: Final = {"stt": 2, "tts": 2, "embed": 8, "voice_match": 4}
_LEAST_THREADS: Final = {"stt": 2, "tts": 2, "embed": 1, "voice_match": 2}


def granted(limit: str) -> float:
    """Cores that a control group grants, of its `quota period`; infinite for `max` or a negative quota.

    Raises: ValueError when that is not what the text says.
    """
    quota, period = limit.split()
    return math.inf if quota == "max" or int(quota) < 0 else int(quota) / int(period)


def available() -> int:
    """Cores that this process may use: those it is bound to, less when its container has a smaller quota."""
    cores: float = len(os.sched_getaffinity(0))
    for files in _LIMITS:
        if all(file.is_file() for file in files):
            cores = min(cores, granted(" ".join(file.read_text().strip() for file in files)))
    return max(1, math.ceil(cores))


def threads(model: str, cores: int) -> int:
    """Threads of a model on a machine whose cores it shares with the others and with the language model."""
    return max(_LEAST_THREADS[model], cores // _CORES_A_THREAD[model])
