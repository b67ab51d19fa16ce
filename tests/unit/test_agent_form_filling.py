"""How the fields of a form are asked for and filled by what the caller says, as whole conversations."""

from __future__ import annotations

from typing import Any

import pytest
from livekit.agents import UserInputTranscribedEvent

from services.agent.tools.forms import functions
from services.agent.tools.forms.values import Context, Understood
from services.agent.tools.forms.zone import zone_of
from services.agent.turns.dictation import WHOLE_VALUE_SECONDS
from tests.fixtures.form_calls import EMAIL, FULL, SLOTS, Scene, note_of, run

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]


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
