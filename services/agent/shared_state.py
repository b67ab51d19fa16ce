"""State that a worker and its job processes share through files in the worker's data folder.

The worker writes the catalogue in force, the recordings of the fixed lines and the endpoints that do not answer. A call
reads them when it begins. Calls write the voices that matched recordings, ask for recordings that are missing, and note
when all engines were full. Both note whether the operator's language model marks only the end of its reasoning.
"""

import hashlib
import json
import math
import time
from pathlib import Path

from services.kit.catalogue import Catalogue
from services.kit.logs import get_logger

# For this long after a call found every engine full, the worker takes no further calls.
_FULL_SECONDS = 5.0
# Neither a language tag nor a voice's name has this character.
_BETWEEN = "@"
_log = get_logger(__name__)


class SharedState:
    """The files below `data_dir`. Each worker needs its own data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._catalogue = data_dir / "catalogue.json"
        self._endpoints_away = data_dir / "endpoints-away.json"
        self._engines_full = data_dir / "engines-full"
        self._wanted_lines = data_dir / "wanted-lines"
        self._late_markers = data_dir / "late-markers"
        self.lines_folder = data_dir / "lines"
        self.matches_folder = data_dir / "matches"

    def put_in_force(self, catalogue: Catalogue) -> None:
        """Puts a catalogue in force for all calls that begin from now on."""
        _replace(self._catalogue, catalogue.model_dump_json())

    def catalogue_in_force(self) -> Catalogue:
        """The last catalogue that the worker found valid, even if its file has changed since."""
        return Catalogue.model_validate_json(self._catalogue.read_bytes())

    def tell_endpoints_away(self, addresses: frozenset[str]) -> None:
        """Stores the endpoints that do not answer the worker."""
        _replace(self._endpoints_away, json.dumps(sorted(addresses)))

    def endpoints_away(self) -> frozenset[str]:
        """The endpoints that did not answer the worker when it last asked."""
        try:
            return frozenset(json.loads(self._endpoints_away.read_bytes()))
        except (FileNotFoundError, ValueError):
            return frozenset()

    def want_lines(self, language: str, voice: str) -> None:
        """Asks the worker for the fixed lines in a voice. language: of the catalogue. voice: public name."""
        self._wanted_lines.mkdir(exist_ok=True)
        (self._wanted_lines / f"{language}{_BETWEEN}{voice}").touch()

    def take_wanted_lines(self) -> list[tuple[str, str]]:
        """The languages and voices that calls have asked for since the last time."""
        if not self._wanted_lines.exists():
            return []
        asked = sorted(self._wanted_lines.iterdir())
        for file in asked:
            file.unlink()
        return [(language, voice) for language, _, voice in (file.name.partition(_BETWEEN) for file in asked)]

    def tell_engines_full(self) -> None:
        """Notes that every endpoint was full for an utterance or a clause."""
        self._engines_full.touch()

    def engines_were_full(self) -> bool:
        """Whether all engines were full within the last _FULL_SECONDS."""
        try:
            return time.time() - self._engines_full.stat().st_mtime < _FULL_SECONDS
        except FileNotFoundError:
            return False

    def note_late_marker(self, url: str, model: str, late: bool) -> None:
        """Notes whether a language model marks only the end of its reasoning. url: of its endpoint.

        If the note cannot be written, the next call learns it again.
        """
        try:
            self._late_markers.mkdir(exist_ok=True)
            _replace(self._late_marker_note(url, model), json.dumps(late))
        except OSError as fault:
            _log.warning("what is known of the language model was not stored", fault=repr(fault))

    def has_late_marker(self, url: str, model: str) -> bool:
        """What is noted of a language model; False if nothing is."""
        try:
            return json.loads(self._late_marker_note(url, model).read_bytes()) is True
        except (OSError, ValueError):
            return False

    def late_marker_age_seconds(self, url: str, model: str) -> float:
        """Seconds since the note was written; infinite if there is none."""
        try:
            return time.time() - self._late_marker_note(url, model).stat().st_mtime
        except OSError:
            return math.inf

    def _late_marker_note(self, url: str, model: str) -> Path:
        """One file for each endpoint and model that the operator has set."""
        return self._late_markers / f"{hashlib.sha256(f'{url} {model}'.encode()).hexdigest()}.json"


def _replace(path: Path, content: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(content)
    draft.rename(path)
