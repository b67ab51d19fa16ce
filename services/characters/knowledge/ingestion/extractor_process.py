"""Runs the extractor in a process of its own, and kills it when it exceeds its limits."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from services.characters.knowledge.ingestion.extractor import Task
from services.characters.knowledge.ingestion.readers.reading import Unreadable
from services.kit.logs import get_logger

_ROOT = Path(__file__).resolve().parents[4]
# In the answer: text and headings as JSON, in which a character can take six bytes.
_BYTES_A_CHARACTER = 8
_LINE_BYTES = 1 << 20
_END_SECONDS = 5.0
# HOME and TMPDIR of the reader. No user can write below a file, root neither, so a library that keeps files there fails
# on every machine and not only on a new one.
_NO_FOLDER = "/dev/null"
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on reading one document. seconds: of wall time, and of processor time."""

    memory_mb: int
    seconds: float
    max_pages: int
    max_characters: int


@dataclass(frozen=True, slots=True)
class Passage:
    """page: of a PDF, from 1; 0 for none. in_context: the text below its headings."""

    page: int
    text: str
    in_context: str


@dataclass(frozen=True, slots=True)
class Extract:
    """passages: in order, at least one. notes: a sentence for each kind of text that was left out on purpose."""

    passages: list[Passage]
    notes: list[str]


async def extract(path: Path, file_type: str, limits: Limits, language: str = "en") -> Extract:
    """What a document says. language: a BCP-47 tag that it is probably written in.

    Raises: Unreadable.
    """
    task = Task(
        str(path),
        file_type,
        language,
        limits.max_characters,
        limits.max_pages,
        limits.memory_mb * 1024 * 1024,
        max(1, int(limits.seconds)),
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"{__package__}.extractor",
        json.dumps(asdict(task)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": _import_path(),
            "LC_ALL": "C.UTF-8",
            "HOME": _NO_FOLDER,
            "TMPDIR": _NO_FOLDER,
        },
        cwd=_ROOT,
        start_new_session=True,
        limit=_LINE_BYTES,
    )
    assert process.stdout is not None
    too_long = Unreadable(f"Reading the document took longer than {limits.seconds:g} s; upload it in parts.")
    try:
        async with asyncio.timeout(limits.seconds):
            lines = await _lines(process.stdout, limits.max_characters * _BYTES_A_CHARACTER)
            status = await process.wait()
    except TimeoutError:
        raise too_long from None
    finally:
        await _end(process)
    if status == -signal.SIGXCPU:
        raise too_long
    if status != 0:
        # Rust code ends the process by some signal when memory runs out.
        _log.warning("the extractor ended before it was done", file_type=file_type, status=status)
        raise Unreadable(
            f"Reading the document took more than {limits.memory_mb:,} MB of memory, or broke off; upload it in parts."
        )
    return _extract(lines)


def _extract(lines: Iterable[bytes]) -> Extract:
    passages: list[Passage] = []
    for line in lines:
        said = json.loads(line)
        if error := said.get("error"):
            raise Unreadable(str(error))
        if said.get("done"):
            if passages:
                return Extract(passages, said["notes"])
            raise Unreadable("The document has no text that could be found.")
        passages.append(Passage(said["page"], said["text"], said["in_context"]))
    raise Unreadable("The document could not be read to its end; it is damaged.")


async def _lines(stream: asyncio.StreamReader, max_bytes: int) -> list[bytes]:
    lines: list[bytes] = []
    left = max_bytes
    while line := await stream.readline():
        left -= len(line)
        if left < 0:
            raise Unreadable("The document has more text than a document may have; upload it in parts.")
        lines.append(line)
    return lines


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kills the extractor with its children, and waits until it has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    async with asyncio.timeout(_END_SECONDS):
        await process.wait()


def _import_path() -> str:
    return os.pathsep.join([str(_ROOT), *(path for path in sys.path if path)])
