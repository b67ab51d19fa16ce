"""Answers that end after so many sentences."""

from __future__ import annotations

import time
from typing import Any

import pytest
from livekit.agents import llm

from services.agent.thinking.language_model import AnswerLimits, Model
from services.agent.thinking.late_markers import LateMarkers
from services.agent.thinking.sentence_limit import SentenceLimit
from services.agent.tools.tool import Arguments
from tests.fixtures.serverless import Answer, Call, ScriptedModel, cast, start, tool


@pytest.mark.parametrize(
    ("most", "text", "within"),
    [
        (0, "One. Two. Three.", "One. Two. Three."),
        (1, "One. Two. Three.", "One. "),
        (2, "One. Two. Three.", "One. Two. "),
        (3, "One. Two. Three.", "One. Two. Three."),
        (1, "At 9:30, 3.5 km from here. Then", "At 9:30, 3.5 km from here. "),
        (1, "Mr. Smith lives at no. 5 in St. Ives. He", "Mr. Smith lives at no. 5 in St. Ives. "),
        (1, 'He said: "Come in!" Then', 'He said: "Come in!" '),
        (1, "Really?! Yes.", "Really?! "),
        (1, "Well... Yes.", "Well... "),
        (1, "One.  \n", "One.  \n"),
        (1, "One. 🙂", "One. 🙂"),
        (1, "我们九点开门。请来。", "我们九点开门。"),
        (1, "「九時です。」どうぞ。", "「九時です。」"),
        (1, "हम नौ बजे खुलते हैं। आइए।", "हम नौ बजे खुलते हैं। "),
        (2, "Nous ouvrons à neuf heures. Venez ! Merci.", "Nous ouvrons à neuf heures. Venez ! "),
        (1, "Without an end", "Without an end"),
    ],
)
def test_so_many_sentences_pass(most: int, text: str, within: str) -> None:
    for size in (1, 2, 5, 1000):
        limit = SentenceLimit(most)
        passed = "".join(limit.push(text[start : start + size]) for start in range(0, len(text), size))
        assert passed.rstrip() == within.rstrip()
        assert limit.reached == (passed != text)
        assert not limit.reached or limit.push("More. And more.") == ""


def test_a_long_answer_without_an_end_is_read_in_linear_time() -> None:
    """It takes seconds if each piece has the whole text looked at again."""
    limit, began = SentenceLimit(10), time.process_time()
    assert sum(len(limit.push("and more words ")) for _ in range(4096)) == 4096 * 15
    assert time.process_time() - began < 1.0


class CountingModel(ScriptedModel):
    """told: how many words it has said."""

    told = 0

    def chat(self, **given: Any) -> llm.LLMStream:
        stream = super().chat(**given)
        tell = stream._tell  # type: ignore[attr-defined]

        def counted(delta: llm.ChoiceDelta) -> None:
            self.told += 1
            tell(delta)

        stream._tell = counted  # type: ignore[attr-defined]
        return stream


async def begun(answer: Answer, sentences: int, **more: Any) -> tuple[Call, CountingModel]:
    def answers(seen: llm.ChatContext) -> Answer:
        return Answer("Done.") if seen.items[-1].type == "function_call_output" else answer

    model = CountingModel(answers)
    limited = Model(model, model, own=False, late_markers=LateMarkers(), limits=AnswerLimits(sentences=sentences))
    return await start(cast(answers, "", aloud=True, model=limited, **more)), model


LONG = "We open at nine. We close at six. " + "Come and see our lamps, which are many. " * 20


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_an_answer_ends_after_its_sentences_and_the_model_stops() -> None:
    call, model = await begun(Answer(LONG), 2)
    await call.asks("when?")
    await call.ends()
    assert call.journal.turns()[-1] == ("agent", "We open at nine. We close at six.", False)
    assert not call.journal.faults()
    # The eight words, the one that begins the third sentence, and one that was on its way.
    assert 9 <= model.told <= 10


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_reasoning_counts_for_no_sentence() -> None:
    call, _ = await begun(Answer(pieces=["<think>One. Two. Three.</think>", "We open. ", "We close. ", "Bye."]), 1)
    await call.asks("when?")
    await call.ends()
    assert call.journal.turns()[-1] == ("agent", "We open.", False)


@pytest.mark.asyncio
@pytest.mark.looptime
@pytest.mark.parametrize("first", ["Let me look.", ""])
async def test_a_tool_is_still_called_after_the_last_sentence(first: str) -> None:
    ran: list[Arguments] = []

    async def look(arguments: Arguments) -> str:
        ran.append(arguments)
        return "found"

    call, _ = await begun(Answer(pieces=[first], calls=[("look", "{}")]), 1, tools=(tool("look", look),))
    await call.asks("find it")
    await call.ends()
    assert len(ran) == 1
    assert call.journal.turns()[-1] == ("agent", "Done.", False)
