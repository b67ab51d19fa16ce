"""Addresses of the pages of a list (RFC 8288), as GitHub gives them."""

from collections.abc import Mapping
from urllib.parse import urlencode


def links(path: str, query: Mapping[str, str], page: int, page_size: int, total: int) -> str:
    """The value of `Link`: `first`, `prev`, `next` and `last`, those that there are, relative to the gateway."""
    last = max(1, -(-total // page_size))
    pages = {"first": 1, "prev": min(page - 1, last), "next": page + 1, "last": last}
    there = {rel: number for rel, number in pages.items() if 1 <= number <= last and not (rel == "prev" and page < 2)}

    def address(number: int) -> str:
        return f"{path}?{urlencode({**query, 'page': number, 'page_size': page_size})}"

    return ", ".join(f'<{address(number)}>; rel="{rel}"' for rel, number in there.items())
