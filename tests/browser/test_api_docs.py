"""The API page in a browser: complete, without errors, and without a request to another host.

The gateway has no services behind it, since the page needs only the OpenAPI document.
"""

from pathlib import Path

from playwright.async_api import async_playwright

from deploy.local.settings import ROOT
from services.gateway.app import running
from services.gateway.openapi.document import document
from services.gateway.openapi.schema import operations
from services.gateway.settings import GatewaySettings
from tests.browser.conftest import FLAGS

DIST = ROOT / "web" / "widget" / "dist"
_NOWHERE = "127.0.0.1:9"


async def test_the_api_page_shows_every_operation_and_asks_no_other_host(chromium: str, tmp_path: Path) -> None:
    assert (DIST / "api-docs").exists(), "The page is not built: run `npm ci && npm run build` in web/."
    settings = GatewaySettings(
        listen="127.0.0.1:0",
        ops_listen="127.0.0.1:0",
        keys_dir=tmp_path,
        accounts_address=_NOWHERE,
        characters_address=_NOWHERE,
        sessions_address=_NOWHERE,
        web_dir=DIST,
    )
    requests: list[str] = []
    problems: list[str] = []
    async with running(settings) as api, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--headless=new", *FLAGS], ignore_default_args=["--headless"]
        )
        page = await browser.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("requestfailed", lambda request: problems.append(f"{request.url}: {request.failure}"))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        base_url = f"http://127.0.0.1:{api.port}"
        await page.goto(f"{base_url}/api/docs")
        await page.get_by_role("heading", name="Set a tenant's limits (staff)").wait_for(timeout=30_000)
        headings = await page.locator("h2").all_inner_texts()
        for _, _, operation in operations(document()):
            assert operation["summary"] in map(str.strip, headings)
        # The style of a button shows that the policy lets the page's style sheets work.
        download = page.get_by_role("link", name="Download")
        assert await download.evaluate("link => getComputedStyle(link).borderStyle") == "solid"
        await page.get_by_placeholder("Search...").fill("usage")
        await page.get_by_role("search").get_by_text("List calls and what they used").wait_for(timeout=10_000)
        await browser.close()
    assert [url for url in requests if not url.removeprefix("blob:").startswith(f"{base_url}/")] == []
    assert f"{base_url}/api/schema/" in requests
    assert problems == []
