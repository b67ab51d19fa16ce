"""What the model sees of a long conversation, in languages with many tokens a letter."""

import pytest
from livekit.agents import llm

from services.agent.turns import tokens
from services.agent.turns.memory import Memory

# Tokens that SmolLM2's vocabulary makes of these texts.
COUNTED = [
    ("Of course. We open at nine in the morning on Saturday, and we close at half past five.", 21),
    ("Por supuesto. Abrimos a las nueve de la mañana los sábados y cerramos a las cinco y media.", 37),
    ("もちろんです。土曜日は朝九時に開店し、午後五時半に閉店いたします。", 58),
    ("当然可以。我们星期六早上九点开门，下午五点半关门。", 42),
    ("ज़रूर। हम शनिवार को सुबह नौ बजे खोलते हैं और शाम साढ़े पाँच बजे बंद करते हैं।", 90),
    ("물론입니다. 토요일은 오전 아홉 시에 열고 오후 다섯 시 반에 닫습니다.", 80),
    ("แน่นอน เราเปิดเก้าโมงเช้าวันเสาร์ และปิดห้าโมงครึ่ง", 92),
    ("4829130012345 67890 2026-11-30 15:04:25", 39),
    ('{"id": 48213, "state": "sent", "items": [{"sku": "A-17", "qty": 2}]}', 38),
    ("👍🎉😀🚀❤️✨", 18),
]
CONTEXT_TOKENS = 4_096
JAPANESE = "土曜日は朝九時に開店し、午後五時半に閉店いたします。"


def conversation(prompt: str, *said: str) -> llm.ChatContext:
    context = llm.ChatContext.empty()
    context.add_message(role="system", content=prompt)
    for number, text in enumerate(said):
        context.add_message(role="assistant" if number % 2 else "user", content=text)
    return context


def texts(context: llm.ChatContext) -> list[str]:
    return [item.text_content or "" for item in context.items if isinstance(item, llm.ChatMessage)]


@pytest.mark.parametrize(("text", "counted"), COUNTED)
def test_the_estimate_is_not_below_the_count_of_a_vocabulary_made_for_english(text: str, counted: int) -> None:
    assert counted <= tokens.estimate(text) <= 8 + len(text.encode())


@pytest.mark.parametrize("prompt", ["You help.", "You help. " * 300, "あなたは店員です。" * 60])
@pytest.mark.parametrize(
    "sentence", [JAPANESE, "We open at nine in the morning. ", "हम शनिवार को सुबह नौ बजे खोलते हैं। ", "1 2 3 "]
)
def test_what_the_model_sees_fits_its_context_and_ends_with_the_newest(prompt: str, sentence: str) -> None:
    memory = Memory()
    context = conversation(prompt)
    for number in range(200):
        context.add_message(role="user", content=f"{sentence * 3}{number}?")
        seen = texts(memory.seen(context))
        assert seen[0] == prompt
        assert seen[-1] == f"{sentence * 3}{number}?"
        assert sum(map(tokens.estimate, seen)) <= CONTEXT_TOKENS
        context.add_message(role="assistant", content=sentence * 3)
        memory.shorten(context)
    assert len(texts(memory.seen(context))) > 3


def test_a_message_that_is_longer_than_the_context_is_shortened_and_still_seen() -> None:
    memory = Memory()
    context = conversation("You help.", JAPANESE, JAPANESE, JAPANESE * 160)
    seen = texts(memory.seen(context))
    assert JAPANESE * 20 in seen[-1]
    assert seen[-1].endswith("…")
    assert sum(map(tokens.estimate, seen)) <= CONTEXT_TOKENS
    # The conversation itself keeps the whole message.
    assert texts(context)[-1] == JAPANESE * 160


def test_an_english_history_keeps_about_five_thousand_letters() -> None:
    said = ["We open at nine in the morning on Saturday, of course. "] * 90
    assert len(texts(Memory().seen(conversation("You help.", *said)))) == 91


def test_after_very_long_instructions_the_history_stays() -> None:
    said = [f"Question or answer {number}." for number in range(60)]
    seen = texts(Memory().seen(conversation("word " * 13_000, *said)))
    assert seen[1:] == said


def test_a_note_stands_before_the_newest_words_takes_its_room_and_is_not_kept() -> None:
    memory = Memory()
    context = conversation("You help.")
    note = "The form is open. " * 300
    for number in range(100):
        context.add_message(role="user", content=f"{JAPANESE}{number}?")
        seen = texts(memory.seen(context, note))
        assert seen[0] == "You help."
        assert seen[-2:] == [note, f"{JAPANESE}{number}?"]
        assert sum(map(tokens.estimate, seen)) <= CONTEXT_TOKENS
        context.add_message(role="assistant", content=JAPANESE)
    assert note not in texts(context)
    assert note not in texts(memory.seen(context))
