"""A visitor books a demo with `booking-bot` on its page: both fill the form, and the answers are stored."""

import asyncio

import httpx
from playwright.async_api import expect

from deploy.local.demo import booking
from tests.browser.conftest import chromium_path, pages
from tests.fixtures.stack import StackThread

STORED_SECONDS = 10.0
POLL_SECONDS = 0.2
PAGE_TELLS_SECONDS = 1.0


async def books(callbox: StackThread) -> None:
    """Opens the form by a typed wish, fills it from both sides without the model, sends it, and asks for an order."""
    stack = callbox.stack
    async with pages(stack, chromium_path()) as open_page:
        call = await open_page(booking.SLUG, microphone=False)
        form = call.page.locator("#form-panel")
        await call.start.click()
        await call.wait_phase("talking")
        await call.type("I'd like to book a demo.")
        await expect(form.get_by_role("heading", name="Book a demo")).to_be_visible(timeout=20_000)
        await call.wait_line("agent", "Gladly. Your name?")
        await form.get_by_label("Your e-mail address *").fill("ana@example.com")
        # The page tells what was typed after a pause.
        await asyncio.sleep(PAGE_TELLS_SECONDS)
        await call.type("My name is Ana.")
        await call.wait_line("agent", "Date?")

        await call.type("On January 7th 2030 at ten in the morning.")
        await call.wait_line("agent", "Monday, January 7, 2030. 10:00 AM. Product?")
        await expect(form.get_by_label("Date *")).to_have_value("2030-01-07")
        await expect(form.get_by_label("Time *")).to_have_value("10:00")
        await call.type("The one for the desk.")
        await call.wait_line("agent", "Number of people?")
        await expect(form.get_by_label("Product *")).to_have_value("halo")
        await call.type("There are two of us.")
        await call.wait_line("agent", "Number of people: 2. May I send it?")
        await form.get_by_label("Notes").fill("Dimmed, please.")

        await call.type("Yes, please.")
        await expect(form).to_be_hidden(timeout=20_000)
        await call.wait_line("agent", "Your demo is booked.")
        await call.type("Where is 1001?")
        await call.wait_line("agent", "Your Aurora lamp was sent")
    assert await _stored(stack.base_url, stack.demo["api_key"]) == {
        "name": "Ana",
        "email": "ana@example.com",
        "company": "",
        "date": "2030-01-07",
        "time": "10:00",
        "product": "halo",
        "people": "2",
        "notes": "Dimmed, please.",
    }


async def _stored(base_url: str, key: str) -> dict[str, str]:
    """The values of the one answer to the form, as its owner lists it."""
    async with (
        httpx.AsyncClient(base_url=base_url, headers={"X-API-Key": key}) as owner,
        asyncio.timeout(STORED_SECONDS),
    ):
        while not (answers := (await owner.get(f"/api/agents/{booking.SLUG}/form-responses/")).json()):
            await asyncio.sleep(POLL_SECONDS)
    (answer,) = answers
    values: dict[str, str] = answer["values"]
    return values
