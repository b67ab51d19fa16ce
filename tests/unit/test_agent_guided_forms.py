"""Forms that are filled without the model (own: `guided_forms`), as whole conversations."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from livekit.agents import llm

from deploy.local.demo import booking
from services.agent.call.cast import Cast
from services.agent.tools.forms.filling import Refusal
from services.agent.tools.forms.form import forms_of
from services.agent.tools.forms.forms import Forms
from services.agent.tools.forms.functions import tools_of
from services.agent.tools.forms.guide.guide import Guide
from services.agent.tools.forms.ports import FormSurroundings
from services.agent.tools.forms.values import Context
from services.agent.tools.forms.values.words import LANGUAGES, words_of
from tests.fixtures.form_calls import Desk
from tests.fixtures.serverless import Answer, Call, HeardClients, ScriptedModel, cast, last_said, start

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

GUIDE_KEYS = (
    "ask", "begin", "again", "between", "least", "most", "either", "consent", "confirm", "send", "change", "sending",
    "sent", "refused", "closed",
)  # fmt: skip
TYPED = {"name": "Anna", "email": "anna@example.com", "date": "2026-12-04", "time": "10:00", "product": "halo"}
CHARACTER = booking.character(1, "secret", [], "support-bot")
FORM = CHARACTER["widget_appearance"]["forms"][0]


class Scene:
    """A call whose model opens the form when it hears “book”, and says “Hm.” to everything else."""

    def __init__(
        self, form: dict[str, Any] = FORM, language: str = "en", *, by_phone: bool = True, aloud: bool = False
    ) -> None:
        self.clients = HeardClients()
        self.clients.by_phone = by_phone
        self.desk = Desk()
        context = Context(language, datetime(2026, 12, 1, 9, 0, tzinfo=UTC))
        around = FormSurroundings("sess_1", self.clients, self.desk, lambda: context)
        self.forms = Forms(forms_of({"widget_appearance": {"forms": [form]}}), around, is_guided=True)
        self.asked: list[str] = []
        parts = (self.forms, Guide(self.forms))
        self.cast: Cast = cast(self._answer, greeting="", parts=parts, tools=tools_of(self.forms), aloud=aloud)

    def _answer(self, seen: llm.ChatContext) -> Answer | str:
        said = last_said(seen)
        self.asked.append(said)
        return Answer(calls=[("book_demo", "{}")]) if "book" in said else "Hm."

    async def begin(self) -> Call:
        return await start(self.cast, clients=self.clients)

    def page(self, **values: str) -> None:
        """The page shows what the visitor has typed."""
        state = {"type": "form_state", "form_id": "book-demo", "is_open": True, "step_index": 1, "total_steps": 2}
        self.clients.publish("form.state", {**state, "values": {**TYPED, **values}, "fields": []})


async def replies(call: Call, *said: str) -> list[str]:
    """What the agent answers to each of the caller's turns."""
    heard: list[str] = []
    for text in said:
        before = len(call.journal.turns())
        await call.asks(text, 4.0)
        heard.append(" | ".join(said for role, said, _ in call.journal.turns()[before:] if role == "agent"))
    return heard


def calls_of(call: Call) -> list[str]:
    """Names of the functions that were called."""
    return [event.tool.name for event in call.journal.events if event.HasField("tool")]


def last_spoken(seen: llm.ChatContext) -> str:
    """The agent's newest words that a model has seen."""
    messages = [item for item in seen.items if isinstance(item, llm.ChatMessage) and item.role == "assistant"]
    return messages[-1].text_content or ""


async def test_a_form_is_filled_and_sent_without_the_model() -> None:
    scene = Scene()
    call = await scene.begin()
    heard = await replies(
        call,
        "I'd like to book a demo.",
        "My name is Anna Smith.",
        "anna dot smith at example dot com",
        "Yes, that's right.",
        "The day after tomorrow at half past three.",
        "The floor lamp, please.",
        "We are two people.",
        "Yes, please send it.",
    )
    await call.ends()
    assert heard == [
        "Gladly. Your name?",
        "Your e-mail address?",
        "anna, with double n, dot, smith, at example dot com. Is that right?",
        "Date?",
        "Thursday, December 3, 2026. 3:30 PM. Product? Aurora floor lamp, Halo desk lamp or Comet ceiling lamp?",
        "Number of people?",
        "Your name: Anna Smith. Date: Thursday, December 3, 2026. Time: 3:30 PM. Product: Aurora floor lamp. "
        "Number of people: 2. May I send it?",
        "Your demo is booked.",
    ]
    ((values, _),) = scene.desk.taken
    assert values == {
        "name": "Anna Smith",
        "email": "anna.smith@example.com",
        "date": "2026-12-03",
        "time": "15:30",
        "product": "aurora",
        "people": "2",
    }
    assert scene.asked == ["I'd like to book a demo."]


