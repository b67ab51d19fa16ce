"""Lists that the contract answers whole, gathered from pages."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.kit.logs import get_logger

Item = TypeVar("Item")

# More than this many items are not answered; the newest come first, so the oldest are left out.
_MAX_ITEMS = 5_000
_log = get_logger(__name__)


async def all_pages(read: Callable[[str], Awaitable[tuple[list[Item], str]]]) -> list[Item]:
    """Every item, page after page.

    read: takes a page token, empty for the first page; answers the page and the token of the next, empty on the last.
    """
    items: list[Item] = []
    token = ""
    while True:
        page, token = await read(token)
        items += page
        if not token:
            return items
        if len(items) >= _MAX_ITEMS:
            _log.warning("a list was cut", items=len(items))
            return items
