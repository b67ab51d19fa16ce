"""A part of Callbox goes away while a tool runs."""

import asyncio

import pytest

from tests.call.scripted.acting import FIND_ORDER
from tests.call.scripted.page import Page
from tests.fixtures.stack import StackThread
from tests.fixtures.wire import Asked, answer, listening

pytestmark = pytest.mark.timeout(120)


async def test_a_tool_ends_and_is_written_down_when_sessions_restarts_while_it_runs(callbox: StackThread) -> None:
    """Slow: a greeting and an answer are spoken in real time."""

    async def restart_sessions(_: Asked, writer: asyncio.StreamWriter) -> None:
        await callbox.do(callbox.stack.restart("sessions"))
        writer.write(answer(200, b'{"state": "sent"}', Content_Type="application/json"))

    async with listening(restart_sessions) as shop, callbox.sessions() as sessions:
        slug = await asyncio.to_thread(
            callbox.make_character,
            "restarted",
            name="Shop",
            greeting="Hello.",
            tools=[{**FIND_ORDER, "config": {"url": f"http://127.0.0.1:{shop.port}/", "timeout_seconds": 20}}],
        )
        grant = await sessions.start(slug, metadata={"user_id": "u-7"})
        async with Page(grant) as page:
            assert await page.next_reply() == "Hello."
            await page.type("Where is my order?")
            assert await page.next_reply() == "Your order is on its way."
        session = await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)

    assert len(shop.requests) == 1
    assert session["end_reason"] == "client_left"
    texts = [each["text"] for each in history["transcript"]]
    assert texts == ["Hello.", "Where is my order?", "Your order is on its way."]
    (called,) = history["tool_calls"]
    assert (called["name"], called["result_preview"], called["error"]) == ("find_order", '{"state": "sent"}', None)
