"""Keeps the number of the metrics' files bounded. Each job process writes its own, and every scrape reads them all."""

import asyncio
import os
import struct
from pathlib import Path
from typing import Any

from prometheus_client.mmap_dict import MmapedDict

from services.kit.logs import get_logger

_INTERVAL_SECONDS = 5.0
_SUMMED = ("counter", "histogram")
_File: Any = MmapedDict  # the package has no types
_log = get_logger(__name__)


async def keep_merged(folder: Path) -> None:
    """Merges the files of ended processes at regular intervals until cancelled."""
    while True:
        merge_ended(folder)
        await asyncio.sleep(_INTERVAL_SECONDS)


def merge_ended(folder: Path) -> None:
    """Adds the counters and histograms of ended processes to one file of each kind; deletes their files.

    Gauges describe a running process, so those of an ended one are dropped. A scrape must not run at the same time: it
    would count a process twice or not at all.
    """
    for path in sorted(folder.glob("*.db")):
        kind, *_, owner = path.stem.split("_")
        if not owner.isdecimal() or _is_running(int(owner)):
            continue
        if kind in _SUMMED:
            try:
                _add(folder / f"{kind}_ended.db", path)
            except (RuntimeError, ValueError, struct.error) as fault:
                _log.warning("the metrics of an ended process cannot be read", file=path.name, fault=repr(fault))
        path.unlink()


def _add(total: Path, part: Path) -> None:
    values = list(_File.read_all_values_from_file(str(part)))
    sums = _File(str(total))
    try:
        for key, value, timestamp, _ in values:
            sums.write_value(key, sums.read_value(key)[0] + value, timestamp)
    finally:
        sums.close()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # Another user's process got the number of the ended one.
        return False
    return True
