"""Pages of a list: their size, and the token from which the next one goes on."""

import base64
import json

from services.kit.errors import CallboxError, Code, validation

MAX_PAGE_SIZE = 200
_MAX_TOKEN_CHARACTERS = 2_000
_MAX_NUMBER = 2**63 - 1


def page_size(asked: int) -> int:
    """Items in one answer: 0 means the most, more than the most is cut to it.

    Raises: CallboxError `validation_failed` for a negative size.
    """
    if asked < 0:
        raise validation({"page_size": [f"must be from 1 to {MAX_PAGE_SIZE}"]})
    return min(asked or MAX_PAGE_SIZE, MAX_PAGE_SIZE)


def page_token(*after: int | str) -> str:
    """The token of the page that begins after the row with these values of the list's order."""
    return base64.urlsafe_b64encode(json.dumps(after, separators=(",", ":")).encode()).decode()


def read_page_token(token: str, *kinds: type) -> list[int | str]:
    """The values that `page_token` was given. kinds: the type of each.

    Raises: CallboxError `invalid_request` for a token that no list gave out.
    """
    try:
        if len(token) > _MAX_TOKEN_CHARACTERS:
            raise ValueError("too long")
        after = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        if not isinstance(after, list) or [type(value) for value in after] != list(kinds):
            raise ValueError("not this list's")
        if any(isinstance(value, int) and not 0 <= value <= _MAX_NUMBER for value in after):
            raise ValueError("out of range")
    except (ValueError, RecursionError):
        raise CallboxError(
            Code.INVALID_REQUEST, "The page token is not one that this list gave out; begin again."
        ) from None
    return after


def token_after(number: int) -> str:
    """The token of a list that goes from high numbers to low: its next page begins below `number`."""
    return page_token(number)


def number_below(token: str) -> int:
    """The bound of the page that `token_after` tells: its items have lower numbers. An empty token has no bound.

    Raises: CallboxError `invalid_request` for a token that no list gave out.
    """
    if not token:
        return _MAX_NUMBER
    (number,) = read_page_token(token, int)
    assert isinstance(number, int)
    return number
