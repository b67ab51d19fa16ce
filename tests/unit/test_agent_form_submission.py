"""How a form is submitted by the page or by the agent, as whole conversations (contract 6.4, 6.5, 14.6)."""

from __future__ import annotations

import asyncio
import json

import pytest
from livekit.agents import llm

from services.agent.tools.forms.filling import Filling, Refusal
from tests.fixtures.form_calls import FULL, Desk, Scene, filled_on_a_page, note_of, run, steps
from tests.fixtures.serverless import last_said

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]


async def test_a_page_that_closes_its_form_while_it_submits_is_still_asked_how_that_ended() -> None:
    scene, call = await filled_on_a_page()
    await run(call, ("form_submit", {"form_id": "book-demo"}), seconds=5.0)
    scene.page(values=FULL, is_open=False)
    count = len(call.asked)
    await asyncio.sleep(15.0)
    assert len(call.asked) == count + 1
    assert "not certain" in str(call.asked[-1].items)
    scene.clients.publish("form.state", {"type": "form_submit_failed", "form_id": "book-demo", "message": "No."})
    await asyncio.sleep(5.0)
    assert len(call.asked) == count + 2
    assert note_of(call)[0]["last_submission_failed"] == "No."
    await call.ends()
    assert steps(call) == ["opened", "closed", "refused"]


async def test_a_failed_submission_is_spoken_of_once_nobody_speaks_and_shown_by_field() -> None:
    scene, call = await filled_on_a_page()
    call.clients.type("Tell me a longer story")
    await asyncio.sleep(0.4)
    scene.clients.publish(
        "form.state",
        {
            "type": "form_submit_failed",
            "form_id": "book-demo",
            "status": 422,
            "message": "Some values are not valid.",
            "errors": {"values.email": ["is already booked"]},
        },
    )
    count = len(call.asked)
    await asyncio.sleep(10.0)
    assert len(call.asked) == count + 1
    # The answer that was being given came first and whole.
    assert ("agent", "Heard Tell me a longer story.", False) in call.journal.turns()
    instructions = [item.text_content or "" for item in call.asked[-1].items if isinstance(item, llm.ChatMessage)]
    assert any("could not submit the form book-demo" in text for text in instructions)
    (told,) = note_of(call)
    assert told["status"] == "open"
    assert told["last_submission_failed"] == "Some values are not valid."
    assert told["invalid"] == {"email": "is already booked"}
    assert told["next"]["name"] == "email"
    # A new value is not what was refused.
    scene.page(values={**FULL, "email": "eva@example.com"})
    await call.asks("And now?")
    assert "invalid" not in note_of(call)[0]
    await call.ends()
    assert steps(call) == ["opened", "refused"]


async def test_a_failed_submission_is_not_spoken_of_while_the_caller_speaks() -> None:
    scene, call = await filled_on_a_page()
    count = len(call.asked)
    # As while the caller speaks: there is no microphone in this call.
    async with call.conversation._session._claim_user_turn():
        scene.clients.publish("form.state", {"type": "form_submit_failed", "form_id": "book-demo", "status": 500})
        await asyncio.sleep(5.0)
        assert len(call.asked) == count
    await asyncio.sleep(5.0)
    assert len(call.asked) == count + 1
    # What the caller says first is answered once, with what is known of the failure.
    async with call.conversation._session._claim_user_turn():
        scene.clients.publish("form.state", {"type": "form_submit_failed", "form_id": "book-demo", "status": 500})
        await asyncio.sleep(1.0)
    await call.asks("What happened?")
    assert last_said(call.asked[-1]) == "What happened?"
    assert "last_submission_failed" in note_of(call)[0]
    assert len(call.asked) <= count + 3
    await call.ends()


async def test_a_page_that_does_not_tell_how_a_submission_ended_is_spoken_of() -> None:
    _, call = await filled_on_a_page()
    await run(call, ("form_submit", {"form_id": "book-demo"}))
    count = len(call.asked)
    await asyncio.sleep(15.0)
    assert len(call.asked) == count + 1
    assert "not certain" in str(call.asked[-1].items)
    await call.ends()


async def test_a_form_cannot_be_submitted_before_it_is_filled() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", {"name": "Ana", "email": "ana"}))
    (told,) = await run(call, ("form_submit", {"form_id": "book-demo"}))
    await call.ends()
    assert told["error"] == "invalid_values"
    assert "email: " in told["detail"]
    assert "slot: is required" in told["detail"]
    assert "Ask for email next." in told["detail"]
    assert scene.desk.taken == []


async def test_without_a_page_the_agent_submits_once_the_page_had_its_time() -> None:
    scene = Scene()
    call = await scene.begin()
    (opened, told) = await run(call, ("book_demo", FULL), ("form_submit", {"form_id": "book-demo"}))
    assert opened["ready_to_submit"] is True
    assert told == {"submitted": True}
    assert scene.desk.taken == [({**FULL, "source": "voice"}, "sess_1.book-demo.1")]
    assert [topic for topic, _ in scene.clients.delivered if topic == "form.control"] == []
    await call.ends()
    assert steps(call) == ["opened", "submitted"]
    assert scene.desk.seconds_open == [2.0]


async def test_a_page_that_shows_the_form_late_submits_it_itself() -> None:
    scene = Scene()
    call = await scene.begin()
    asyncio.get_running_loop().call_later(1.5, lambda: scene.page(values=FULL))
    (_, told) = await run(call, ("book_demo", FULL), ("form_submit", {"form_id": "book-demo"}))
    assert told["submitting"] is True
    assert scene.desk.taken == []
    await call.ends()


async def test_by_phone_nobody_waits_for_a_page() -> None:
    scene = Scene(by_phone=True)
    call = await scene.begin()
    await run(call, ("book_demo", FULL), ("form_submit", {"form_id": "book-demo"}))
    await call.ends()
    assert scene.desk.seconds_open == [0.0]


async def test_a_submission_that_the_server_refuses_is_told_by_field_and_can_be_tried_again() -> None:
    desk = Desk(Refusal("validation_failed", "Some values are not valid.", {"slot": "must be one of the options"}))
    scene = Scene(desk=desk, by_phone=True)
    call = await scene.begin()
    (_, told) = await run(call, ("book_demo", FULL), ("form_submit", {"form_id": "book-demo"}))
    assert told["error"] == "validation_failed"
    assert "slot: must be one of the options" in told["detail"]
    assert note_of(call)[0]["invalid"] == {"slot": "must be one of the options"}
    assert steps(call) == ["opened", "refused"]
    values = {"slot": "Mornings"}
    (_, told) = await run(
        call,
        ("form_set_values", {"form_id": "book-demo", "values": values}),
        ("form_submit", {"form_id": "book-demo"}),
    )
    assert told == {"submitted": True}
    assert [key for _, key in desk.taken] == ["sess_1.book-demo.1"] * 2
    await call.ends()
    assert steps(call) == ["opened", "refused", "submitted"]


async def test_a_submission_that_is_under_way_when_the_call_ends_stands_in_the_history() -> None:
    class SlowDesk(Desk):
        async def __call__(self, filling: Filling, key: str) -> Refusal | None:
            await asyncio.sleep(2.0)
            return await super().__call__(filling, key)

    scene = Scene(desk=SlowDesk(), by_phone=True)
    call = await scene.begin()
    await call.asks(json.dumps([("book_demo", FULL), ("form_submit", {"form_id": "book-demo"})]), 1.0)
    await call.ends()
    assert len(scene.desk.taken) == 1
    assert steps(call) == ["opened", "submitted"]
    assert call.journal.events[-1].HasField("end")
