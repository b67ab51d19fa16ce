"""Recorded samples of voices: files in the folder of the catalogue, identified by the digest of their content."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from services.kit.catalogue import SAMPLE_TYPES, Voice

_DIGEST_DIGITS = 12


@dataclass(frozen=True)
class Sample:
    """A recording. digest: of the content, in hex."""

    path: Path
    digest: str
    media_type: str


def find(folder: Path, voice: Voice) -> Sample | None:
    """The sample of a voice, or None. folder: of the catalogue. Reads a new or changed file to compute its digest."""
    if not voice.sample:
        return None
    path = folder / voice.sample
    try:
        status = path.stat()
        return Sample(path, _digest(path, status.st_mtime_ns, status.st_size), SAMPLE_TYPES[path.suffix])
    except OSError:
        # The file was removed after the catalogue was read.
        return None


# mtime_ns and size are part of the key, so a changed file is read again.
@lru_cache(maxsize=1_000)
def _digest(path: Path, mtime_ns: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:_DIGEST_DIGITS]
