"""The caller's time zone."""

from datetime import tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import structlog

TIMEZONE_KEY = "timezone"
TIMEZONE_ATTRIBUTE = "callbox.timezone"
_MAX_CHARACTERS = 64
_UTC = ZoneInfo("UTC")
_log = structlog.get_logger(__name__)


def zone_of(from_metadata: Any, from_attribute: str) -> tzinfo:
    """The zone of an IANA name such as `Europe/Berlin`: from the metadata, else from the participant, else UTC."""
    for name in (from_metadata, from_attribute):
        if name and (zone := _zone(name if isinstance(name, str) else "")) is not None:
            return zone
    return _UTC


@lru_cache(maxsize=16)
def _zone(name: str) -> tzinfo | None:
    """The zone; None, and a line in the log, if there is none of that name."""
    try:
        if len(name) > _MAX_CHARACTERS:
            raise ValueError("too long for a time zone")
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        _log.warning("the caller's time zone is not known and not used")
        return None
