"""How a form is opened and what the model knows of it (contract 6.3 to 6.7, 7.8, 14.12), as whole conversations."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import llm

from services.agent.tools.forms.functions import tools_of
from tests.fixtures.form_calls import DEMO, Scene, note_of, run, steps
from tests.fixtures.serverless import ScriptedModel, cast

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]


async def test_a_form_opens_on_all_its_topics_with_known_fields_for_the_caller_alone() -> None:
    scene = Scene()
    call = await scene.begin()
    (told,) = await run(call, ("book_demo", {"name": "Ana", "shoe_size": 38}))
    await call.ends()
    topics = ["form.book-demo", "book-demo.form", "demo.open"]
    assert scene.clients.delivered == [(topic, {"name": "Ana"}) for topic in topics]
    assert scene.clients.to_caller == topics
    assert told["unknown_fields"] == ["shoe_size"]
    assert note_of(call)[0]["values"] == {"name": "Ana", "source": "voice"}
    assert told["next"] == {
        "name": "email",
        "label": "E-mail",
        "type": "email",
        "required": True,
        "help": "For the invitation.",
        "step_index": 0,
    }
    assert steps(call) == ["opened"]


async def test_an_empty_call_opens_a_blank_form_and_a_second_call_sets_values() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", {}))
    await run(call, ("book_demo", {"email": "ana@example.com"}))
    await call.ends()
    assert scene.clients.delivered[:3] == [(topic, {}) for topic in ("form.book-demo", "book-demo.form", "demo.open")]
    assert scene.clients.delivered[3:] == [
        ("form.control", {"type": "set_values", "form_id": "book-demo", "values": {"email": "ana@example.com"}})
    ]
    assert steps(call) == ["opened"]


async def test_what_the_model_does_not_know_stays_blank() -> None:
    scene = Scene()
    call = await scene.begin()
    (told,) = await run(call, ("book_demo", {"name": "Ana", "email": "", "slot": None, "company": None}))
    assert scene.clients.delivered[0] == ("form.book-demo", {"name": "Ana"})
    assert "invalid" not in told
    assert note_of(call)[0]["optional_and_blank"] == ["company"]
    values = {"email": "", "company": "", "name": ""}
    (told,) = await run(call, ("form_set_values", {"form_id": "book-demo", "values": values}))
    # A required value that is there is not taken away without another one.
    assert told["invalid"] == {"name": "is required and cannot be left blank; the visitor may stop the form instead"}
    assert note_of(call)[0]["optional_and_blank"] == ["company"]
    await call.ends()


async def test_functions_that_steer_are_shown_only_while_a_form_is_open() -> None:
    scene = Scene()
    call = await scene.begin()
    steering = [tool for tool in tools_of(scene.forms) if tool.name.startswith("form_")]
    assert [tool.name for tool in steering] == ["form_set_values", "form_go_to_step", "form_submit", "form_close"]
    assert not any(tool.is_active() for tool in steering)
    await run(call, ("book_demo", {}))
    assert all(tool.is_active() for tool in steering)
    await run(call, ("form_close", {"form_id": "book-demo"}))
    assert not any(tool.is_active() for tool in steering)
    (told,) = await run(call, ("form_submit", {"form_id": "book-demo"}))
    assert told["error"] == "not_open"
    await call.ends()


async def test_the_model_sees_the_form_as_it_is_now_and_only_once() -> None:
    scene = Scene()
    call = await scene.begin()
    await call.asks("Hello")
    assert note_of(call) == []
    await run(call, ("book_demo", {"name": "Ana"}))
    for typed in ("a", "an", "ana@", "ana@example"):
        scene.page(values={"name": "Ana", "email": typed}, step_index=0)
    await call.asks("Is that right?")
    (told,) = note_of(call)
    assert told["values"] == {"name": "Ana", "email": "ana@example", "source": "voice"}
    assert told["invalid"] == {"email": "must be an e-mail address such as name@example.com"}
    assert told["required_and_missing"] == ["slot"]
    assert told["optional_and_blank"] == ["company"]
    assert told["next"]["name"] == "email"
    # It stands before the caller's last words, and the history of the conversation does not keep it.
    items = [item for item in call.asked[-1].items if isinstance(item, llm.ChatMessage)]
    assert (items[-1].role, items[-2].role) == ("user", "system")
    assert "The forms of this call" not in str(call.conversation._persona.chat_ctx.items)
    await call.ends()


async def test_a_form_of_sixty_fields_is_filled_and_the_note_stays_short() -> None:
    fields = [{"name": f"field_{number}", "label": f"Question {number}", "required": True} for number in range(60)]
    scene = Scene({"id": "long", "title": "Long", "fields": fields}, by_phone=True)
    call = await scene.begin()
    values = {f"field_{number}": "x" * 40 for number in range(60)}
    (told,) = await run(call, ("long", {}))
    assert told["next"]["name"] == "field_0"
    (told,) = await run(call, ("form_set_values", {"form_id": "long", "values": values}))
    assert told["ready_to_submit"] is True
    assert len(json.dumps(note_of(call))) < 6_000
    await run(call, ("form_submit", {"form_id": "long"}))
    await call.ends()
    assert scene.desk.taken == [(values, "sess_1.long.1")]


async def test_the_note_of_an_open_form_is_read_before_the_next_question() -> None:
    """It moves with each turn, so everything since the one before would be read with the question."""
    scene = Scene()
    answers, reader = scene.cast.model.llm, ScriptedModel(lambda _: "")
    scene.cast = replace(scene.cast, model=replace(scene.cast.model, reader=reader, own=True))
    call = await scene.begin()
    await run(call, ("book_demo", {"name": "Ana"}))
    for question in ("Well?", "And now?"):
        scene.page(values={"name": question})
        await call.asks(question)
        read_ahead = reader.asked[-1]
    scene.page(values={"name": "And now?"})
    await call.asks("And then?")
    await call.ends()
    assert isinstance(answers, ScriptedModel)
    assert any("And now?" in text for text in _said(read_ahead) if text.startswith("The forms"))
    assert _said(read_ahead)[:-1] == _said(answers.asked[-1])[:-1]


def _said(seen: llm.ChatContext) -> list[str]:
    return [item.text_content or "" if isinstance(item, llm.ChatMessage) else item.type for item in seen.items]


async def test_a_disabled_form_has_no_function() -> None:
    scene = Scene({**DEMO, "disabled": True})
    assert tools_of(scene.forms) == ()


async def test_the_function_of_a_form_says_what_the_fields_are() -> None:
    tool = tools_of(Scene().forms)[0]
    assert tool.name == "book_demo"
    assert tool.kind == pb.TOOL_KIND_FORM
    assert "Book a demo: We show you the product." in tool.description
    properties = tool.schema["properties"]
    assert list(properties) == ["name", "email", "slot", "company", "source"]
    assert "required" not in tool.schema
    assert properties["email"]["description"] == "E-mail For the invitation. Required before it is submitted."
    assert properties["slot"]["anyOf"][0] == {"type": "string", "enum": ["Mornings", "pm"]}
    assert "pm (Afternoons)" in properties["slot"]["description"]


async def test_another_character_closes_what_was_open() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", {}))
    await call.conversation.change_cast(cast(lambda seen: "Here.", greeting=""))
    await call.asks("Hello")
    await call.ends()
    assert scene.clients.delivered[-1] == ("form.control", {"type": "close", "form_id": "book-demo"})
    assert steps(call) == ["opened", "closed"]


async def test_many_open_forms_make_a_short_note() -> None:
    fields = [{"name": f"field_{number}", "label": "x" * 200, "required": True} for number in range(60)]
    definitions = [{"id": f"form-{number}", "title": f"Form {number}", "fields": fields} for number in range(30)]
    scene = Scene(*definitions)
    call = await scene.begin()
    for number in range(30):
        values = {f"field_{index}": "y" * 100 for index in range(60)}
        scene.page(form_id=f"form-{number}", values=values)
    await call.asks("Well?")
    told = note_of(call)
    assert [form["form_id"] for form in told] == [f"form-{number}" for number in range(20, 30)]
    assert [form["form_id"] for form in told if "values" in form] == ["form-28", "form-29"]
    assert len(json.dumps(told)) < 9_000
    await call.ends()
