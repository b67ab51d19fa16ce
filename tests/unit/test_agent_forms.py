"""The life of a form in a call (contract 6.3 to 6.7, 7.8, 14.6, 14.12 and 14.13), as whole conversations."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import UserInputTranscribedEvent, llm

from services.agent.call.cast import Cast
from services.agent.metrics import ignored_messages
from services.agent.tools.forms import functions
from services.agent.tools.forms.filling import Filling, Refusal
from services.agent.tools.forms.form import forms_of
from services.agent.tools.forms.forms import Forms
from services.agent.tools.forms.functions import tools_of
from services.agent.tools.forms.ports import FormSurroundings
from services.agent.tools.forms.values import Context, Understood
from services.agent.tools.forms.zone import zone_of
from services.agent.turns.dictation import WHOLE_VALUE_SECONDS
from tests.fixtures.serverless import Answer, Call, HeardClients, ScriptedModel, cast, data_in, last_said, start

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

EMAIL = {
    "name": "email",
    "label": "E-mail",
    "type": "email",
    "required": True,
    "help_text": "For the invitation.",
}
SLOTS = ["Mornings", {"value": "pm", "label": "Afternoons"}]
DEMO: dict[str, Any] = {
    "id": "book-demo",
    "title": "Book a demo",
    "subtitle": "We show you the product.",
    "topics": ["demo.open"],
    "steps": [
        {
            "id": "you",
            "title": "You",
            "fields": [
                {"name": "name", "label": "Your name", "required": True},
                EMAIL,
            ],
        },
        {
            "id": "when",
            "title": "When",
            "fields": [
                {"type": "display", "label": "Choose a time."},
                {"name": "slot", "label": "Time of day", "type": "select", "required": True, "options": SLOTS},
                {"name": "company", "label": "Company"},
                {"name": "source", "default_value": "voice"},
            ],
        },
    ],
}

FULL = {"name": "Ana", "email": "ana@example.com", "slot": "pm"}


class Desk:
    """Takes the submissions of the agent. refusals: the answers to the next ones; after them, all are taken."""

    def __init__(self, *refusals: Refusal) -> None:
        self.refusals = list(refusals)
        self.taken: list[tuple[dict[str, str], str]] = []
        self.seconds_open: list[float] = []

    async def __call__(self, filling: Filling, key: str) -> Refusal | None:
        self.taken.append((filling.to_store(), key))
        self.seconds_open.append(round(asyncio.get_running_loop().time() - filling.opened_at, 1))
        return self.refusals.pop(0) if self.refusals else None


class Scene:
    """A call with forms whose model calls the functions that the caller types as JSON, and repeats the rest."""

    def __init__(self, *definitions: dict[str, Any], desk: Desk | None = None, by_phone: bool = False) -> None:
        self.clients = HeardClients()
        self.clients.by_phone = by_phone
        self.desk = desk or Desk()
        self.shown: list[list[str]] = []
        context = Context("en", datetime(2026, 12, 1, 9, 0, tzinfo=UTC))
        around = FormSurroundings("sess_1", self.clients, self.desk, lambda: context)
        self.forms = Forms(forms_of({"widget_appearance": {"forms": definitions or (DEMO,)}}), around)
        self.cast: Cast = cast(self._answer, greeting="", parts=(self.forms,), tools=tools_of(self.forms))

    def _answer(self, seen: llm.ChatContext) -> Answer | str:
        said = last_said(seen)
        kinds = [item.role if isinstance(item, llm.ChatMessage) else item.type for item in seen.items]
        has_called = "function_call_output" in kinds[len(kinds) - kinds[::-1].index("user") :]
        if has_called or not said.startswith("["):
            return f"Heard {said[:40]}."
        return Answer(calls=[(name, json.dumps(arguments)) for name, arguments in json.loads(said)])

    async def begin(self) -> Call:
        return await start(self.cast, clients=self.clients)

    def page(self, **more: Any) -> None:
        """The page shows the form."""
        values = {"name": "", "email": "", "slot": "", "company": "", "source": "voice"}
        state = {"type": "form_state", "form_id": "book-demo", "is_open": True, "step_index": 0, "total_steps": 2}
        shown = {**values, **more.pop("values", {})}
        self.clients.publish("form.state", {**state, "values": shown, "fields": [], **more})


async def run(call: Call, *calls: tuple[str, dict[str, Any]], seconds: float = 8.0) -> list[dict[str, Any]]:
    """Has the model call functions; what each returned."""
    await call.asks(json.dumps(calls), seconds)
    outputs = [item.output for item in call.asked[-1].items if isinstance(item, llm.FunctionCallOutput)]
    return [_returned(output) for output in outputs[-len(calls) :]]


def _returned(output: str) -> dict[str, Any]:
    returned: dict[str, Any] = json.loads(data_in(output))
    return returned


def note_of(call: Call) -> list[dict[str, Any]]:
    """The forms in the model's newest context; there is one note at most."""
    notes = [
        item.text_content or ""
        for item in call.asked[-1].items
        if isinstance(item, llm.ChatMessage) and (item.text_content or "").startswith("The forms of this call")
    ]
    assert len(notes) <= 1
    told: list[dict[str, Any]] = json.loads(notes[0].split("\n", 1)[1]) if notes else []
    return told


