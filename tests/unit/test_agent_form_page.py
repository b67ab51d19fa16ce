"""What a page and the agent tell each other of a form (contract 6.4, 14.6), as whole conversations."""

from __future__ import annotations

import asyncio
import json

import pytest
from livekit.agents import llm

from services.agent.tools.forms.functions import tools_of
from tests.fixtures.form_calls import DEMO, FULL, Scene, filled_on_a_page, ignored, note_of, run, steps
from tests.fixtures.serverless import last_said

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]


async def test_a_page_is_steered_exactly_as_the_contract_says() -> None:
    scene, call = await filled_on_a_page()
    await run(
        call,
        ("form_set_values", {"form_id": "book-demo", "values": {"company": "Acme"}}),
        ("form_go_to_step", {"form_id": "book-demo", "step_index": 1}),
    )
    for _ in range(2):
        (told,) = await run(call, ("form_submit", {"form_id": "book-demo"}), seconds=2.0)
        assert told["submitting"] is True
    await run(call, ("form_close", {"form_id": "book-demo"}))
    await call.ends()
    assert [payload for topic, payload in scene.clients.delivered if topic == "form.control"] == [
        {"type": "set_values", "form_id": "book-demo", "values": {"company": "Acme"}},
        {"type": "go_to_step", "form_id": "book-demo", "step_index": 1},
        {"type": "submit", "form_id": "book-demo"},
        {"type": "close", "form_id": "book-demo"},
    ]
    assert scene.desk.taken == []
    assert steps(call) == ["opened", "closed"]


async def test_a_visitor_who_closes_the_form_is_known_to_have_closed_it() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", {}))
    scene.page()
    scene.page(is_open=False)
    await call.asks("What now?")
    assert note_of(call) == [
        {"form_id": "book-demo", "title": "Book a demo", "status": "closed", "closed_by": "the visitor"}
    ]
    await call.ends()
    assert steps(call) == ["opened", "closed"]


async def test_a_form_that_page_code_opened_is_known() -> None:
    scene = Scene()
    call = await scene.begin()
    scene.page(values={"name": "Ben"})
    await call.asks("Hello")
    assert note_of(call)[0]["values"]["name"] == "Ben"
    await call.ends()
    assert steps(call) == ["opened"]


@pytest.mark.parametrize("text", [None, "Sent!"])
async def test_a_confirmation_makes_the_agent_go_on_by_itself(text: str | None) -> None:
    scene, call = await filled_on_a_page()
    said = {} if text is None else {"text": text}
    confirmation = {"type": "book-demo_submitted", "form": {**FULL, "company": "Acme"}, **said}
    scene.clients.publish("voice.user_text", confirmation)
    await asyncio.sleep(8.0)
    asked = text or "I have submitted the form “Book a demo”."
    assert last_said(call.asked[-1]) == asked
    assert note_of(call) == [{"form_id": "book-demo", "title": "Book a demo", "status": "submitted"}]
    assert call.journal.turns()[-1] == ("agent", f"Heard {asked}.", False)
    # A page that still shows the form does not open it again; a second confirmation is none.
    scene.page(values={**FULL, "company": "Acme"})
    before = ignored("form_not_open")
    scene.clients.publish("voice.user_text", confirmation)
    assert ignored("form_not_open") == before + 1
    await call.ends()
    assert steps(call) == ["opened", "submitted"]


async def test_a_confirmation_that_comes_before_the_answer_is_a_turn_of_its_own() -> None:
    scene, call = await filled_on_a_page()
    scene.clients.type(json.dumps([("form_submit", {"form_id": "book-demo"})]))
    while scene.clients.delivered[-1][0] != "form.control":
        await asyncio.sleep(0.01)
    scene.clients.publish("voice.user_text", {"type": "book-demo_submitted", "form": FULL, "text": "Sent"})
    await asyncio.sleep(8.0)
    await call.ends()
    kinds = [item.role if isinstance(item, llm.ChatMessage) else item.type for item in call.asked[-1].items]
    assert kinds[-4:] == ["function_call", "function_call_output", "system", "user"]
    assert last_said(call.asked[-1]) == "Sent"
    assert call.journal.turns()[-2:] == [("user", "Sent", False), ("agent", "Heard Sent.", False)]
    assert call.journal.turns()[-3][1].startswith('[["form_submit"')


async def test_a_form_with_a_confirmation_of_its_own_is_confirmed_by_that() -> None:
    own = {**DEMO, "confirmation_topic": "demo.done", "confirmation_type": "done"}
    scene = Scene(own)
    call = await scene.begin()
    await run(call, ("book_demo", FULL))
    before = ignored("malformed")
    scene.clients.publish("demo.done", {"type": "other", "form": {}})
    scene.clients.publish("demo.done", {"form": {}})
    assert ignored("malformed") == before + 2
    scene.clients.publish("demo.done", {"type": "done", "form": FULL})
    await asyncio.sleep(8.0)
    assert last_said(call.asked[-1]) == "I have submitted the form “Book a demo”."
    await call.ends()
    assert steps(call) == ["opened", "submitted"]


