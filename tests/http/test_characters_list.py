"""Contract 2.1: the list of characters is a bare array; pages and search beside it (14.6, 14.12, RFC 8288)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest_asyncio

from tests.http.site import refused

if TYPE_CHECKING:
    from tests.http.site import Site

ALL = "/api/ai-characters/"


@pytest_asyncio.fixture
async def full(site: Site) -> Site:
    """A site with `support-bot` and bots 0 to 6."""
    for number in range(7):
        answer = await site.owner.post(ALL, json={"slug": f"bot-{number}", "name": f"Bot № {number} 🤖"})
        assert answer.status_code == 201
    return site


def links(header: str) -> dict[str, str]:
    return {relation: url for url, relation in re.findall(r'<([^>]*)>; rel="(\w+)"', header)}


async def test_without_parameters_it_is_the_whole_bare_array(full: Site) -> None:
    answer = await full.owner.get(ALL)
    assert [each["slug"] for each in answer.json()] == [*(f"bot-{n}" for n in range(6, -1, -1)), "support-bot"]
    assert answer.headers["x-total-count"] == "8"
    assert "link" not in answer.headers


async def test_a_page_says_where_the_others_are(full: Site) -> None:
    answer = await full.owner.get(ALL, params={"page": 2, "page_size": 3})
    assert [each["slug"] for each in answer.json()] == ["bot-3", "bot-2", "bot-1"]
    assert answer.headers["x-total-count"] == "8"
    found = links(answer.headers["link"])
    assert set(found) == {"first", "prev", "next", "last"}
    walked, url = [], found["first"]
    while url:
        page = await full.owner.get(url)
        walked += [each["slug"] for each in page.json()]
        url = links(page.headers["link"]).get("next", "")
    assert walked == [each["slug"] for each in (await full.owner.get(ALL)).json()]
    last = await full.owner.get(found["last"])
    assert set(links(last.headers["link"])) == {"first", "prev", "last"}
    beyond = await full.owner.get(ALL, params={"page": 50_000, "page_size": 200})
    assert (beyond.json(), beyond.headers["x-total-count"]) == ([], "8")
    only_page = await full.owner.get(ALL, params={"page": 1})
    assert len(only_page.json()) == 8
    only_size = await full.owner.get(ALL, params={"page_size": 1})
    assert [each["slug"] for each in only_size.json()] == ["bot-6"]


async def test_search_goes_over_slug_and_name(full: Site) -> None:
    for query, found in (("BOT-3", ["bot-3"]), ("№ 4", ["bot-4"]), ("support", ["support-bot"]), ("none", [])):
        answer = await full.owner.get(ALL, params={"q": query})
        assert [each["slug"] for each in answer.json()] == found
        assert answer.headers["x-total-count"] == str(len(found))
    page = await full.owner.get(ALL, params={"q": "🤖", "page_size": 2})
    assert ([each["slug"] for each in page.json()], page.headers["x-total-count"]) == (["bot-6", "bot-5"], "7")
    following = await full.owner.get(links(page.headers["link"])["next"])
    assert [each["slug"] for each in following.json()] == ["bot-4", "bot-3"]
    stranger = await full.stranger()
    assert (await stranger.get(ALL, params={"q": "bot"})).json() == []


async def test_bounds(site: Site) -> None:
    """Contract 14.12: `page_size` over 200 or under 1 → 422."""
    for parameters in ({"page_size": 0}, {"page_size": 201}, {"page_size": "x"}, {"page": 0}, {"page": 50_001}):
        shown = refused(await site.owner.get(ALL, params=parameters), 422, "validation_failed")
        assert set(shown["errors"]) == set(parameters)
        refused(await site.owner.get(f"{ALL}support-bot/versions/", params=parameters), 422, "validation_failed")
    for query in ("x" * 201, "a\x00b"):
        shown = refused(await site.owner.get(ALL, params={"q": query}), 422, "validation_failed")
        assert set(shown["errors"]) == {"q"}
    assert (await site.owner.get(ALL, params={"page_size": 200})).status_code == 200


async def test_pages_of_large_characters_are_whole(site: Site) -> None:
    """Definitions of a page may be more than one message between the services holds."""
    for number in range(5):
        documents = ["x" * 60_000]
        appearance = {"x": "x" * 250_000, "y": "y" * 5_000}
        tools = [{"name": f"t{n}", "kind": "kb", "description": "d", "x": "x" * 60_000} for n in range(8)]
        content = {"documents": documents, "widget_appearance": appearance, "tools": tools}
        made = await site.owner.post(ALL, json={"slug": f"big-{number}", "name": "Big", **content})
        assert made.status_code == 201, made.text
    answer = await site.owner.get(ALL, params={"page_size": 5})
    assert [each["slug"] for each in answer.json()] == [f"big-{number}" for number in range(4, -1, -1)]