def steps(call: Call) -> list[str]:
    """What the history tells of forms."""
    events = [event.form for event in call.journal.events if event.HasField("form")]
    return [pb.FormAction.Name(event.action).removeprefix("FORM_ACTION_").lower() for event in events]


def ignored(reason: str) -> float:
    return float(ignored_messages.labels(reason)._value.get())


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


async def test_a_page_is_steered_exactly_as_the_contract_says() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", FULL))
    scene.page(values=FULL)
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
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", FULL))
    scene.page(values=FULL)
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
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", FULL))
    scene.page(values=FULL)
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
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", FULL))
    scene.page(values=FULL)
    scene.page(values=FULL, is_open=False)
    scene.clients.publish("voice.user_text", {"type": "book-demo_submitted", "form": FULL, "text": "Done"})
    await asyncio.sleep(5.0)
    await call.ends()
    assert steps(call) == ["opened", "closed", "submitted"]


async def test_a_page_that_closes_its_form_while_it_submits_is_still_asked_how_that_ended() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", FULL))
    scene.page(values=FULL)
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
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", FULL))
    scene.page(values=FULL)
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
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", FULL))
    scene.page(values=FULL)
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
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", FULL))
    scene.page(values=FULL)
    await run(call, ("form_submit", {"form_id": "book-demo"}))
    count = len(call.asked)
    await asyncio.sleep(15.0)
    assert len(call.asked) == count + 1
    assert "not certain" in str(call.asked[-1].items)
    await call.ends()


async def test_required_fields_are_asked_for_one_by_one() -> None:
    scene = Scene()
    call = await scene.begin()
    asked = []
    (told,) = await run(call, ("book_demo", {}))
    for name, value in FULL.items():
        asked.append(told["next"]["name"])
        (told,) = await run(call, ("form_set_values", {"form_id": "book-demo", "values": {name: value}}))
    await call.ends()
    assert asked == ["name", "email", "slot"]
    assert told["ready_to_submit"] is True
    assert told["optional_and_blank"] == ["company"]


async def test_the_end_of_a_turn_waits_for_the_whole_of_the_value_that_is_asked_for() -> None:
    scene = Scene()
    call = await scene.begin()
    session = call.conversation._session
    before = session.options.endpointing["min_delay"]
    await run(call, ("book_demo", {"name": "Ana"}))
    session.emit("user_input_transcribed", UserInputTranscribedEvent(transcript="ana at", is_final=False))
    assert session.options.endpointing["min_delay"] == WHOLE_VALUE_SECONDS
    await run(call, ("form_close", {"form_id": "book-demo"}))
    session.emit("user_input_transcribed", UserInputTranscribedEvent(transcript="ana at", is_final=False))
    assert session.options.endpointing["min_delay"] == before
    await call.ends()


async def test_a_visitor_who_is_on_a_later_step_is_asked_for_its_fields_first() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", {}))
    (told,) = await run(call, ("form_go_to_step", {"form_id": "book-demo", "step_index": 1}))
    assert told["next"]["name"] == "slot"
    (told,) = await run(call, ("form_set_values", {"form_id": "book-demo", "values": {"slot": "pm"}}))
    assert told["next"]["name"] == "name"
    (told,) = await run(call, ("form_go_to_step", {"form_id": "book-demo", "step_index": 2}))
    assert told["error"] == "invalid_arguments"
    await call.ends()


async def test_an_optional_field_can_be_declined_and_a_required_one_cannot() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", FULL))
    values = {"company": None, "name": None}
    (told,) = await run(call, ("form_set_values", {"form_id": "book-demo", "values": values}))
    assert told["next"]["name"] == "name"
    (noted,) = note_of(call)
    assert noted["declined"] == ["company"]
    assert "optional_and_blank" not in noted
    assert noted["values"]["name"] == "Ana"
    (told,) = await run(call, ("form_submit", {"form_id": "book-demo"}))
    assert told["error"] == "invalid_values"
    (told,) = await run(call, ("form_set_values", {"form_id": "book-demo", "values": {"name": "Eva"}}))
    assert told["ready_to_submit"] is True
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


async def test_another_character_closes_what_was_open() -> None:
    scene = Scene()
    call = await scene.begin()
    await run(call, ("book_demo", {}))
    await call.conversation.change_cast(cast(lambda seen: "Here.", greeting=""))
    await call.asks("Hello")
    await call.ends()
    assert scene.clients.delivered[-1] == ("form.control", {"type": "close", "form_id": "book-demo"})
    assert steps(call) == ["opened", "closed"]


def spelt(field: Any, given: object, context: Context) -> Understood:
    """Understands words of an e-mail address, and asks to have every address read back."""
    text = str(given)
    if field["name"] != "email":
        return Understood(text)
    if "@" not in text:
        return Understood(None, "is no e-mail address; ask for it again")
    return Understood(text, read_back=" ".join(text))


