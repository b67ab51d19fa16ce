"""Requests of a worker to its job processes to end their calls, through a file in the worker's data folder.

livekit-agents tells a job only that its process shuts down, and then gives the call no time to end properly.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from services.agent.moments import Reason


class EndRequests:
    """The file below `data_dir`. Each worker needs its own data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "end-requests.json"

    def put(self, reasons: Mapping[str, Reason]) -> None:
        """Replaces all requests: the id of each job whose call has to end, and the reason."""
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(dict(reasons)))
        draft.rename(self._file)

    def reason(self, job_id: str) -> "Reason | None":
        """The reason to end the call of a job; None if it may go on."""
        try:
            reason: Reason | None = json.loads(self._file.read_bytes()).get(job_id)
        except (FileNotFoundError, ValueError):
            return None
        return reason
