"""A call in which the character acts: tools, an event that the page answers, a form, a handoff."""

import asyncio
import json
from typing import Any

from tests.call.scripted.page import Page
from tests.fixtures.mcp_server import serving
from tests.fixtures.stack import StackThread
from tests.fixtures.wire import Asked, answer, listening

TOPIC = "custom.open_page"
SECRET = "Bearer shop-secret-0123"
FIND_ORDER = {
    "name": "find_order",
    "kind": "http",
    "description": "Finds an order by its number.",
    "input_schema": {
        "type": "object",
        "properties": {"number": {"type": "integer"}, "user_id": {"type": "string", "x-from-metadata": True}},
        "required": ["number", "user_id"],
    },
}
OPEN_PAGE = {
    "name": "open_page",
    "kind": "client_event",
    "description": "Opens a page of the shop.",
    "input_schema": {"type": "object", "properties": {"page": {"type": "string"}}, "required": ["page"]},
    "config": {"topic": TOPIC, "await_reply_seconds": 5},
}
COUNT_STOCK = {
    "name": "count_stock",
    "kind": "mcp",
    "description": "Adds up what is in stock.",
    "config": {"server_name": "shop", "tool_name": "add"},
}
BOOK_DEMO = {
    "id": "book-demo",
    "title": "Book a demo",
    "fields": [
        {"name": "name", "label": "Your name", "required": True},
        {"name": "email", "label": "E-mail", "type": "email", "required": True},
        {"name": "source", "default_value": "voice"},
    ],
}


async def _sent(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(200, b'{"state": "sent"}', Content_Type="application/json"))


async def acts(callbox: StackThread) -> None:
    """Asks for an order and a page, books a demo without a page that shows forms, and is handed over."""
    async with listening(_sent) as shop, serving() as stock, callbox.sessions() as sessions:
        config = {"url": f"http://127.0.0.1:{shop.port}/orders", "headers": {"Authorization": SECRET}}
        make = callbox.make_character
        tech = await asyncio.to_thread(make, "acting-tech", name="Tech", greeting="Tech here.")
        slug = await asyncio.to_thread(
            make,
            "acting",
            name="Shop",
            greeting="Hi {{metadata.name|you}}!",
            tools=[{**FIND_ORDER, "config": config}, OPEN_PAGE, COUNT_STOCK],
            mcp_servers=[{"name": "shop", "url": stock.url, "headers": {"Authorization": SECRET, "X-Team": "red"}}],
            widget_appearance={"forms": [BOOK_DEMO]},
            handoff_targets=[{"slug": tech}],
        )
        metadata = {"user_id": "u-7", "name": "Ana"}
        grant = await sessions.start(slug, metadata=metadata, mcp_headers={"x-team": "blue {{metadata.user_id}}"})
        async with ShopPage(grant) as page:
            assert await page.next_reply() == "Hi Ana!"
            await page.type("Where is my order number seven?")
            assert await page.next_reply() == "Your order is on its way."
            await page.type("Show me the page with lamps.")
            assert await page.next_reply() == "The page is open."
            await page.type("How many are in stock?")
            assert await page.next_reply() == "There are seven."
            await page.type("I want a tour.")
            assert await page.next_reply() == "What is your address?"
            await page.type("ana@shop.example")
            assert await page.next_reply() == "Shall I send it?"
            await page.type("Yes, send it.")
            assert await page.next_reply() == "You are booked."
            await page.type("Let me talk to a technician.")
            assert await page.next_reply() == "I pass you on."
            assert await page.next_reply() == "Tech here."
            await page.type("My lamp flickers.")
            assert await page.next_reply() == "Is it the bulb?"
        await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)

    (request,) = shop.requests
    assert json.loads(request.body) == {
        "number": 7,
        "user_id": "u-7",
        "_session": {"session_id": grant.session_id, "metadata": {"user_id": "u-7", "name": "Ana"}},
    }
    assert request.headers["authorization"] == SECRET
    assert page.packets(TOPIC) == [{"page": "lamps"}]
    assert page.packets("form.book-demo") == page.packets("book-demo.form") == [{"name": "Ana"}]
    assert page.packets("voice.agent_handoff") == [{"agent_name": "Tech"}]
    found, opened, counted, *rest = history["tool_calls"]
    assert (found["name"], found["kind"], found["arguments"]) == ("find_order", "http", {"number": 7})
    assert (found["result_preview"], found["error"], found["turn_index"]) == ('{"state": "sent"}', None, 2)
    assert (opened["name"], opened["kind"], opened["arguments"]) == ("open_page", "client_event", {"page": "lamps"})
    assert (opened["result_preview"], opened["turn_index"]) == ('{"shown": true}', 4)
    assert (counted["name"], counted["kind"], counted["result_preview"]) == ("count_stock", "mcp", "7")
    assert stock.methods.count("tools/list") == stock.methods.count("tools/call") == 1
    sent = stock.headers["tools/call"]
    assert (sent["authorization"], sent["x-team"]) == (SECRET, "blue u-7")
    assert [(each["name"], each["kind"], each["error"]) for each in rest] == [
        ("book_demo", "form", None),
        ("form_set_values", "form", None),
        ("form_submit", "form", None),
        ("transfer_to_acting_tech", "handoff", None),
    ]
    (handoff,) = history["handoffs"]
    assert (handoff["from"], handoff["to"], handoff["reason"]) == ("acting", "acting-tech", "a lamp is broken")
    spoken_by_tech = [each["text"] for each in history["transcript"] if each.get("character_slug") == "acting-tech"]
    assert spoken_by_tech == ["Tech here.", "Is it the bulb?"]
    assert [each.get("character_slug") for each in history["tool_calls"]] == [None] * 7
    by_shop, by_tech = history["usage_by_character"]
    assert (by_shop["character_slug"], by_tech["character_slug"]) == ("acting", "acting-tech")
    # The greeting, the last question and its answer.
    assert by_tech["turn_count"] == 3
    for count in ("turn_count", "llm_input_tokens", "llm_output_tokens", "tts_characters"):
        assert by_shop[count] + by_tech[count] == history[count], count
    assert by_tech["tts_characters"] == len("Tech here.Is it the bulb?")
    assert min(by_shop["llm_input_tokens"], by_tech["llm_input_tokens"]) > 0
    (stored,) = history["form_responses"]
    assert stored["form_id"] == "book-demo"
    assert stored["values"] == {"name": "Ana", "email": "ana@shop.example", "source": "voice"}
    assert SECRET not in json.dumps(history)


class ShopPage(Page):
    """A page of the shop, which answers the events of its tool."""

    async def take(self, topic: str, body: Any) -> None:
        if topic == TOPIC:
            await self.publish(f"{TOPIC}.reply", {"shown": True})