async def test_a_confirmation_of_a_value_that_was_just_corrected_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "understood", spelt)
    monkeypatch.setattr(functions, "corrected", lambda field, earlier, given, context: spelt(field, given, context))
    scene = Scene(by_phone=True)
    call = await scene.begin()
    (told,) = await run(call, ("book_demo", {**FULL, "email": "ana@x.de"}))
    assert told["read_back"] == {"email": "a n a @ x . d e"}
    correction = ("form_set_values", {"form_id": "book-demo", "values": {"email": "anna@x.de"}})
    (told, refused) = await run(call, correction, ("form_submit", {"form_id": "book-demo"}))
    assert told["read_back"] == {"email": "a n n a @ x . d e"}
    assert refused["error"] == "not_confirmed"
    assert refused["detail"].startswith("email changed since the visitor was asked.")
    assert scene.desk.taken == []
    (told,) = await run(call, ("form_submit", {"form_id": "book-demo"}))
    assert told == {"submitted": True}
    assert scene.desk.taken[0][0]["email"] == "anna@x.de"
    await call.ends()


async def test_only_texts_and_dates_are_corrected_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    corrections: list[object] = []

    def corrected(field: Any, earlier: str, given: str, context: Context) -> Understood:
        corrections.append((field["name"], earlier, given))
        return Understood(given)

    monkeypatch.setattr(functions, "corrected", corrected)
    fields = [{"name": "name"}, {"name": "agree", "type": "checkbox"}, {"name": "count", "type": "number"}]
    scene = Scene({"id": "note", "title": "Note", "fields": fields})
    call = await scene.begin()
    await run(call, ("note", {"name": "Ana", "agree": True, "count": 3}))
    values = {"name": "with two n", "agree": False, "count": "4"}
    await run(call, ("form_set_values", {"form_id": "note", "values": values}))
    assert corrections == [("name", "Ana", "with two n")]
    assert note_of(call)[0]["values"] == {"name": "with two n", "agree": "false", "count": "4"}
    await call.ends()


async def test_what_cannot_be_understood_is_told_and_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "understood", spelt)
    scene = Scene()
    call = await scene.begin()
    (told,) = await run(call, ("book_demo", {"name": "Ana", "email": "hm"}))
    await call.ends()
    assert scene.clients.delivered[0] == ("form.book-demo", {"name": "Ana"})
    assert told["invalid"] == {"email": "is no e-mail address; ask for it again"}
    assert told["next"]["name"] == "email"


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


@pytest.mark.parametrize(
    ("metadata", "attribute", "zone"),
    [
        ("Europe/Berlin", "Asia/Tokyo", "Europe/Berlin"),
        (None, "Asia/Tokyo", "Asia/Tokyo"),
        ("Mars/Base", "Asia/Tokyo", "Asia/Tokyo"),
        ("Mars/Base", "", "UTC"),
        ({"a": 1}, "../../etc/passwd", "UTC"),
        ("America", "x" * 10_000, "UTC"),
        ("\0", "", "UTC"),
    ],
)
async def test_the_time_zone_of_the_caller(metadata: Any, attribute: str, zone: str) -> None:
    assert str(zone_of(metadata, attribute)) == zone


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


async def test_the_field_that_is_asked_for_is_known() -> None:
    scene = Scene()
    call = await scene.begin()
    expected = [scene.forms.expected]
    await run(call, ("book_demo", {"name": "Ana"}))
    expected.append(scene.forms.expected)
    await run(call, ("form_set_values", {"form_id": "book-demo", "values": FULL}))
    assert [*expected, scene.forms.expected] == [None, EMAIL, None]
    await call.ends()


async def test_what_people_say_reaches_the_page_as_what_the_fields_want() -> None:
    fields = [
        {"name": "email", "type": "email", "required": True},
        {"name": "day", "type": "date", "required": True},
        {"name": "at", "type": "time"},
        {"name": "people", "type": "number"},
        {"name": "when", "type": "select", "options": SLOTS},
        {"name": "agree", "type": "checkbox", "required": True},
    ]
    scene = Scene({"id": "visit", "title": "Visit", "fields": fields})
    call = await scene.begin()
    said = {
        "email": "anna at example dot com",
        "day": "the day after tomorrow",
        "at": "half past three in the afternoon",
        "people": "about twenty",
        "when": "in the afternoon",
        "agree": "yes please",
    }
    (told,) = await run(call, ("visit", said))
    assert scene.clients.delivered[0][1] == {
        "email": "anna@example.com",
        "day": "2026-12-03",
        "at": "15:30",
        "people": "20",
        "when": "pm",
        "agree": "true",
    }
    assert told["ready_to_submit"] is True
    assert set(told["read_back"]) == {"email", "day", "at"}
    # A part of a value is corrected, and the old one is not confirmed by the same words.
    correction = ("form_set_values", {"form_id": "visit", "values": {"email": "no, with one n"}})
    (told, refused) = await run(call, correction, ("form_submit", {"form_id": "visit"}))
    assert scene.clients.delivered[-1][1]["values"] == {"email": "ana@example.com"}
    assert refused["error"] == "not_confirmed"
    (told,) = await run(call, ("form_submit", {"form_id": "visit"}))
    assert told == {"submitted": True}
    await call.ends()
