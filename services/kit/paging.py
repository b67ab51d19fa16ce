"""Pages of a list: their size, and the token that the next page starts from."""

import base64
import json

from services.kit.errors import CallboxError, Code, validation

MAX_PAGE_SIZE = 200
_MAX_TOKEN_CHARACTERS = 2_000
_MAX_NUMBER = 2**63 - 1


def page_size(asked: int) -> int:
    """Items in one answer, at most `MAX_PAGE_SIZE`; 0 asks for that many.

    Raises: CallboxError `validation_failed` for a negative size.
    """
    if asked < 0:
        raise validation({"page_size": [f"must be from 1 to {MAX_PAGE_SIZE}"]})
    return min(asked or MAX_PAGE_SIZE, MAX_PAGE_SIZE)


def page_token(*after: int | str) -> str:
    """The token of the next page. after: the last row's values of the columns that the list is ordered by."""
    return base64.urlsafe_b64encode(json.dumps(after, separators=(",", ":")).encode()).decode()


def read_page_token(token: str, *kinds: type) -> list[int | str]:
    """The values that `page_token` was given. kinds: the type of each; none means any number of int and str.

    Raises: CallboxError `invalid_request` for a token that `page_token` did not make.
    """
    try:
        if len(token) > _MAX_TOKEN_CHARACTERS:
            raise ValueError("too long")
        after = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        if not isinstance(after, list) or not all(type(value) in (int, str) for value in after):
            raise ValueError("not a list of numbers and texts")
        if kinds and [type(value) for value in after] != list(kinds):
            raise ValueError("the token of another list")
        if any(not 0 <= value <= _MAX_NUMBER if isinstance(value, int) else "\x00" in value for value in after):
            raise ValueError("out of range")
    except (ValueError, RecursionError):
        raise bad_page_token() from None
    return after


def bad_page_token() -> CallboxError:
    """The refusal of a token that the list did not give out."""
    return CallboxError(Code.INVALID_REQUEST, "The page token is not one that this list gave out; begin again.")


def token_after(number: int) -> str:
    """The token of the next page of a list that is ordered by a falling number. number: of the last row."""
    return page_token(number)


def number_below(token: str) -> int:
    """The number in a token of `token_after`: the page's rows are below it. The largest number for an empty token.

    Raises: CallboxError `invalid_request` for a token that `token_after` did not make.
    """
    if not token:
        return _MAX_NUMBER
    (number,) = read_page_token(token, int)
    assert isinstance(number, int)
    return number
