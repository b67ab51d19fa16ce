"""Records the fixed lines with the default voices of the catalogue: `python -m deploy.lines [FOLDER]`.

Writes what is missing into the folder (`deploy/lines`, which ships with Callbox) and removes what no default voice
needs any more. Uses the endpoints in the catalogue. For pools without any it uses the Triton at
CALLBOX_TRITON_ADDRESS, or starts one. Voices of other protocols than Triton's are recorded by the worker.
"""

import argparse
import asyncio
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deploy.local.part import NotReady
from deploy.voices import Job, record
from services.agent.settings import AgentSettings
from services.agent.speech.recordings import Recording, recordings, shipped_files, shipped_path, write_shipped
from services.kit.catalogue import Catalogue
from services.kit.catalogue_file import CatalogueError, read
from services.kit.settings import CatalogueSettings


def main() -> int:
    """Exit status: 0 all recorded, 1 a line was not recorded, 2 the catalogue is not valid."""
    parser = argparse.ArgumentParser(prog="python -m deploy.lines", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=AgentSettings.model_fields["lines_dir"].default)
    folder: Path = parser.parse_args().folder
    try:
        catalogue = read(CatalogueSettings().catalogue)
    except CatalogueError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    wanted = shipped(catalogue)
    kept = {shipped_path(folder, recording) for recording in wanted}
    for file in shipped_files(folder) - kept:
        file.unlink()
        sys.stdout.write(f"{file}: removed\n")
    missing = [_job(recording, folder) for recording in wanted if not shipped_path(folder, recording).exists()]
    try:
        return 0 if not missing or len(asyncio.run(record(missing, catalogue.pools))) == len(missing) else 1
    except NotReady as fault:
        sys.stderr.write(f"{fault}\n")
        return 1


def shipped(catalogue: Catalogue) -> list[Recording]:
    """The recordings that ship with a catalogue: of each language, in its default voice."""
    return [recording for language in catalogue.languages for recording in recordings(catalogue, language).values()
            if catalogue.pools[recording.voice.pool].protocol == "triton"]  # fmt: skip


def _job(recording: Recording, folder: Path) -> Job:
    def write(sound: NDArray[np.int16]) -> Path:
        return write_shipped(folder, recording, sound.tobytes())

    return Job(recording.name, recording.voice, recording.text, recording.language, write)


if __name__ == "__main__":
    sys.exit(main())
