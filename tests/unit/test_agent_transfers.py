"""A call that is handed over to other characters, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from livekit.agents import llm

from services.agent.call.cast import Cast
from services.agent.call.transfers import Transfers
from services.agent.client.messages import AgentHandoff
from services.agent.moments import HandedOver
from services.kit.errors import CallboxError, Code
from tests.fixtures.serverless import Answer, Call, ScriptedModel, cast, data_in, last_said, slow_voice, start, tool

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

Model = Callable[[llm.ChatContext], Answer | str]


class Company:
    """Characters that know each other by slug. told: the handovers, as (from, to, reason)."""

    def __init__(self, aloud: bool = False) -> None:
        self._makers: dict[str, Callable[[], Cast]] = {}
        self._aloud = aloud
        self.transfers = Transfers(self._make_ready)
        self.told: list[tuple[str, str, str]] = []

    def employ(
        self, slug: str, answer: Model, targets: list[str], greeting: str = "", reader: ScriptedModel | None = None
    ) -> None:
        def make() -> Cast:
            voice = slow_voice(slug) if self._aloud else None
            tools = tuple(self.transfers.tools(targets))
            known = {"prompt": f"You are {slug}.", "slug": slug, "name": slug.title()}
            made = cast(answer, greeting, aloud=self._aloud, voice=voice, tools=tools, **known)
            return made if reader is None else replace(made, model=replace(made.model, reader=reader, own=True))

        self._makers[slug] = make

    async def call(self, first: str) -> Call:
        def register(conversation: object) -> None:
            self.transfers.follow(conversation)  # type: ignore[arg-type]
            conversation.moments.handed_over.add(self._tell)  # type: ignore[attr-defined]

        return await start(self._makers[first](), register=register)

    async def end(self, call: Call) -> None:
        await self.transfers.close()
        await call.ends()

    async def _make_ready(self, slug: str) -> Cast:
        await asyncio.sleep(0.2)
        if slug not in self._makers:
            raise CallboxError(Code.NOT_FOUND, "Character not found.")
        return self._makers[slug]()

    def _tell(self, event: HandedOver) -> None:
        self.told.append((event.from_slug, event.to_slug, event.reason))


def said(call: Call) -> list[str]:
    return [text for role, text, _ in call.journal.turns() if role == "agent"]


def announced(call: Call) -> list[str]:
    return [message.agent_name for message in call.clients.sent if isinstance(message, AgentHandoff)]


def passing_on(slug: str, word: str, reason: str = "") -> Model:
    """A character that hands over when the caller says a word, and otherwise tells who it is."""

    def answer(seen: llm.ChatContext) -> Answer | str:
        last = seen.items[-1]
        if isinstance(last, llm.FunctionCallOutput):
            output = data_in(last.output)
            return "Goodbye." if output.startswith("The call goes to") else output
        name = next(item.text_content or "" for item in seen.items if isinstance(item, llm.ChatMessage))
        if word in last_said(seen):
            return Answer(calls=[(f"transfer_to_{slug.replace('-', '_')}", f'{{"reason": "{reason}"}}')])
        return f"{name.split('.')[0]}. You said {last_said(seen)}."

    return answer


@pytest.mark.parametrize("aloud", [False, True])
async def test_a_call_goes_to_another_character_and_back(aloud: bool) -> None:
    company = Company(aloud)
    company.employ("sales", passing_on("tech-help", "broken", "a lamp is broken"), ["tech-help"])
    company.employ("tech-help", passing_on("sales", "buy"), ["sales"], greeting="Tech here.")
    call = await company.call("sales")
    await call.asks("hello")
    await call.asks("it is broken")
    await call.asks("really")
    await call.asks("I want to buy one")
    await call.asks("a red one")
    await company.end(call)
    assert (
        said(call)
        == [
            "You are sales. You said hello.",
            "Goodbye.",
            "Tech here.",
            "You are tech-help. You said really.",
            "Goodbye.",
            # Without a greeting, the character goes on by itself.
            "You are sales. You said I want to buy one.",
            "You are sales. You said a red one.",
        ]
        or aloud
    )
    assert announced(call) == ["Tech-Help", "Sales"]
    turns = [event.turn for event in call.journal.events if event.HasField("turn")]
    assert [turn.text for turn in turns if turn.character_slug == "tech-help"] == [
        "Tech here.",
        "You are tech-help. You said really.",
        "Goodbye.",
    ]
    there, back = [event.handoff for event in call.journal.events if event.HasField("handoff")]
    assert (there.from_slug, there.to_slug, there.reason) == ("sales", "tech-help", "a lamp is broken")
    assert turns[there.turn_index].text == "Tech here."
    assert turns[back.turn_index].text == "You are sales. You said I want to buy one."
    tools = [event.tool for event in call.journal.events if event.HasField("tool")]
    assert [(each.name, each.character_slug) for each in tools] == [
        ("transfer_to_tech_help", ""),
        ("transfer_to_sales", "tech-help"),
    ]
    used = [event.usage for event in call.journal.events if event.HasField("usage")]
    counted = Counter[str]()
    for each in used:
        counted[each.character_slug] += each.turn_count
    # Each has its own turns and those of the caller that it answered.
    by_tech = [turn for turn in turns if turn.character_slug == "tech-help"]
    assert counted == {"": len(turns) - len(by_tech) - 2, "tech-help": len(by_tech) + 2}
    if aloud:
        spoken_by = {each.tts_provider: each.character_slug for each in used if each.tts_provider}
        assert spoken_by == {"sales": "", "tech-help": "tech-help"}
    assert company.told == [("sales", "tech-help", "a lamp is broken"), ("tech-help", "sales", "")]


async def test_the_next_character_knows_what_was_said_and_why_it_came() -> None:
    company = Company()
    company.employ("sales", passing_on("tech", "broken", "a lamp is broken"), ["tech"], greeting="Hi.")
    company.employ("tech", lambda seen: "Fine.", [], greeting="Tech here.")
    call = await company.call("sales")
    await call.asks("it is broken")
    await call.asks("help")
    await company.end(call)
    seen = [item for item in call.asked[-1].items if isinstance(item, llm.ChatMessage)]
    assert (
        seen[0].text_content
        == "You are tech.\n\nYou have taken over this call from Sales. The reason: a lamp is broken"
    )
    assert [(item.role, item.text_content) for item in seen[1:]] == [
        ("assistant", "Hi."),
        ("user", "it is broken"),
        ("assistant", "Goodbye. "),
        ("assistant", "Tech here."),
        ("user", "help"),
    ]


async def test_a_tool_that_runs_does_not_hold_up_a_handover_and_stands_in_the_history_of_who_called_it() -> None:
    async def search(_: object) -> str:
        await asyncio.sleep(60)
        return "found"

    company = Company()
    company.employ("tech", lambda seen: "Fine.", [], greeting="Tech here.")

    def answer(seen: llm.ChatContext) -> Answer | str:
        given = {item.name for item in seen.items if isinstance(item, llm.FunctionCallOutput)}
        if last_said(seen).endswith("it is broken"):
            return "Goodbye." if "transfer_to_tech" in given else Answer(calls=[("transfer_to_tech", "{}")])
        return "I search." if "search" in given else Answer(calls=[("search", "{}")])

    tools = (tool("search", search), *company.transfers.tools(["tech"]))
    call = await start(cast(answer, "Hi.", slug="sales", tools=tools), register=company.transfers.follow)
    await call.asks("search", 3.0)
    await call.asks("it is broken", 5.0)
    assert said(call) == ["Hi.", "Goodbye.", "Tech here."]
    await company.end(call)
    called = [event.tool for event in call.journal.events if event.HasField("tool")]
    assert [(each.name, each.error, each.character_slug) for each in called] == [
        ("transfer_to_tech", "", ""),
        ("search", "cancelled", ""),
    ]


async def test_a_goodbye_that_was_said_already_is_not_said_again() -> None:
    def answer(seen: llm.ChatContext) -> Answer | str:
        return Answer("I pass you on.", calls=[("transfer_to_tech", "{}")])

    company = Company()
    company.employ("sales", answer, ["tech"])
    company.employ("tech", lambda seen: "Fine.", [], greeting="Tech here.")
    call = await company.call("sales")
    await call.asks("it is broken")
    await company.end(call)
    assert said(call) == ["I pass you on.", "Tech here."]


async def test_a_character_that_is_gone_is_told_to_the_model_and_the_call_goes_on() -> None:
    company = Company()
    company.employ("sales", passing_on("gone", "broken"), ["gone"])
    call = await company.call("sales")
    await call.asks("it is broken")
    await call.asks("hello")
    await company.end(call)
    assert '"error": "not_found"' in said(call)[0]
    assert said(call)[1] == "You are sales. You said hello."
    assert announced(call) == []


async def test_characters_that_send_the_call_round_are_stopped() -> None:
    def always(slug: str) -> Model:
        def answer(seen: llm.ChatContext) -> Answer | str:
            last = seen.items[-1]
            if isinstance(last, llm.FunctionCallOutput) and "error" in last.output:
                return "Then I help you."
            return Answer(calls=[(f"transfer_to_{slug}", "{}")])

        return answer

    company = Company()
    company.employ("a", always("b"), ["b"])
    company.employ("b", always("a"), ["a"])
    call = await company.call("a")
    await call.asks("help", 60.0)
    await company.end(call)
    assert len(company.told) == 3
    assert said(call)[-1] == "Then I help you."


async def test_what_is_typed_during_a_handover_is_answered_by_the_next_character() -> None:
    company = Company(aloud=True)
    company.employ("sales", passing_on("tech", "broken"), ["tech"])
    company.employ("tech", passing_on("sales", "never"), [], greeting="Tech here.")
    call = await company.call("sales")
    await call.asks("it is broken", 1.3)
    await call.asks("are you there", 20.0)
    await company.end(call)
    assert said(call)[-1].endswith("You said are you there.")
    assert company.told == [("sales", "tech", "")]
    assert call.journal.faults() == []


@pytest.mark.parametrize("moment", [0.4, 0.6, 1.0, 1.5, 2.0])
async def test_a_caller_who_hangs_up_during_a_handover_leaves_a_complete_history(moment: float) -> None:
    company = Company(aloud=True)
    company.employ("sales", passing_on("tech", "broken"), ["tech"])
    company.employ("tech", passing_on("sales", "never"), [], greeting="Tech here.")
    call = await company.call("sales")
    await call.asks("it is broken", moment)
    await call.ends()
    await company.transfers.close()
    assert call.journal.ends() == ["client_left"]
    assert call.journal.events[-1].HasField("end")


async def test_the_new_character_reads_the_conversation_while_it_greets() -> None:
    """A local model needs seconds for another prompt and all that was said."""
    company, reader = Company(), ScriptedModel(lambda _: "")
    company.employ("sales", passing_on("tech-help", "broken"), ["tech-help"])
    company.employ("tech-help", passing_on("sales", "buy"), ["sales"], greeting="Tech here.", reader=reader)
    call = await company.call("sales")
    await call.asks("it is broken", 10.0)
    read = texts(reader.asked[0])
    await call.asks("really", 10.0)
    await company.end(call)
    assert len(reader.asked) == 1
    assert read[0].startswith("You are tech-help.")
    # The greeting is not over yet.
    assert read[1:-1] == ["it is broken", "Goodbye."]
    asked = texts(call.asked[-1])
    assert asked == [*read[:-1], "Tech here.", "really"]


def texts(seen: llm.ChatContext) -> list[str]:
    return [(item.text_content or "").strip() for item in seen.items if isinstance(item, llm.ChatMessage)]
