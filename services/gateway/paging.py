"""Lists in pages: `page` and `page_size` of a request, `X-Total-Count` and `Link` of the answer.

The documented form of these lists is the bare, complete array; a client gets it by sending neither parameter.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.answers.envelope import headers
from services.kit.logs import get_logger
from services.kit.paging import MAX_PAGE_SIZE as MAX_PAGE_SIZE  # routes take it from here

Item = TypeVar("Item")

DEFAULT_PAGE_SIZE = 50
# With the largest page size, the services skip at most 10 million items.
MAX_PAGE = 50_000
# A complete list has at most this many items. The newest come first, so the oldest are left out.
MAX_ITEMS = 5_000
_log = get_logger(__name__)

# The `responses=` of a route that answers a page of a list.
PAGED: dict[int | str, dict[str, Any]] = {200: {"headers": headers("X-Total-Count", "Link")}}


@dataclass(frozen=True)
class PageRequest:
    """Which part of a list the client wants. page, page_size: None where the client did not send them."""

    page: int | None
    page_size: int | None

    @property
    def wants_all(self) -> bool:
        """Whether the client wants the complete list."""
        return self.page is None and self.page_size is None

    @property
    def size(self) -> int:
        """Items on one page."""
        return self.page_size or DEFAULT_PAGE_SIZE

    @property
    def number(self) -> int:
        """Number of the page, from 1."""
        return self.page or 1

    @property
    def skip(self) -> int:
        """Items on the pages before this one."""
        return (self.number - 1) * self.size


async def _page_request(
    page: Annotated[
        int | None,
        Query(ge=1, le=MAX_PAGE, description="Number of the page; without page and page_size, the complete list."),
    ] = None,
    page_size: Annotated[int | None, Query(ge=1, le=MAX_PAGE_SIZE, description="Items on a page; 50 if unset.")] = None,
) -> PageRequest:
    return PageRequest(page, page_size)


PageRequestOf = Annotated[PageRequest, Depends(_page_request)]


async def read_page(
    page_request: PageRequest, read: Callable[[str, int], Awaitable[tuple[list[Item], str]]]
) -> list[Item]:
    """The items of one page.

    read: takes a page token (empty at first) and the number of items still wanted; returns items and the next token.
    """
    items: list[Item] = []
    token = ""
    while len(items) < page_request.size:
        found, token = await read(token, page_request.size - len(items))
        items += found
        if not token:
            break
    return items


async def read_all(read: Callable[[str], Awaitable[tuple[list[Item], str]]]) -> list[Item]:
    """The complete list, up to `MAX_ITEMS`.

    read: takes a page token (empty for the first page); returns the page and the next token, empty on the last page.
    """
    items: list[Item] = []
    token = ""
    while True:
        found, token = await read(token)
        items += found
        if not token:
            return items
        if len(items) >= MAX_ITEMS:
            warn_incomplete(len(items))
            return items


def warn_incomplete(items: int) -> None:
    """Logs that an answer holds only the newest items of a longer list."""
    _log.warning("list too long: only the newest items were sent", items=items)


def with_page_headers(response: Response, page_request: PageRequest, total: int, request: Request) -> Response:
    """The response with `X-Total-Count`, and with `Link` if the client asked for a page."""
    response.headers["X-Total-Count"] = str(total)
    if not page_request.wants_all:
        others = [pair for pair in request.query_params.multi_items() if pair[0] not in ("page", "page_size")]
        response.headers["Link"] = link_header(request.url.path, others, page_request, total)
    return response


def link_header(path: str, query: list[tuple[str, str]], page_request: PageRequest, total: int) -> str:
    """The value of `Link` (RFC 8288): `first`, `prev`, `next` and `last`, as far as they exist, relative to the API."""
    last = max(1, -(-total // page_request.size))
    pages = {"first": 1, "prev": min(page_request.number - 1, last), "next": page_request.number + 1, "last": last}
    return ", ".join(
        f'<{path}?{urlencode([*query, ("page", page), ("page_size", page_request.size)])}>; rel="{relation}"'
        for relation, page in pages.items()
        if 1 <= page <= last
    )
