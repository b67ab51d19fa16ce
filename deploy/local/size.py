"""The measured number of calls that this machine carries, stored in the data folder."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_FILE = "size.json"


class Size(BaseModel):
    """Result of `callbox size`. It is only valid for the same processor, cores and profile."""

    model_config = ConfigDict(frozen=True)

    calls: int = Field(ge=1, le=64)
    cores: int = Field(ge=1)
    processor: str
    profile: str
    limit: str
    p95_ms: float
    thorough: bool
    measured_at: str

    def fits(self, profile: str) -> bool:
        """Whether it was measured on a machine like this one, with this profile."""
        here = (len(os.sched_getaffinity(0)), processor(), profile)
        return (self.cores, self.processor, self.profile) == here


def processor() -> str:
    """The processor's name from /proc/cpuinfo; empty if there is none."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return ""


def read_size(folder: Path) -> Size | None:
    """The stored result; None if there is none or it is not valid."""
    try:
        return Size.model_validate_json((folder / _FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def write_size(folder: Path, size: Size) -> Path:
    """Stores a result, which the next start uses for its slots. Returns the file."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / f".{_FILE}"
    draft.write_text(size.model_dump_json(indent=2) + "\n")
    return draft.replace(folder / _FILE)
