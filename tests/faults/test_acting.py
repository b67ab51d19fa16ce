"""A part of Callbox goes away while a tool runs."""

import asyncio
import os
import time

import pytest

from tests.call.scripted.acting import BOOK_DEMO, FIND_ORDER
from tests.call.scripted.page import Page
from tests.fixtures.stack import StackThread
from tests.fixtures.wire import Asked, answer, listening

pytestmark = pytest.mark.timeout(180)

# Twice as long as any deadline of sessions in a call that is under way: a worker and its leases are lost after 6 s.
AWAY_SECONDS = float(os.environ.get("CALLBOX_TEST_AWAY_SECONDS", "12"))
QUESTION = ("What time do you open on Saturday?", "On Saturday we open at nine in the morning.")
ORDER = ("Where is my order?", "Your order is on its way.")


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


async def test_a_caller_is_answered_while_sessions_is_away_and_everything_stands_in_the_history_afterwards(
    callbox: StackThread,
) -> None:
    """Slow: sessions is away for longer than any of its deadlines, while answers are spoken in real time.

    `make test-absence` runs it with a whole minute.
    """
    stopped_at = 0.0

    async def stop_sessions(_: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal stopped_at
        if not stopped_at:
            await callbox.do(callbox.stack.stop_part("sessions"))
            stopped_at = time.monotonic()
        writer.write(answer(200, b'{"state": "sent"}', Content_Type="application/json"))

    async with listening(stop_sessions) as shop, callbox.sessions() as sessions:
        slug = await asyncio.to_thread(
            callbox.make_character,
            "without-sessions",
            name="Shop",
            greeting="Hello.",
            tools=[{**FIND_ORDER, "config": {"url": f"http://127.0.0.1:{shop.port}/", "timeout_seconds": 20}}],
            widget_appearance={"forms": [BOOK_DEMO]},
        )
        grant = await sessions.start(slug, metadata={"user_id": "u-7"})
        said = ["Hello."]
        try:
            async with Page(grant) as page:

                async def asks(text: str, expected: str) -> None:
                    await page.type(text)
                    assert await page.next_reply() == expected
                    said.extend((text, expected))

                assert await page.next_reply() == said[0]
                await asks(*ORDER)
                await asks("I want a tour.", "What is your address?")
                await asks("ana@shop.example", "Shall I send it?")
                await asks("Yes, send it.", "I cannot store it at the moment.")
                await asks(*ORDER)
                while time.monotonic() - stopped_at < AWAY_SECONDS:
                    await asks(*QUESTION)
                await callbox.do(callbox.stack.start_part("sessions"))
                await asks("Yes, send it.", "You are booked.")
                await asks(*ORDER)
        finally:
            await callbox.do(callbox.stack.start_part("sessions"))
        session = await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)

    assert session["end_reason"] == "client_left"
    assert [each["text"] for each in history["transcript"]] == said
    assert [(each["name"], each["error"]) for each in history["tool_calls"]] == [
        ("find_order", None),
        ("book_demo", None),
        ("form_set_values", None),
        ("form_submit", "upstream_unavailable"),
        ("find_order", None),
        ("form_submit", None),
        ("find_order", None),
    ]
    assert len(shop.requests) == 3
    (stored,) = history["form_responses"]
    assert stored["values"] == {"name": "Ana", "email": "ana@shop.example", "source": "voice"}
