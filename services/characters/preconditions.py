"""`If-Match`: a change is made only to the version that its client has read (RFC 9110, section 13.1.1)."""

from collections.abc import Collection

from services.kit.errors import CallboxError, Code

ANY = "*"


def require(if_match: Collection[str], etag: str) -> None:
    """Passes without a condition, with `*`, or when one of the entity tags is that of the newest version.

    Raises: CallboxError `precondition_failed`.
    """
    if if_match and ANY not in if_match and etag not in if_match:
        raise failed()


def failed() -> CallboxError:
    """The refusal of a change to a version that is not the newest any more."""
    return CallboxError(
        Code.PRECONDITION_FAILED,
        "The character has changed since you read it; read it again and send the change with its new ETag.",
    )