async def filled(scene: Scene, *said: str) -> tuple[Call, list[str]]:
    """A call in which the form was opened, and the answers to further turns."""
    call = await scene.begin()
    return call, await replies(call, "I'd like to book a demo.", *said)


TO_THE_END = (
    "Anna Smith",
    "anna at example dot com",
    "yes",
    "Friday at three",
    "the halo",
    "two",
)
SUMMARY = (
    "Your name: Anna Smith. Date: Friday, December 4, 2026. Time: 3:00 PM. Product: Halo desk lamp. "
    "Number of people: 2. May I send it?"
)


async def test_what_is_no_answer_goes_to_the_model_and_the_question_follows() -> None:
    scene = Scene()
    call, heard = await filled(
        scene, "When are you open?", "Could you explain what you would need my name for?", "Anna Smith."
    )
    await call.ends()
    assert heard[1:] == ["Hm. Your name?", "Hm. Your name?", "Your e-mail address?"]
    assert scene.asked[1:] == ["When are you open?", "Could you explain what you would need my name for?"]


async def test_the_model_sees_neither_values_nor_functions_that_set_them() -> None:
    scene = Scene()
    call, _ = await filled(scene, "Anna Smith", "What is this for?")
    await call.ends()
    model = scene.cast.model.llm
    assert isinstance(model, ScriptedModel)
    assert {name for shown in model.shown for name in shown} == {"book_demo"}
    note = [
        item.text_content
        for item in call.asked[-1].items
        if isinstance(item, llm.ChatMessage) and item.role == "system"
    ]
    assert "ask for no values" in str(note)
    assert "Anna" not in str(note)
    called = [item.name for item in call.asked[-1].items if isinstance(item, llm.FunctionCall | llm.FunctionCallOutput)]
    assert called == ["book_demo", "book_demo"]
    assert calls_of(call) == ["book_demo", "form_set_values"]


async def test_the_model_reads_the_turns_that_it_does_not_answer_before_it_must_answer_one() -> None:
    scene = Scene()
    answers, reader = scene.cast.model.llm, ScriptedModel(lambda _: "")
    scene.cast = replace(scene.cast, model=replace(scene.cast.model, reader=reader, own=True))
    call, _ = await filled(scene, "Anna Smith", "anna at example dot com")
    await call.ends()
    assert isinstance(answers, ScriptedModel)
    assert len(answers.asked) == 1
    # The last message is in place of the caller's next words.
    assert [last_spoken(seen) for seen in reader.asked[1:]] == [
        "Gladly. Your name?",
        "Your e-mail address?",
        "anna, with double n, at example dot com. Is that right?",
    ]


async def test_values_of_the_first_sentence_are_kept() -> None:
    scene = Scene()
    call = await scene.begin()
    (first,) = await replies(call, "I'd like to book a demo of the floor lamp on Friday at three.")
    await call.ends()
    assert first == "Friday, December 4, 2026. 3:00 PM. Your name?"
    assert scene.forms.newest is not None
    assert scene.forms.newest.values["product"] == "aurora"


async def test_a_value_that_is_easily_misheard_is_confirmed_corrected_and_said_again() -> None:
    scene = Scene()
    call, heard = await filled(
        scene, "Hanna", "hanna at example dot com", "No, with a double m.", "anna at example dot com", "Correct."
    )
    await call.ends()
    assert heard[2:] == [
        "hanna, with double n, at example dot com. Is that right?",
        "Sorry, I did not get that. Your e-mail address?",
        "anna, with double n, at example dot com. Is that right?",
        "Date?",
    ]


async def test_a_value_that_is_not_understood_is_asked_for_with_what_would_do() -> None:
    call, heard = await filled(Scene(), "Anna", "anna at example dot com", "yes", "Friday", "at eleven in the evening")
    (again,) = await replies(call, "banana")
    await call.ends()
    assert heard[-1] == "Sorry, I did not get that. Between 9:00 AM and 5:00 PM. Time?"
    assert again == heard[-1]


