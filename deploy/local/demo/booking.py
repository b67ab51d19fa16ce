"""`booking-bot`: books demos with a form, finds orders, answers from documents, hands over to `support-bot`."""

from pathlib import Path
from typing import Any

from deploy.local.demo.shop import ORDERS_PATH, SECRET_HEADER, base_url
from services.kit.character_definition.handoff import tool_name

SLUG = "booking-bot"
FIND_ORDER = "find_order"

_PROMPT = """\
You take care of demos and orders for the lamp shop Lumen Lamps.

When the caller wants to book a demo, call book_demo at once.
When the caller asks where an order is, ask for its number if you do not know it, and call find_order.
When the caller asks about opening hours, lamps, delivery or returns, call search_documents and answer from what it
finds.
When the caller wants to talk to customer service or to complain, call {hand_over} at once.

Answer in one short sentence. Never invent a value, a date or a fact."""

_PRODUCTS = [
    {"value": "aurora", "label": "Aurora floor lamp"},
    {"value": "halo", "label": "Halo desk lamp"},
    {"value": "comet", "label": "Comet ceiling lamp"},
]

_WHO = [
    {"name": "name", "type": "text", "label": "Your name", "required": True, "max": 100},
    {"name": "email", "type": "email", "label": "Your e-mail address", "required": True},
    {"name": "company", "type": "text", "label": "Company", "max": 100},
]

_WHEN = [
    {"name": "date", "type": "date", "label": "Date", "required": True, "help_text": "From Monday to Saturday."},
    {"name": "time", "type": "time", "label": "Time", "required": True, "min": "09:00", "max": "17:00"},
    {"name": "product", "type": "select", "label": "Product", "required": True, "options": _PRODUCTS},
    {"name": "people", "type": "number", "label": "Number of people", "required": True, "min": 1, "max": 10},
    {"name": "notes", "type": "textarea", "label": "Notes", "max": 1000},
]

_FORM = {
    "id": "book-demo",
    "title": "Book a demo",
    "subtitle": "See one of our lamps in the shop, free of charge.",
    "steps": [{"id": "who", "title": "Who comes", "fields": _WHO}, {"id": "when", "title": "When", "fields": _WHEN}],
    "submit_label": "Book",
    "success_message": "Your demo is booked.",
}


def character(shop_port: int, shop_secret: str, allowed_origins: list[str], colleague: str) -> dict[str, Any]:
    """Its definition. colleague: slug of the character to hand over to."""
    return {
        "slug": SLUG,
        "name": "Lumen Lamps bookings",
        "character_type": "SALES_AGENT",
        "language": "en",
        "greeting": "Hello, this is Lumen Lamps. I can book a demo or look up an order for you.",
        "system_prompt": _PROMPT.format(hand_over=tool_name(colleague)),
        "allowed_origins": allowed_origins,
        "handoff_targets": [{"slug": colleague}],
        "tools": [find_order(shop_port, shop_secret), _SEARCH],
        "widget_appearance": {"forms": [_FORM]},
        "guided_forms": True,
        "llm_max_sentences": 2,
    }


def find_order(shop_port: int, shop_secret: str) -> dict[str, Any]:
    """The tool that asks the demo's shop."""
    return {
        "name": FIND_ORDER,
        "kind": "http",
        "description": "Finds an order by its number and tells its state and when it arrives. Call it when the caller "
        "asks where an order is and you know the number.",
        "input_schema": {
            "type": "object",
            "properties": {"number": {"type": "integer", "description": "Number of the order, such as 1001."}},
            "required": ["number"],
        },
        "config": {
            "url": base_url(shop_port) + ORDERS_PATH,
            "method": "GET",
            "timeout_seconds": 5,
            "headers": {SECRET_HEADER: shop_secret},
        },
        "ordering": 1,
    }


_SEARCH = {
    "name": "search_documents",
    "kind": "kb",
    "description": "Searches what the shop has written about opening hours, the care of lamps, delivery and returns. "
    "Call it when the caller asks about one of these.",
    "ordering": 2,
}


def documents() -> list[Path]:
    """The files of its knowledge base."""
    return sorted((Path(__file__).parent / "documents").glob("*.md"))
