"""Contract 14.1: whatever was asked: ids, metrics, pages, the schema, parts that are away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from services.gateway.openapi.document import document
from tests.fixtures.sessions import until
from tests.fixtures.stopwatch import Stopwatch
from tests.fixtures.tcp import say_nothing, tcp_server
from tests.http.site import START, refused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.http.site import MakeSite, Site


async def test_request_ids(site: Site) -> None:
    given = await site.owner.get("/api/auth/me/", headers={"X-Request-Id": "trace-42:a.b_c"})
    assert given.headers["x-request-id"] == "trace-42:a.b_c"
    for insane in ("two words", "x" * 129, "<script>", ""):
        answer = await site.nobody.get("/api/nothing/", headers={"X-Request-Id": insane})
        assert answer.headers["x-request-id"].startswith("req_")
        refused(answer, 404, "not_found")
    refused(await site.nobody.post(START, content=b"{", headers={"X-Request-Id": "mine"}), 400, "invalid_request")


async def test_health_readiness_and_metrics(site: Site) -> None:
    assert (await site.nobody.get("/healthz")).json() == {"status": "ok"}
    ready = await site.nobody.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert ready.json()["checks"] == {"accounts": "ok", "characters": "ok", "sessions": "ok"}
    await site.owner.get("/api/ai-characters/support-bot")
    await site.owner.get("/api/made/up")
    metrics = (await site.nobody.get("/metrics")).text
    assert 'route="/api/ai-characters/{slug}/",status="200"' in metrics
    assert 'callbox_refusals_total{code="not_found"}' in metrics
    assert "made" not in metrics
    assert "support-bot" not in metrics


@pytest.mark.production_deadlines
@pytest.mark.own_stack("stops the sessions service")
async def test_a_service_that_is_away_is_said_within_a_second_and_comes_back(site: Site) -> None:
    await site.house.stop()
    for client, method, path in (
        (site.keyed, "POST", START),
        (site.owner, "POST", START),
        (site.owner, "GET", "/api/billing/usage/"),
        (site.owner, "POST", "/api/agents/sessions/sess_x/end/"),
    ):
        watch = Stopwatch()
        body = {"agent": "support-bot"} if path == START else None
        refused(await client.request(method, path, json=body), 503, "upstream_unavailable")
        assert watch.seconds() < 1.0
    refused(await site.start(), 503, "upstream_unavailable")
    ready = await site.nobody.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["characters"]) == (503, "ok")
    assert ready.json()["checks"]["sessions"] != "ok"
    assert (await site.nobody.get("/healthz")).status_code == 200
    assert (await site.owner.get("/api/ai-characters/")).status_code == 200
    await site.house.start()

    async def is_ready() -> bool:
        return (await site.nobody.get("/readyz")).status_code == 200

    await until(is_ready, 5.0)
    async with site.house.worker():
        assert (await site.start()).status_code == 200


@pytest.mark.production_deadlines
async def test_a_service_that_hangs_is_not_waited_for(make_gateway: MakeSite) -> None:
    async with tcp_server(say_nothing) as port:
        site = await make_gateway(sessions_address=f"127.0.0.1:{port}")
        watch = Stopwatch()
        answers = await asyncio.gather(site.start(), site.keyed.post(START, json={"agent": "support-bot"}))
        assert watch.seconds() < 1.2
        for answer in answers:
            refused(answer, 503, "upstream_unavailable")
        watch = Stopwatch()
        assert (await site.nobody.get("/readyz")).status_code == 503
        assert watch.seconds() < 1.2


@pytest.mark.own_stack("builds pages")
async def test_pages_are_served_as_soon_as_they_are_built(site: Site, web_dir: Path) -> None:
    for path in ("/try/support-bot", "/widget/assets/try-abc123.js"):
        body = refused(await site.nobody.get(path), 503, "upstream_unavailable")
        assert "npm run build" in body["message"]
    (web_dir / "assets").mkdir(parents=True)
    (web_dir / "try.html").write_text("<!doctype html><title>Try</title>")
    (web_dir / "assets" / "try-abc123.js").write_text("export {}")
    (web_dir / "secret.txt").write_text("not for the web")
    for path in ("/try/support-bot", "/try/support-bot/"):
        page = await site.nobody.get(path)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert page.headers["cache-control"] == "no-cache"
        policy = page.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
    asset = await site.nobody.get("/widget/assets/try-abc123.js")
    assert (asset.status_code, asset.text) == (200, "export {}")
    assert "immutable" in asset.headers["cache-control"]
    again = await site.nobody.get("/widget/assets/try-abc123.js", headers={"If-None-Match": asset.headers["etag"]})
    assert again.status_code == 304
    for path in ("/widget/assets/..%2Fsecret.txt", "/widget/assets/%2e%2e/secret.txt", "/widget/assets/none.js"):
        refused(await site.nobody.get(path), 404, "not_found")


async def test_the_schema_is_served(site: Site) -> None:
    served = await site.nobody.get("/api/schema")
    assert served.json() == document()


async def test_the_api_page_says_what_to_run_until_it_is_built(make_gateway: MakeSite, web_dir: Path) -> None:
    """That the built page works, and asks no other host, is tested in tests/browser/test_api_docs.py."""
    site = await make_gateway()
    page = await site.nobody.get("/api/docs")
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert int(page.headers["retry-after"]) >= 1
    assert "<code>npm ci &amp;&amp; npm run build</code>" in page.text
    assert "/api/schema/" in page.text
    (web_dir / "api-docs").mkdir(parents=True)
    (web_dir / "api-docs" / "index.html").write_text("<!doctype html><title>API</title>")
    (web_dir / "api-docs" / "redoc.js").write_text("Redoc")
    for path in ("/api/docs", "/api/docs/"):
        page = await site.nobody.get(path)
        assert (page.status_code, page.text) == (200, "<!doctype html><title>API</title>")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
    script = await site.nobody.get("/widget/api-docs/redoc.js")
    assert (script.status_code, script.text, script.headers["cache-control"]) == (200, "Redoc", "no-cache")
    refused(await site.nobody.get("/widget/api-docs/..%2Ftry.html"), 404, "not_found")
