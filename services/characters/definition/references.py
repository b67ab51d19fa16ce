"""References from a definition to other characters and to uploaded files."""

import re
from collections.abc import Mapping
from typing import Any

from services.kit.character_definition.fields import MEDIA_PREFIX

_MEDIA = re.compile(MEDIA_PREFIX + r"(?P<character_id>[A-Za-z0-9_-]{1,64})/(?P<name>[0-9a-f]{64}\.[a-z0-9]{2,5})/?\Z")

# Path in the definition → what it refers to.
References = dict[str, str]


def handoff_slugs(definition: Mapping[str, Any]) -> References:
    """Slugs of the characters that may take over the call."""
    return {f"handoff_targets.{n}.slug": target["slug"] for n, target in enumerate(definition["handoff_targets"])}


def media_url(character_id: str, name: str) -> str:
    """The path of a file in the API."""
    return f"{MEDIA_PREFIX}{character_id}/{name}"


def media_names(definition: Mapping[str, Any], character_id: str) -> References:
    """Names of the character's uploaded files; an empty name for an address that cannot be one of its files."""
    names: References = {}
    for path, url in (("image", definition["image"]), ("voice.audio_file", definition["voice"]["audio_file"])):
        if url.startswith(MEDIA_PREFIX):
            found = _MEDIA.match(url)
            names[path] = found["name"] if found and found["character_id"] == character_id else ""
    return names
