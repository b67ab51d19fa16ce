"""The rules of `Idempotency-Key`, the same for every request that takes one (contract 14.1): its form, how a repeated
request is recognised, and the refusals. Each kind of request keeps its keys in a table of its own."""

import hashlib
from datetime import timedelta

from google.protobuf.message import Message

from services.kit.errors import CallboxError, Code, validation

MAX_CHARACTERS = 255
# How long a key stands for its first request.
LIFE = timedelta(hours=24)


def checked(key: str) -> str | None:
    """The key of a request; None when it has none.

    Raises: CallboxError `validation_failed`.
    """
    if not key:
        return None
    if len(key) > MAX_CHARACTERS or not (key.isascii() and key.isprintable()):
        raise validation({"Idempotency-Key": [f"Must have 1 to {MAX_CHARACTERS} printable ASCII characters."]})
    return key


def digest(request: Message, *ignored: str) -> bytes:
    """SHA-256 of a request, by which its repetition is recognised. ignored: fields that may differ, such as the key."""
    compared = type(request)()
    compared.CopyFrom(request)
    for name in ignored:
        compared.ClearField(name)
    return hashlib.sha256(compared.SerializeToString(deterministic=True)).digest()


def other_request(kind: str) -> CallboxError:
    """The refusal of a key that was used for a different request. kind: what such a request asks for, in a word."""
    return CallboxError(
        Code.CONFLICT, f"This Idempotency-Key was used for another request; use a new key for each {kind}."
    )


def lost_race() -> CallboxError:
    """The refusal of a request that ran at the same time as another one with its key."""
    return CallboxError(Code.CONFLICT, "Another request with this Idempotency-Key was faster; try again.")
