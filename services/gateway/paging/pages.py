"""Pages of a list whose documented form is the bare, whole array: `page`, `page_size`, `X-Total-Count` and `Link`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.answers.envelope import headers

Item = TypeVar("Item")

MAX_PAGE_SIZE = 200
_PAGE_SIZE = 50
# With the largest page, as many items as may be passed over.
_MAX_PAGE = 50_000

# What routes say of answers with a page of a list.
PAGED: dict[int | str, dict[str, Any]] = {200: {"headers": headers("X-Total-Count", "Link")}}


@dataclass(frozen=True)
class Window:
    """What part of a list is wanted. page, page_size: None where the whole list is."""

    page: int | None
    page_size: int | None

    @property
    def is_whole(self) -> bool:
        """Whether no page was asked for."""
        return self.page is None and self.page_size is None

    @property
    def size(self) -> int:
        """Items on one page."""
        return self.page_size or _PAGE_SIZE

    @property
    def number(self) -> int:
        """Which page, from 1."""
        return self.page or 1

    @property
    def skip(self) -> int:
        """Items on the pages before."""
        return (self.number - 1) * self.size


async def _window(
    page: Annotated[
        int | None, Query(ge=1, le=_MAX_PAGE, description="Which page; without page and page_size, the whole list.")
    ] = None,
    page_size: Annotated[int | None, Query(ge=1, le=MAX_PAGE_SIZE, description="Items on a page; 50 if unset.")] = None,
) -> Window:
    return Window(page, page_size)


WindowOf = Annotated[Window, Depends(_window)]


async def items_of(window: Window, read: Callable[[str, int], Awaitable[tuple[list[Item], str]]]) -> list[Item]:
    """The items of one page.

    read: takes a page token, empty at first, and how many items are wanted; answers some and the token of what follows.
    """
    items: list[Item] = []
    token = ""
    while len(items) < window.size:
        some, token = await read(token, window.size - len(items))
        items += some
        if not token:
            break
    return items


def numbered(response: Response, window: Window, total: int, request: Request) -> Response:
    """The answer with how many items there are, and where the other pages are."""
    response.headers["X-Total-Count"] = str(total)
    if not window.is_whole:
        others = [pair for pair in request.query_params.multi_items() if pair[0] not in ("page", "page_size")]
        response.headers["Link"] = links(request.url.path, others, window, total)
    return response


def links(path: str, query: list[tuple[str, str]], window: Window, total: int) -> str:
    """The value of `Link`: `first`, `prev`, `next` and `last`, those that there are, relative to the gateway."""
    last = max(1, -(-total // window.size))
    pages = {"first": 1, "prev": min(window.number - 1, last), "next": window.number + 1, "last": last}
    return ", ".join(
        f'<{path}?{urlencode([*query, ("page", page), ("page_size", window.size)])}>; rel="{relation}"'
        for relation, page in pages.items()
        if 1 <= page <= last
    )
