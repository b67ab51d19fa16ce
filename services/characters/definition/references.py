"""What a definition names that stands outside it: other characters, and files of its own."""

import re
from collections.abc import Mapping
from typing import Any

# Where the gateway serves what was uploaded.
MEDIA_PREFIX = "/api/media/"
_MEDIA = re.compile(MEDIA_PREFIX + r"(?P<character_id>[A-Za-z0-9_-]{1,64})/(?P<name>[0-9a-f]{64}\.[a-z0-9]{2,5})/?\Z")

Named = dict[str, str]


def handoffs(definition: Mapping[str, Any]) -> Named:
    """Slugs of the characters that may take over, by path."""
    return {f"handoff_targets.{n}.slug": target["slug"] for n, target in enumerate(definition["handoff_targets"])}


def media_url(character_id: str, name: str) -> str:
    """Where a file is read, below the address of the API."""
    return f"{MEDIA_PREFIX}{character_id}/{name}"


def media(definition: Mapping[str, Any], character_id: str) -> Named:
    """Names of the files uploaded here that a definition shows, by path; empty for what no file of it is called."""
    named: Named = {}
    for path, url in (("image", definition["image"]), ("voice.audio_file", definition["voice"]["audio_file"])):
        if url.startswith(MEDIA_PREFIX):
            found = _MEDIA.match(url)
            named[path] = found["name"] if found and found["character_id"] == character_id else ""
    return named