async def test_nothing_is_sent_without_a_yes_and_a_last_change_is_taken() -> None:
    scene = Scene()
    call, heard = await filled(
        scene, *TO_THE_END, "No.", "The name is Bob Miller.", "Wednesday instead, please", "hm", "Yes."
    )
    await call.ends()
    assert heard[6] == SUMMARY
    assert heard[7] == "What shall I change?"
    assert heard[8] == SUMMARY.replace("Anna Smith", "Bob Miller")
    assert heard[9].startswith("Your name: Bob Miller. Date: Wednesday, December 2, 2026.")
    assert heard[10].startswith("Sorry, I did not get that. Your name: Bob Miller.")
    assert heard[11] == "Your demo is booked."
    ((values, _),) = scene.desk.taken
    assert (values["name"], values["date"], values["email"]) == ("Bob Miller", "2026-12-02", "anna@example.com")


async def test_a_field_whose_name_is_said_is_asked_for_again() -> None:
    scene = Scene()
    call, heard = await filled(scene, *TO_THE_END, "No, the date is wrong.", "Monday", "Yes, send it.")
    await call.ends()
    assert heard[7] == "Sorry, I did not get that. From Monday to Saturday. Date?"
    assert heard[8].startswith("Your name: Anna Smith. Date: Monday, December 7, 2026.")
    assert len(scene.desk.taken) == 1


@pytest.mark.parametrize("said", ["Stop.", "Never mind.", "Cancel that, please.", "No, forget it."])
async def test_the_caller_can_stop_at_any_time(said: str) -> None:
    scene = Scene()
    call, heard = await filled(scene, "Anna Smith", said, "Bob")
    await call.ends()
    assert heard[-2:] == ["All right, I have closed the form.", "Hm."]
    assert not scene.desk.taken


async def test_an_answer_to_a_later_question_is_taken() -> None:
    scene = Scene()
    call, heard = await filled(scene, "Anna Smith", "On Friday at three, with the desk lamp.")
    await call.ends()
    assert heard[1:] == [
        "Your e-mail address?",
        "Friday, December 4, 2026. 3:00 PM. Your e-mail address?",
    ]


async def test_a_refused_submission_is_told_and_can_be_repaired() -> None:
    scene = Scene()
    scene.desk.refusals = [Refusal("invalid", "Fridays are full.", {"date": "Take another day."})]
    call, heard = await filled(scene, *TO_THE_END, "yes", "Monday", "yes")
    await call.ends()
    assert heard[-3] == "It could not be sent. Fridays are full. Take another day. Date?"
    assert heard[-2].startswith("Your name: Anna Smith. Date: Monday, December 7, 2026.")
    assert heard[-1] == "Your demo is booked."


async def test_what_the_visitor_types_is_not_asked_for() -> None:
    scene = Scene(by_phone=False)
    call, _ = await filled(scene)
    scene.page(people="")
    # The answer to an old question is not the name of somebody who has typed one.
    heard = await replies(call, "What now?", "three", "yes")
    assert heard[0] == "Hm. Number of people?"
    assert heard[1].endswith("Number of people: 3. May I send it?")
    assert heard[2] == "I am sending it."
    scene.clients.publish("voice.user_text", {"type": "book-demo_submitted", "form": {**TYPED, "people": "3"}})
    before = len(call.journal.turns())
    await asyncio.sleep(5)
    assert call.journal.turns()[before:][-1][1] == "Your demo is booked."
    await call.ends()


async def test_the_page_shows_the_step_of_the_value_that_is_asked_for() -> None:
    scene = Scene(by_phone=False)
    call, heard = await filled(scene, "Anna", "anna at example dot com", "yes", "Friday")
    sent = [data for topic, data in scene.clients.delivered if topic == "form.control"]
    moves = [(data["type"], data["step_index"]) for data in sent if data["type"] == "go_to_step"]
    assert moves == [("go_to_step", 1)]
    assert heard[-2:] == ["Date?", "Friday, December 4, 2026. Time?"]
    await call.ends()


async def test_a_code_with_a_pattern_is_understood_and_confirmed() -> None:
    code = {"name": "code", "type": "text", "label": "Your code", "required": True, "pattern": "[A-Z]{2}\\d{3}"}
    scene = Scene({"id": "book-demo", "title": "A demo", "fields": [code]})
    call, heard = await filled(scene, "A B one two three", "Yes.", "Yes.")
    await call.ends()
    assert heard[1:] == ["A B 1, 2 3. Is that right?", "May I send it?", "It has been sent."]
    ((values, _),) = scene.desk.taken
    assert values == {"code": "AB123"}


async def test_words_of_labels_are_no_orders() -> None:
    scene = Scene()
    call, heard = await filled(scene, "Ann Time", *TO_THE_END[1:], "Yes, the time is fine.")
    await call.ends()
    assert heard[-1] == "Your demo is booked."
    ((values, _),) = scene.desk.taken
    assert values["name"] == "Ann Time"


