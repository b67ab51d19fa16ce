"""API keys: `sk_` and 64 hexadecimal digits, stored as a digest."""

import hashlib
import re
import secrets

from services.kit.errors import CallboxError, Code
from services.kit.one_line import is_one_line

NAME_MAX_CHARACTERS = 100
_FORM = re.compile(r"sk_[0-9a-f]{64}\Z")


def new_value() -> str:
    """The value of a new key."""
    return f"sk_{secrets.token_hex(32)}"


def preview(value: str) -> str:
    """The first five and last four characters of a key, for lists."""
    return f"{value[:5]}...{value[-4:]}"


def digest(value: str) -> bytes:
    """The digest that is stored of a key. Keys are random, so a plain SHA-256 is enough.

    Raises: CallboxError `not_authenticated` when the value does not have the form of a key.
    """
    if not _FORM.match(value):
        raise refused()
    return hashlib.sha256(value.encode()).digest()


def refused() -> CallboxError:
    """The error for a key that is unknown or not active."""
    return CallboxError(Code.NOT_AUTHENTICATED, "The API key is not valid or not active; use another one.")


def name_faults(name: str) -> list[str]:
    """What is wrong with a key's name."""
    if not name.strip():
        return ["is required: a label that tells people what the key is for"]
    if len(name) > NAME_MAX_CHARACTERS:
        return [f"must have at most {NAME_MAX_CHARACTERS} characters"]
    return [] if is_one_line(name) else ["must not have control characters, line ends or overrides of direction"]
