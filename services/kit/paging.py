"""Pages of a list that is walked by a number that only grows."""

import base64
import binascii

from services.kit.errors import CallboxError, Code, validation

MAX_PAGE_SIZE = 200
_MAX_NUMBER = 2**63 - 1


def page_size(asked: int) -> int:
    """Items in one answer: 0 means the most, more than the most is cut to it.

    Raises: CallboxError `validation_failed` for a negative size.
    """
    if asked < 0:
        raise validation({"page_size": [f"must be from 1 to {MAX_PAGE_SIZE}"]})
    return min(asked or MAX_PAGE_SIZE, MAX_PAGE_SIZE)


def token_after(number: int) -> str:
    """Token of the page that begins behind the item with this number."""
    return base64.urlsafe_b64encode(str(number).encode()).decode()


def number_below(token: str) -> int:
    """Bound of a page that goes from high numbers to low: its items have lower ones.

    Raises: CallboxError `invalid_request` for a token that no list gave out.
    """
    if not token:
        return _MAX_NUMBER
    try:
        number = int(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        number = -1
    if not 0 <= number <= _MAX_NUMBER:
        raise CallboxError(Code.INVALID_REQUEST, "The page token is not one that this list gave out; begin again.")
    return number