async def test_what_is_said_while_the_page_submits_goes_to_the_model() -> None:
    scene = Scene(by_phone=False)
    call, _ = await filled(scene)
    scene.page(people="2")
    heard = await replies(call, "hello", "yes", "Thanks.")
    await call.ends()
    assert heard[1:] == ["I am sending it.", "Hm."]


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1, 0.3, 1.0])
async def test_a_page_that_confirms_at_once_is_believed(seconds: float) -> None:
    """Its confirmation may come before “I am sending it.” is heard, or begun."""
    scene = Scene(by_phone=False, aloud=True)
    call = await scene.begin()
    await call.asks("I'd like to book a demo.", 30.0)
    scene.page(people="2")
    await call.asks("hello", 60.0)
    scene.clients.type("yes")
    async with asyncio.timeout(10):
        while not any(data.get("type") == "submit" for _, data in scene.clients.delivered):
            await asyncio.sleep(0.01)
    await asyncio.sleep(seconds)
    scene.clients.publish("voice.user_text", {"type": "book-demo_submitted", "form": {**TYPED, "people": "2"}})
    await asyncio.sleep(20)
    await call.ends()
    assert call.journal.turns()[-1][1] == "Your demo is booked."


async def test_yes_to_another_question_sends_nothing() -> None:
    """The page completes the form while the caller answers something else."""
    scene = Scene(by_phone=False)
    call, _ = await filled(scene, "Anna", "anna at example dot com")
    scene.page(people="2")
    (answer,) = await replies(call, "yes")
    await call.ends()
    assert answer.endswith("May I send it?")
    assert ("form.control", "submit") not in [(topic, data.get("type")) for topic, data in scene.clients.delivered]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_language_has_all_sentences(language: str) -> None:
    words, english = words_of(language), words_of("en")
    assert words is not None
    assert english is not None
    for key in GUIDE_KEYS:
        text = words.get(f"guide.{key}")
        assert text, key
        places = re.findall(r"{\w+}", english.get(f"guide.{key}"))
        assert sorted(re.findall(r"{\w+}", text)) == sorted(places), key
    for key in ("stop", "question", "lead", "link"):
        assert words.compiled(words.get(f"guide.{key}"))


async def test_a_whole_form_in_german() -> None:
    fields = [
        {"name": "name", "type": "text", "label": "Ihr Name", "required": True},
        {"name": "email", "type": "email", "label": "Ihre E-Mail-Adresse", "required": True},
        {"name": "date", "type": "date", "label": "Datum", "required": True},
        {"name": "time", "type": "time", "label": "Uhrzeit", "required": True},
        {"name": "people", "type": "number", "label": "Wie viele Personen?", "required": True},
    ]
    scene = Scene({"id": "book-demo", "title": "Demo buchen", "fields": fields}, "de")
    call = await scene.begin()
    heard = await replies(
        call,
        "book",
        "Ich heiße Jürgen Müller.",
        "juergen punkt mueller at example punkt com",
        "Ja, stimmt.",
        "Was kostet das?",
        "Übermorgen um halb vier.",
        "Wir sind vier.",
        "Ja, bitte.",
    )
    await call.ends()
    assert heard == [
        "Gern. Ihr Name?",
        "Ihre E-Mail-Adresse?",
        "juergen, Punkt, mueller, mit Doppel-l, at example Punkt com. Stimmt das?",
        "Datum?",
        "Hm. Datum?",
        "Donnerstag, 3. Dezember 2026. 15:30. Wie viele Personen?",
        "Ihr Name: Jürgen Müller. Datum: Donnerstag, 3. Dezember 2026. Uhrzeit: 15:30. Wie viele Personen?: 4. "
        "Darf ich es abschicken?",
        "Es ist abgeschickt.",
    ]


async def test_a_whole_form_in_japanese() -> None:
    fields = [
        {"name": "name", "type": "text", "label": "お名前", "required": True},
        {"name": "date", "type": "date", "label": "日付", "required": True},
        {"name": "people", "type": "number", "label": "人数", "required": True},
    ]
    scene = Scene({"id": "book-demo", "title": "予約", "fields": fields}, "ja")
    call = await scene.begin()
    heard = await replies(call, "book", "私の名前は田中です。", "明後日です。", "二人です。", "はい、お願いします。")
    await call.ends()
    assert heard[0] == "かしこまりました。お名前？"
    assert heard[-1] == "送信しました。"
    ((values, _),) = scene.desk.taken
    assert values == {"name": "田中", "date": "2026-12-03", "people": "2"}
