"""What is told of engines that failed: to the metrics, to the call's history, and to the worker when all are full."""

import time
from pathlib import Path

from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.history.journal import Journal
from services.agent.metrics import speech_failovers
from services.agent.speech.route import Part, Step

# A call that found every endpoint full says how the next one would fare for this long.
_FULL_SECONDS = 5.0


class Fullness:
    """Whether engines have turned calls away for want of room, shared by the worker and its job processes by a file."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "engines-full"

    def note(self) -> None:
        """An utterance or a clause found no room anywhere."""
        self._path.touch()

    def lately(self) -> bool:
        """Whether that happened in the last seconds."""
        try:
            return time.time() - self._path.stat().st_mtime < _FULL_SECONDS
        except FileNotFoundError:
            return False


class Failovers:
    """The failovers of one call."""

    def __init__(self, journal: Journal, fullness: Fullness) -> None:
        self._journal = journal
        self._fullness = fullness

    def tell(self, part: Part, step: Step, sentence: str) -> None:
        """Counts a step and writes it down. sentence: names no endpoint, since the history is shown to customers."""
        speech_failovers.labels(part, step).inc()
        if step is Step.EXHAUSTED:
            self._fullness.note()
        # The line itself is written down by who speaks it.
        if step is not Step.LINE:
            self._journal.add(pb.SessionEvent(error=pb.ErrorEvent(code=f"{part}_{step}", message=sentence)))
