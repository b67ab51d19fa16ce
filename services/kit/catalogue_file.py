"""The catalogue's file: read at the start, and again whenever it has changed."""

import time
import tomllib
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.kit.catalogue import Catalogue, Voice, faults
from services.kit.logs import get_logger
from services.kit.settings import SettingsError

_LOOK_SECONDS = 1.0
_MAX_FILE_BYTES = 1_048_576
_MAX_SAMPLE_BYTES = 1_048_576
_MAX_FAULTS = 20
_log = get_logger(__name__)


class CatalogueError(SettingsError):
    """A catalogue that cannot be used; the message says what to change."""


class CatalogueFile:
    """A catalogue that follows its file. A changed file that cannot be used is warned of once, and what was read before
    stays in force.

    clock: seconds that never go back.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises: CatalogueError."""
        self._path = path
        self._clock = clock
        self._looked = clock()
        self._seen = _signature(path)
        self._catalogue = read(path)

    @property
    def folder(self) -> Path:
        """Where files that the catalogue names by relative paths are."""
        return self._path.parent

    def current(self) -> Catalogue:
        """The catalogue as the file has it; looks at the file at most once a second."""
        now = self._clock()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            signature = _signature(self._path)
            if signature != self._seen:
                self._seen = signature
                self._read_again()
        return self._catalogue

    def _read_again(self) -> None:
        try:
            self._catalogue = read(self._path)
        except CatalogueError as fault:
            _log.warning("the changed catalogue cannot be used, the one before stays", fault=str(fault))
        else:
            _log.info("read the catalogue again", voices=len(self._catalogue.voices))


def read(path: Path, *, with_samples: bool = True) -> Catalogue:
    """Reads and checks a catalogue. with_samples: whether the samples that it names must be there.

    Raises: CatalogueError with every fault, at most 20.
    """
    try:
        content = path.read_bytes()
        if len(content) > _MAX_FILE_BYTES:
            raise CatalogueError(f"The catalogue {path} is longer than {_MAX_FILE_BYTES:,} bytes; shorten it.")
        given = tomllib.loads(content.decode())
        catalogue = Catalogue.model_validate(given)
    except OSError as fault:
        reason = f"cannot be read ({fault.strerror}); CALLBOX_CATALOGUE names it"
        raise CatalogueError(f"The catalogue {path} {reason}.") from fault
    except ValidationError as fault:
        found = (_sentence(error, given) for error in fault.errors(include_input=False, include_url=False))
        raise _refused(path, list(islice(found, _MAX_FAULTS))) from None
    except ValueError as fault:
        raise CatalogueError(f"The catalogue {path} is not TOML in UTF-8: {fault}.") from fault
    recorded = catalogue.voices if with_samples else ()
    sentences = [*faults(catalogue), *(_sample_fault(path.parent, voice) for voice in recorded)]
    if found_faults := [sentence for sentence in sentences if sentence][:_MAX_FAULTS]:
        raise _refused(path, found_faults)
    return catalogue


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
    """A fault of one value: which entry, by its name where it has one, which field, and what is wrong."""
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


def _signature(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written or replaced; None when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
