"""Recorded samples of voices: files beside the catalogue, told apart by the digest of their content."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from services.kit.catalogue import SAMPLE_TYPES, Voice

_SHOWN_DIGITS = 12


@dataclass(frozen=True)
class Sample:
    """A recording. digest: of the content, in hex."""

    content: bytes
    digest: str
    media_type: str


def digest_of(folder: Path, voice: Voice) -> str | None:
    """What tells a voice's sample from another recording; None when there is none. folder: of the catalogue."""
    if not voice.sample:
        return None
    path = folder / voice.sample
    try:
        found = path.stat()
        return _digest(path, found.st_mtime_ns, found.st_size)
    except OSError:
        # It went after the catalogue was read.
        return None


def read(folder: Path, voice: Voice) -> Sample | None:
    """A voice's sample, or None. folder: of the catalogue."""
    if not voice.sample:
        return None
    path = folder / voice.sample
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return Sample(content, _shown(content), SAMPLE_TYPES[path.suffix])


@lru_cache(maxsize=1_000)
def _digest(path: Path, mtime_ns: int, size: int) -> str:
    return _shown(path.read_bytes())


def _shown(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_SHOWN_DIGITS]