async def test_a_confirmation_of_a_form_that_is_not_open_is_ignored_and_counted() -> None:
    scene = Scene()
    call = await scene.begin()
    before = ignored("form_not_open")
    scene.clients.publish("voice.user_text", {"type": "book-demo_submitted", "form": FULL, "text": "It is done."})
    scene.clients.publish("form.state", {"type": "form_submit_failed", "form_id": "book-demo", "status": 500})
    await asyncio.sleep(5.0)
    await call.ends()
    assert ignored("form_not_open") == before + 2
    assert call.asked == []
    assert steps(call) == []


async def test_a_page_that_closes_its_form_before_it_confirms_is_believed() -> None:
    scene, call = await filled_on_a_page()
    scene.page(values=FULL, is_open=False)
    scene.clients.publish("voice.user_text", {"type": "book-demo_submitted", "form": FULL, "text": "Done"})
    await asyncio.sleep(5.0)
    await call.ends()
    assert steps(call) == ["opened", "closed", "submitted"]


async def test_states_of_other_forms_and_with_too_many_values_are_ignored_and_counted() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", {"name": "Ana"}))
    unknown, malformed = ignored("unknown_form"), ignored("malformed")
    scene.page(form_id="other")
    too_large = ignored("too_large")
    scene.page(values={f"k{number}": "" for number in range(300)})
    scene.page(values={f"k{number}": "" for number in range(10_000)})
    assert ignored("too_large") == too_large + 1
    scene.page(is_open="yes")
    scene.page(step_index=-1)
    scene.page(values={"name": ["a", "list"], "unknown": "x", "email": 7}, step_index=99)
    await call.asks("Well?")
    await call.ends()
    assert ignored("unknown_form") == unknown + 1
    assert ignored("malformed") == malformed + 3
    (told,) = note_of(call)
    assert told["values"] == {"name": "Ana", "email": "7", "source": "voice"}
    assert told["step"] == {"index": 1, "of": 2, "title": "When"}


async def test_a_flood_of_a_page_writes_a_bounded_history() -> None:
    scene = Scene()
    call = await scene.begin()
    before = ignored("too_many")
    for _ in range(1_000):
        scene.page()
        scene.page(is_open=False)
        scene.clients.publish("form.state", {"type": "form_submit_failed", "form_id": "book-demo", "status": 500})
        await asyncio.sleep(1.1)
    await call.asks("Are you there?")
    await call.ends()
    assert call.journal.turns()[-1] == ("agent", "Heard Are you there?.", False)
    assert len(steps(call)) == 100
    assert ignored("too_many") > before


async def test_a_page_that_was_loaded_anew_gets_its_open_form_again() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", {"name": "Ana"}))
    scene.page(values={"name": "Ana", "company": "Acme"})
    scene.clients.delivered.clear()
    call.conversation.caller_returned()
    await asyncio.sleep(0.1)
    opening = {"name": "Ana", "company": "Acme", "source": "voice"}
    assert scene.clients.delivered == [(topic, opening) for topic in ("form.book-demo", "book-demo.form", "demo.open")]
    await call.ends()
    assert steps(call) == ["opened"]


async def test_a_message_that_was_on_its_way_does_not_undo_what_was_just_set() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", {"name": "Ana"}))
    scene.page(values={"name": "Ana"})
    asyncio.get_running_loop().call_later(0.5, lambda: scene.page(values={"name": "Ana"}))
    await run(call, ("form_set_values", {"form_id": "book-demo", "values": {"name": "Eva"}}))
    await call.asks("Well?")
    assert note_of(call)[0]["values"]["name"] == "Eva"
    scene.page(values={"name": "Ana"})
    await call.asks("And now?")
    assert note_of(call)[0]["values"]["name"] == "Ana"
    await call.ends()


async def test_a_message_that_is_too_large_is_not_sent_and_the_form_goes_on() -> None:
    fields = [{"name": f"field_{number}", "type": "textarea"} for number in range(4)]
    scene = Scene({"id": "long", "title": "Long", "fields": fields})
    call = await scene.begin()
    tool = tools_of(scene.forms)[0]
    told = await tool.act({f"field_{number}": "x" * 5_000 for number in range(4)})
    assert "could not be sent" in told.text
    assert scene.clients.delivered == []
    await call.asks("Well?")
    assert len(json.dumps(note_of(call))) < 3_000
    await call.ends()
