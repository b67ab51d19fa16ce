"""Limits on the fields of a request to start a call (contract 3.1 and 14.4), which the gateway and sessions apply."""

import re
from collections.abc import Mapping

MAX_METADATA_BYTES = 16_384
MAX_PROMPT_BYTES = 65_536
MAX_GREETING_CHARACTERS = 5_000
MAX_URL_CHARACTERS = 2_048
_MAX_MCP_HEADERS = 50
_MAX_HEADER_CHARACTERS = 4_096
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\Z")


def headers_fault(headers: Mapping[str, str]) -> str | None:
    """What is wrong with headers for MCP servers; None when nothing is."""
    if len(headers) > _MAX_MCP_HEADERS:
        return f"has {len(headers)} headers; at most {_MAX_MCP_HEADERS} are allowed"
    for name, value in headers.items():
        if not _HEADER_NAME.match(name):
            return f"{name[:60]!r} is not a valid name of an HTTP header"
        if len(value) > _MAX_HEADER_CHARACTERS or any(ord(character) < 32 for character in value):
            return (
                f"the value of {name!r} must have at most {_MAX_HEADER_CHARACTERS} characters and no control characters"
            )
    return None
