"""Reads the catalogue's file at the start, and again whenever it has changed."""

import time
import tomllib
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.kit.catalogue import Catalogue, Voice, faults
from services.kit.file_stamp import FileStamp
from services.kit.logs import get_logger
from services.kit.settings import SettingsError

_LOOK_SECONDS = 1.0
_MAX_FILE_BYTES = 1_048_576
_MAX_SAMPLE_BYTES = 1_048_576
_MAX_FAULTS = 20
# Parsed catalogues that a process keeps. It reads one; tests in one process read a few.
_MAX_PARSED = 8
_log = get_logger(__name__)


class CatalogueError(SettingsError):
    """An invalid catalogue; the message says what to change."""


class CatalogueFile:
    """A catalogue that follows its file. A changed file that is not valid is logged once; the last valid one stays.

    clock: monotonic seconds.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises: CatalogueError."""
        self._path = path
        self._clock = clock
        self._looked = clock()
        self._stamp = FileStamp(path)
        self._catalogue = read(path)

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the catalogue start from."""
        return self._path.parent

    def current(self) -> Catalogue:
        """The catalogue in the file now; the file is checked for changes at most once a second."""
        now = self._clock()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            if self._stamp.has_changed():
                self._read_again()
        return self._catalogue

    def _read_again(self) -> None:
        try:
            self._catalogue = read(self._path)
        except CatalogueError as fault:
            _log.warning("the changed catalogue is not valid, the previous one stays in use", fault=str(fault))
        else:
            _log.info("the changed catalogue was read", voices=len(self._catalogue.voices))


def read(path: Path, *, with_samples: bool = True) -> Catalogue:
    """Reads and checks a catalogue. with_samples: whether the sample files that it names must exist.

    Readers of the same content in one process share one catalogue, which nobody may change.
    Raises: CatalogueError with at most 20 faults.
    """
    try:
        content = path.read_bytes()
    except OSError as fault:
        reason = f"cannot be read ({fault.strerror}); CALLBOX_CATALOGUE names it"
        raise CatalogueError(f"The catalogue {path} {reason}.") from fault
    catalogue, sentences = _parsed(path, content)
    if with_samples:
        sentences = (*sentences, *(_sample_fault(path.parent, voice) for voice in catalogue.voices))
    if found_faults := [sentence for sentence in sentences if sentence][:_MAX_FAULTS]:
        raise _refused(path, found_faults)
    return catalogue


@lru_cache(maxsize=_MAX_PARSED)
def _parsed(path: Path, content: bytes) -> tuple[Catalogue, tuple[str, ...]]:
    """The catalogue in the content of a file, and its faults, apart from those of its samples."""
    if len(content) > _MAX_FILE_BYTES:
        raise CatalogueError(f"The catalogue {path} is longer than {_MAX_FILE_BYTES:,} bytes; shorten it.")
    try:
        given = tomllib.loads(content.decode())
        catalogue = Catalogue.model_validate(given)
    except ValidationError as fault:
        found = (_sentence(error, given) for error in fault.errors(include_input=False, include_url=False))
        raise _refused(path, list(islice(found, _MAX_FAULTS))) from None
    except ValueError as fault:
        raise CatalogueError(f"The catalogue {path} is not TOML in UTF-8: {fault}.") from fault
    return catalogue, tuple(islice(faults(catalogue), _MAX_FAULTS))


def _refused(path: Path, sentences: list[str]) -> CatalogueError:
    return CatalogueError(f"The catalogue {path} cannot be used. " + " ".join(sentences))


def _sample_fault(folder: Path, voice: Voice) -> str:
    if not voice.sample:
        return ""
    here = f'[[voices]] "{voice.name}": sample "{voice.sample}"'
    try:
        size = (folder / voice.sample).stat().st_size
    except OSError:
        return f"{here} is not there; put the file beside the catalogue or leave the sample out."
    return f"{here} is over {_MAX_SAMPLE_BYTES:,} bytes; make it shorter." if size > _MAX_SAMPLE_BYTES else ""


def _sentence(error: ErrorDetails, given: object) -> str:
    """A sentence about one bad value: the entry, by its name if it has one, the field, and what is wrong."""
    steps, value = list(error["loc"]), given
    for depth, step in enumerate(steps):
        try:
            value = value[step]  # type: ignore[index]  # a document of any shape, walked as far as it goes
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(value, dict) and "name" in value:
            steps[depth] = f'"{value["name"]}"'
    what = error["msg"].removeprefix("Value error, ")
    return f"{'.'.join(map(str, steps))}: {what}."
