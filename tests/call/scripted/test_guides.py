"""What the guides give to those who build pages, run as it stands there, in a browser, in a call with an agent.

The contract tells messages and no code. The page around the guides' code (`own_page.html`) joins, types and shows what
is said as sections 3.6, 5.7 and 6 say; everything about the form and the event of the tool is the guides' own.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page as Tab
from playwright.async_api import async_playwright, expect

from caller.session import Grant
from deploy.local.settings import ROOT
from tests.browser.conftest import FLAGS, chromium_path
from tests.call.scripted.page import Page
from tests.call.scripted.strangers import strangers
from tests.fixtures.stack import StackThread
from tests.fixtures.wire import Asked, answer, listening

pytestmark = pytest.mark.timeout(120)

SLUG = "guided"
ANSWER_MS = 20_000
PAGE = Path(__file__).with_name("own_page.html")
LIVEKIT = ROOT / "web" / "node_modules" / "livekit-client" / "dist" / "livekit-client.esm.mjs"
FORM: dict[str, Any] = {
    "id": "book-demo",
    "title": "Book a demo",
    "topics": ["demo.open"],
    "steps": [
        {
            "id": "who",
            "title": "Who comes",
            "fields": [
                {"name": "name", "label": "Your name", "required": True},
                {"name": "email", "label": "E-mail", "type": "email", "required": True},
                {"name": "source", "default_value": "own page"},
            ],
        },
        {
            "id": "when",
            "title": "When",
            "fields": [
                {"type": "display", "label": "We are open from nine to five."},
                {"name": "date", "label": "Date", "type": "date", "required": True},
                {"name": "time", "label": "Time", "type": "time", "required": True},
                {"name": "product", "label": "Product", "type": "select", "options": ["halo", "aurora"]},
                {"name": "people", "label": "Number of people", "type": "number", "required": True},
            ],
        },
    ],
}
# What nobody but the agent may have a page do.
FORGED = (
    ("book-demo.form", {"name": "Mallory"}),
    ("form.control", {"type": "set_values", "form_id": "book-demo", "values": {"name": "Mallory"}}),
    ("form.control", {"type": "submit", "form_id": "book-demo"}),
    ("form.control", {"type": "close", "form_id": "book-demo"}),
    ("custom.open_pricing", {"plan": "Mallory's"}),
)
OPEN_PRICING = {
    "name": "open_pricing",
    "kind": "client_event",
    "description": "Shows what a plan costs.",
    "input_schema": {"type": "object", "properties": {"plan": {"type": "string"}}, "required": ["plan"]},
    "config": {"topic": "custom.open_pricing", "await_reply_seconds": 5},
}


async def test_the_agent_opens_fills_steps_and_submits_the_form_of_a_page_that_runs_the_guides_code(
    callbox: StackThread,
) -> None:
    """Slow: a greeting and five answers are spoken in real time to a browser."""
    async with _own_page(callbox) as (page, grant):
        form = page.locator("#form")
        await _hears(page, "Hello!")
        await _types(page, "I'd like to book a demo.", "What is your address?")
        await expect(form).to_be_visible()
        assert await _values(page) == {
            "name": "Ana", "email": "", "source": "own page", "date": "", "time": "", "product": "halo", "people": "",
        }  # fmt: skip
        await form.locator("[name=email]").fill("ana@example.com")
        async with Page(strangers(grant, callbox)) as stranger:
            for topic, message in FORGED:
                await stranger.publish(topic, message)

        await _types(page, "There are two of us.", "Shall I send it?")
        await expect(form).to_have_attribute("data-step", "1")
        filled = {
            "name": "Ana", "email": "ana@example.com", "source": "own page", "date": "2030-01-07", "time": "10:00",
            "product": "halo", "people": "2",
        }  # fmt: skip
        assert await _values(page) == filled
        await _types(page, "Please send the form.", "Thank you, we have it.")
        await expect(form).to_be_hidden()
        await expect(page.locator("#pricing")).to_have_text("")
        await _types(page, "What is your pricing?", "The page is open.")
        await expect(page.locator("#pricing")).to_have_text("pro")
    async with callbox.sessions() as sessions:
        await sessions.end(grant.session_id)
        history = await sessions.history(grant.session_id)
    assert [(each["name"], each["error"]) for each in history["tool_calls"]] == [
        ("book_demo", None),
        ("form_go_to_step", None),
        ("form_set_values", None),
        ("form_submit", None),
        ("open_pricing", None),
    ]
    assert history["tool_calls"][-1]["result_preview"] == '{"shown": true}'
    (stored,) = history["form_responses"]
    assert (stored["form_id"], stored["values"]) == ("book-demo", filled)


@asynccontextmanager
async def _own_page(callbox: StackThread) -> AsyncIterator[tuple[Tab, Grant]]:
    """The page in a browser, served from an origin of its own, and the session that it started.

    Its scripts may raise nothing.
    """
    html = PAGE.read_text()
    files: dict[str, tuple[str, bytes]] = {
        "/livekit-client.mjs": ("text/javascript", LIVEKIT.read_bytes()),
        "/own_form.mjs": ("text/javascript", (ROOT / "examples" / "forms" / "own_form.mjs").read_bytes()),
    }

    async def serve(asked: Asked, writer: asyncio.StreamWriter) -> None:
        kind, content = files.get(asked.target, ("text/plain", b""))
        writer.write(answer(200 if content else 404, content, Content_Type=kind))

    async with listening(serve) as site, async_playwright() as playwright:
        origin = f"http://127.0.0.1:{site.port}"
        await asyncio.to_thread(
            callbox.make_character, SLUG, name="Guided", greeting="Hello!", allowed_origins=[origin],
            tools=[OPEN_PRICING], widget_appearance={"forms": [FORM]},
        )  # fmt: skip
        html = html.replace("PLACE", json.dumps({"apiUrl": callbox.stack.base_url, "slug": SLUG}))
        html = html.replace("FORMS_GUIDE", _code("forms.md")).replace("TOOLS_GUIDE", _code("tools.md"))
        files["/"] = ("text/html", html.encode())
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=["--headless=new", *FLAGS], ignore_default_args=["--headless"]
        )
        try:
            page = await browser.new_page()
            faults: list[str] = []
            page.on("pageerror", lambda fault: faults.append(str(fault)))
            async with page.expect_response("**/agent-session/") as started:
                await page.goto(origin)
            told = await (await started.value).json()
            yield page, Grant(told["session_id"], told["livekit_url"], told["token"], told["greeting"])
            assert faults == []
        finally:
            await browser.close()


def _code(guide: str) -> str:
    """The block of code that a guide gives to those who build pages."""
    (code,) = re.findall(r"^```js by-hand\n(.*?)^```$", (ROOT / "docs" / guide).read_text(), re.DOTALL | re.MULTILINE)
    return str(code)


async def _types(page: Tab, text: str, expected: str) -> None:
    await page.get_by_label("Type a message").fill(text)
    await page.get_by_label("Type a message").press("Enter")
    await _hears(page, expected)


async def _hears(page: Tab, expected: str) -> None:
    await expect(page.locator("#said li[data-who=agent]").filter(has_text=expected)).to_be_visible(timeout=ANSWER_MS)


async def _values(page: Tab) -> dict[str, str]:
    values: dict[str, str] = await page.locator("#form").evaluate("form => Object.fromEntries(new FormData(form))")
    return values
