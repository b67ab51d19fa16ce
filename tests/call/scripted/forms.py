"""A call in which a form is filled on a page that follows along."""

import asyncio
from typing import Any

from caller.session import Grant
from tests.call.scripted.page import Page
from tests.fixtures.stack import StackThread

FORM = {
    "id": "visit",
    "title": "A visit",
    "fields": [
        {"name": "name", "label": "Your name", "required": True},
        {"name": "email", "label": "E-mail", "type": "email", "required": True},
        {"name": "slot", "label": "Time of day", "type": "select", "required": True, "options": ["am", "pm"]},
    ],
}
OPENED = {"name": "Ana", "email": "ana@example.com"}


async def fills(callbox: StackThread) -> None:
    """Fills a form on a page, which submits it to an address of its own when the agent says so, and confirms that."""
    slug = await asyncio.to_thread(
        callbox.make_character, "visits", name="Visits", greeting="Hello!", widget_appearance={"forms": [FORM]}
    )
    async with callbox.sessions() as sessions:
        grant = await sessions.start(slug)
        async with VisitPage(grant) as page:
            assert await page.next_reply() == "Hello!"
            await page.type("I would like a visit.")
            assert await page.next_reply() == "When would you like it?"
            await page.type("In the afternoon.")
            # The page may confirm before the agent could ask for a moment.
            while (reply := await page.next_reply()) != "Thank you, we have it.":
                assert reply.startswith("One")
        await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)

    assert [(topic, body) for topic, body in page.received if "form" in topic] == [
        ("form.visit", OPENED),
        ("visit.form", OPENED),
        ("form.control", {"type": "set_values", "form_id": "visit", "values": {"slot": "pm"}}),
        ("form.control", {"type": "submit", "form_id": "visit"}),
    ]
    called = [(each["name"], each["kind"], each["error"]) for each in history["tool_calls"]]
    assert called == [("visit", "form", None), ("form_set_values", "form", None), ("form_submit", "form", None)]
    assert history["form_responses"] == []


class VisitPage(Page):
    """A page that shows the form, and confirms its submission when the agent says so."""

    def __init__(self, grant: Grant) -> None:
        super().__init__(grant)
        self._values: dict[str, str] = dict.fromkeys([*OPENED, "slot"], "")

    async def take(self, topic: str, body: Any) -> None:
        if topic not in ("form.visit", "visit.form", "form.control"):
            return
        if topic == "form.control" and body["type"] == "submit":
            await self.publish("voice.user_text", {"type": "visit_submitted", "form": self._values})
            return
        self._values |= body.get("values", {}) if topic == "form.control" else body
        state = {"type": "form_state", "form_id": "visit", "is_open": True, "step_index": 0, "total_steps": 1}
        await self.publish("form.state", {**state, "values": self._values, "fields": FORM["fields"]})
