"""Reads one document: `python -m services.characters.knowledge.ingestion.extractor <task as JSON>`.

A document may be hostile, so it is read in a process of its own: without secrets in the environment, without network
where the system allows that, and with hard limits on memory, time and files. The process answers on standard output,
one JSON object a line: passages, then `{"done": true, "notes": […]}`, or `{"error": "…"}`.
"""

import ctypes
import json
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.characters.knowledge.ingestion.readers.reading import Limits, Unreadable

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_OPEN_FILES = 64


@dataclass(frozen=True, slots=True)
class Task:
    """The file to read, and limits. language: a BCP-47 tag that it is probably written in."""

    path: str
    file_type: str
    language: str
    max_characters: int
    max_pages: int
    memory_bytes: int
    cpu_seconds: int


def confine(task: Task) -> None:
    """Limits this process to what reading a document needs."""
    libc = ctypes.CDLL(None, use_errno=True)
    # The process ends with its parent.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CPU, (task.cpu_seconds, task.cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (task.memory_bytes, task.memory_bytes))
    # An empty network namespace. Where the system refuses one to this user, the process keeps its network.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


def main(arguments: list[str]) -> int:
    """Exit status 0 when the answer is whole, also when it says why the document cannot be read."""
    task = Task(**json.loads(arguments[0]))
    confine(task)
    try:
        # Imported under the limits, as what they import at their first use.
        from services.characters.knowledge.ingestion.chunks import chunks
        from services.characters.knowledge.ingestion.readers import read
        from services.kit import wordpiece

        limits = Limits(task.max_pages, task.max_characters)
        reading = read(Path(task.path).read_bytes(), task.file_type, task.language, limits)
        for chunk in chunks(reading.pages, wordpiece.count):
            _say({"page": chunk.page, "text": chunk.text, "headings": chunk.headings, "in_context": chunk.in_context})
        _say({"done": True, "notes": list(reading.notes)})
    except Unreadable as reason:
        _say({"error": str(reason)})
    except MemoryError:
        return 3
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
