"""A call in which a form is filled on a page that follows along."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

from livekit import rtc

from caller.connection import CONNECT_SECONDS
from caller.messages import Spoken, parse
from caller.session import Grant
from tests.fixtures.stack import StackThread

ANSWER_SECONDS = 20.0
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
        async with _Page(grant) as page:
            assert await page.next_reply() == "Hello!"
            await page.type("I would like a visit.")
            assert await page.next_reply() == "When would you like it?"
            await page.type("In the afternoon.")
            # The page may confirm before the agent could ask for a moment.
            while (reply := await page.next_reply()) != "Thank you, we have it.":
                assert reply.startswith("One")
        await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)

    assert page.received == [
        ("form.visit", OPENED),
        ("visit.form", OPENED),
        ("form.control", {"type": "set_values", "form_id": "visit", "values": {"slot": "pm"}}),
        ("form.control", {"type": "submit", "form_id": "visit"}),
    ]
    called = [(each["name"], each["kind"], each["error"]) for each in history["tool_calls"]]
    assert called == [("visit", "form", None), ("form_set_values", "form", None), ("form_submit", "form", None)]
    assert history["form_responses"] == []


class _Page:
    """A page that types, hears what the agent said, and shows the form."""

    def __init__(self, grant: Grant) -> None:
        self._grant = grant
        self._room = rtc.Room()
        self._replies: asyncio.Queue[str] = asyncio.Queue()
        self._open = AsyncExitStack()
        self._telling: list[asyncio.Task[None]] = []
        self._values: dict[str, str] = dict.fromkeys([*OPENED, "slot"], "")
        self.received: list[tuple[str, Any]] = []

    async def __aenter__(self) -> "_Page":
        self._room.on("data_received", self._take)
        async with asyncio.timeout(CONNECT_SECONDS):
            await self._room.connect(self._grant.livekit_url, self._grant.token)
        self._open.push_async_callback(self._room.disconnect)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*self._telling)
        await self._open.aclose()

    async def type(self, text: str) -> None:
        await self._publish("voice.user_text", {"type": "user_text", "text": text})

    async def next_reply(self) -> str:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self._replies.get()

    def _take(self, packet: rtc.DataPacket) -> None:
        topic = packet.topic or ""
        if "form" in topic:
            body = json.loads(packet.data)
            self.received.append((topic, body))
            self._telling.append(asyncio.create_task(self._follow(topic, body), name="a page's form"))
            return
        message = parse(topic, bytes(packet.data))
        if isinstance(message, Spoken) and message.final and not message.by_caller:
            self._replies.put_nowait(message.text)

    async def _follow(self, topic: str, body: Any) -> None:
        if topic == "form.control" and body["type"] == "submit":
            await self._publish("voice.user_text", {"type": "visit_submitted", "form": self._values})
            return
        self._values |= body.get("values", {}) if topic == "form.control" else body
        state = {"type": "form_state", "form_id": "visit", "is_open": True, "step_index": 0, "total_steps": 1}
        await self._publish("form.state", {**state, "values": self._values, "fields": FORM["fields"]})

    async def _publish(self, topic: str, body: Any) -> None:
        async with asyncio.timeout(CONNECT_SECONDS):
            await self._room.local_participant.publish_data(json.dumps(body), reliable=True, topic=topic)
