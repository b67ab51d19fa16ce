"""Contract 14.5, 14.12 and RFC 9110: versions, entity tags and conditional requests of characters over HTTP."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import jsonpatch

from tests.http.site import refused

if TYPE_CHECKING:
    from tests.http.site import Site

ALL = "/api/ai-characters/"
ONE = f"{ALL}support-bot/"
VERSIONS = f"{ONE}versions/"
KEY = "sk-very-secret-1234"


async def test_every_change_is_a_version_newest_first(site: Site) -> None:
    """Contract 14.12: `{version, created_at, created_by, changed}`."""
    me = (await site.owner.get("/api/auth/me/")).json()["id"]
    await site.owner.patch(ONE, json={"greeting": "Hi"})
    await site.owner.put(ONE, json={"name": "Support", "greeting": "Hi", "allowed_origins": []})
    answer = await site.owner.get(VERSIONS)
    lines = answer.json()
    assert [line["version"] for line in lines] == [3, 2, 1]
    assert all(set(line) == {"version", "created_at", "created_by", "changed"} for line in lines)
    assert {line["created_by"] for line in lines} == {me}
    assert all(line["created_at"].endswith("Z") for line in lines)
    assert lines[1]["changed"] == ["greeting"]
    assert answer.headers["x-total-count"] == "3"
    assert "link" not in answer.headers
    page = await site.keyed.get(VERSIONS, params={"page": 2, "page_size": 1})
    assert [line["version"] for line in page.json()] == [2]
    assert page.headers["x-total-count"] == "3"
    assert '; rel="next"' in page.headers["link"]


async def test_a_version_is_read_compared_and_restored(site: Site) -> None:
    first = (await site.owner.patch(ONE, json={"greeting": "Hello", "llm_api_key": KEY})).json()
    second = (await site.owner.patch(ONE, json={"greeting": "Hi", "llm_api_key": None})).json()
    read = (await site.owner.get(f"{VERSIONS}2/")).json()
    own = {"version", "created_at", "created_by", "updated_at", "documents"}
    assert {name: read[name] for name in first.keys() - own} == {name: first[name] for name in first.keys() - own}
    assert (read["version"], read["llm_api_key"], set(read["changed"])) == (2, "••••1234", {"greeting", "llm_api_key"})

    difference = (await site.owner.get(f"{VERSIONS}3/diff/")).json()
    assert (difference["version"], difference["against"]) == (3, 2)
    patched = jsonpatch.apply_patch({name: first[name] for name in first.keys() - own}, difference["patch"])
    assert patched == {name: second[name] for name in second.keys() - own}
    back = (await site.owner.get(f"{VERSIONS}2/diff/", params={"against": 3})).json()
    assert {"op": "replace", "path": "/greeting", "value": "Hello"} in back["patch"]
    assert (await site.owner.get(f"{VERSIONS}1/diff/")).json()["against"] == 0
    assert "very-secret" not in str(difference) + str(back)

    restored = await site.owner.post(f"{VERSIONS}2/restore/")
    body = restored.json()
    assert (restored.status_code, body["version"], body["greeting"], body["llm_api_key"]) == (
        200,
        4,
        "Hello",
        "••••1234",
    )
    assert restored.headers["etag"] == (await site.owner.get(ONE)).headers["etag"]
    kept = await site.owner.patch(ONE, json={"llm_api_key": "••••1234", "name": "Same secret"})
    assert kept.status_code == 200


async def test_what_is_refused_of_versions(site: Site) -> None:
    for number in ("0", "2", "-1", "x", "1.5", "2147483648", "99999999999", "%31x", "١"):
        for way in ("", "diff/"):
            refused(await site.owner.get(f"{VERSIONS}{number}/{way}"), 404, "not_found")
        refused(await site.owner.post(f"{VERSIONS}{number}/restore/"), 404, "not_found")
    refused(await site.owner.get(f"{VERSIONS}1/diff/", params={"against": 7}), 404, "not_found")
    for against in ("-1", "x", "2147483648"):
        refused(await site.owner.get(f"{VERSIONS}1/diff/", params={"against": against}), 422, "validation_failed")
    stranger = await site.stranger()
    for client, status, code in ((stranger, 404, "not_found"), (site.nobody, 401, "not_authenticated")):
        for path in (VERSIONS, f"{VERSIONS}1/", f"{VERSIONS}1/diff/"):
            refused(await client.get(path), status, code)
        refused(await client.post(f"{VERSIONS}1/restore/"), status, code)


async def test_every_answer_with_a_character_has_its_entity_tag(site: Site) -> None:
    """RFC 9110, section 8.8.3: strong, one for each version."""
    made = await site.owner.post(ALL, json={"slug": "tagged", "name": "Tagged"})
    path = f"{ALL}tagged/"
    changed = await site.owner.patch(path, json={"greeting": "Hi"})
    replaced = await site.owner.put(path, json={"name": "Tagged"})
    tags = [answer.headers["etag"] for answer in (made, changed, replaced)]
    assert all(re.fullmatch(r'"[!#-~]+"', tag) for tag in tags)
    assert len(set(tags)) == 3
    read = await site.owner.get(path)
    assert read.headers["etag"] == tags[-1]
    assert (await site.owner.patch(path, json={})).headers["etag"] == tags[-1]
    assert "etag" not in (await site.owner.get(ALL)).headers


async def test_what_is_known_is_not_sent_again(site: Site) -> None:
    """RFC 9110, section 13.1.2: `If-None-Match` → 304."""
    tag = (await site.owner.get(ONE)).headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = await site.owner.get(ONE, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag), known
        assert "no-cache" in answer.headers["cache-control"]
    await site.owner.patch(ONE, json={"greeting": "Changed"})
    for other in (tag, '"x"', "not a tag", ""):
        assert (await site.owner.get(ONE, headers={"If-None-Match": other})).status_code == 200
    refused(await (await site.stranger()).get(ONE, headers={"If-None-Match": "*"}), 404, "not_found")


async def test_a_change_from_an_old_version_is_refused(site: Site) -> None:
    """RFC 9110, section 13.1.1: `If-Match` on PUT, PATCH, DELETE and restore → 412."""
    old = (await site.owner.get(ONE)).headers["etag"]
    new = (await site.owner.patch(ONE, json={"greeting": "Changed"}, headers={"If-Match": old})).headers["etag"]
    for stale in (old, f"W/{new}", '"x", "y"', '""'):
        headers = {"If-Match": stale}
        for answer in (
            await site.owner.patch(ONE, json={"greeting": "Lost"}, headers=headers),
            await site.owner.put(ONE, json={"name": "Lost"}, headers=headers),
            await site.owner.delete(ONE, headers=headers),
            await site.owner.post(f"{VERSIONS}1/restore/", headers=headers),
        ):
            refused(answer, 412, "precondition_failed")
    assert (await site.owner.get(ONE)).headers["etag"] == new
    for malformed in (old.strip('"'), "x", f"{new} {old}", '"', "", f"{new},*", '"a"' + ', "a"' * 50):
        answer = await site.owner.patch(ONE, json={"greeting": "Lost"}, headers={"If-Match": malformed})
        refused(answer, 400, "invalid_request")
    for good in (f'"x" , {new}', "*"):
        new = (await site.owner.patch(ONE, json={"greeting": good}, headers={"If-Match": good})).headers["etag"]
    two_lines = [("If-Match", '"x"'), ("If-Match", new)]
    new = (await site.owner.put(ONE, json={"name": "Good"}, headers=two_lines)).headers["etag"]
    new = (await site.owner.post(f"{VERSIONS}1/restore/", headers={"If-Match": new})).headers["etag"]
    assert (await site.owner.delete(ONE, headers={"If-Match": new})).status_code == 204


async def test_changes_at_once_lose_nothing_and_with_a_tag_one_wins(site: Site) -> None:
    """Two PATCHes at the same moment, over HTTP and by several connections."""
    labels: list[dict[str, Any]] = [{"widget_appearance": {"labels": {f"label{number}": "x"}}} for number in range(20)]
    answers = await asyncio.gather(*(site.owner.patch(ONE, json=change) for change in labels))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["etag"] for answer in answers}) == 20
    kept = await site.owner.get(ONE)
    assert len(kept.json()["widget_appearance"]["labels"]) == 20
    tag = {"If-Match": kept.headers["etag"]}
    greetings = [{"greeting": f"Hello {number}"} for number in range(8)]
    answers = await asyncio.gather(*(site.owner.patch(ONE, json=change, headers=tag) for change in greetings))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


async def test_history_names_the_version_a_call_began_with(site: Site) -> None:
    """Contract 14.5, 14.12: a call runs on the version it began with; a slug used again is another character."""
    origins = {"allowed_origins": ["https://shop.example"]}
    first = (await site.owner.get(ONE)).json()
    async with site.house.worker():
        started = (await site.start()).json()
        await site.owner.patch(ONE, json={"greeting": "Later"})
        path = f"/api/agents/sessions/{started['session_id']}/"
        assert (await site.owner.get(path)).json()["character_version"] == first["version"]
        await site.owner.delete(ONE)
        refused(await site.start(), 404, "not_found")
        second = (await site.owner.post(ALL, json={"slug": "support-bot", "name": "Second", **origins})).json()
        assert (second["id"] != first["id"], second["version"]) == (True, 1)
        refused(await site.owner.get(f"{VERSIONS}2/"), 404, "not_found")
        kept = (await site.owner.get(path)).json()
        assert (kept["character_slug"], kept["character_version"]) == ("support-bot", first["version"])
        again = (await site.start()).json()
        assert (await site.owner.get(f"/api/agents/sessions/{again['session_id']}/")).json()["character_version"] == 1
