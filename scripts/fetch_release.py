"""Downloads a program from a release archive: `python fetch_release.py ARCHIVE_URL PROGRAM TARGET`.

The archive is checked with the file checksums.txt beside it. Exit status 1 and a sentence if anything fails; TARGET is
written only when all is well. Uses the standard library only, and runs with Python 3.8 or newer.
"""

import hashlib
import sys
import tarfile
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import IO

_MAX_CHECKSUMS_BYTES = 1_000_000
_MAX_ARCHIVE_BYTES = 300_000_000
_MAX_PROGRAM_BYTES = 500_000_000
_IDLE_SECONDS = 15
_SECONDS = 300
_CHUNK_BYTES = 1 << 16


class FetchError(Exception):
    """The program cannot be had; the message says why."""


def fetch(url: str, program: str, target: Path) -> None:
    """Writes the program to `target`. Raises: FetchError, OSError, tarfile.TarError."""
    folder, _, name = url.rpartition("/")
    give_up = time.monotonic() + _SECONDS
    with tempfile.TemporaryFile() as checksums, tempfile.TemporaryFile() as archive:
        _download(f"{folder}/checksums.txt", checksums, _MAX_CHECKSUMS_BYTES, give_up)
        expected = _checksum(checksums, name)
        found = _download(url, archive, _MAX_ARCHIVE_BYTES, give_up)
        if found != expected:
            raise FetchError(f"{url} has the SHA-256 {found}, but checksums.txt says {expected}")
        _unpack(archive, program, target)


def _download(url: str, file: IO[bytes], limit: int, give_up: float) -> str:
    """Writes the answer to a file. Returns its SHA-256."""
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=_IDLE_SECONDS) as answer:  # noqa: S310 - the URL comes from set-up
        while chunk := answer.read(_CHUNK_BYTES):
            limit -= len(chunk)
            if limit < 0:
                raise FetchError(f"{url} is larger than expected")
            if time.monotonic() > give_up:
                raise FetchError(f"{url} was not downloaded within {_SECONDS} s")
            digest.update(chunk)
            file.write(chunk)
    file.seek(0)
    return digest.hexdigest()


def _checksum(file: IO[bytes], name: str) -> str:
    for line in file.read().decode(errors="replace").splitlines():
        words = line.split()
        if len(words) == 2 and words[1].lstrip("*") == name:
            return words[0].lower()
    raise FetchError(f"checksums.txt has no line for {name}")


def _unpack(archive: IO[bytes], program: str, target: Path) -> None:
    """Writes the file with the name of the program, in whichever folder of the archive it is."""
    with tarfile.open(fileobj=archive, mode="r:gz") as tar:
        member = next((each for each in tar if each.isfile() and Path(each.name).name == program), None)
        content = member and tar.extractfile(member)
        if member is None or not content:
            raise FetchError(f"the archive has no program {program}")
        if member.size > _MAX_PROGRAM_BYTES:
            raise FetchError(f"{program} is larger than expected")
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f"{target.name}.new")
        with draft.open("wb") as file:
            while chunk := content.read(_CHUNK_BYTES):
                file.write(chunk)
        draft.chmod(0o755)
        draft.replace(target)


if __name__ == "__main__":
    try:
        fetch(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    except (FetchError, OSError, tarfile.TarError, EOFError) as fault:
        sys.exit(f"{sys.argv[1]}: {fault}")
