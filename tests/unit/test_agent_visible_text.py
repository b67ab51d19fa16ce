"""What a caller gets of an answer with reasoning, tool calls or markup in its text, however it is cut into pieces."""

import json
import random
import time

import pytest

from services.agent.thinking.visible_text import VisibleText

OFFERED = ("find", "book")
Calls = list[tuple[str, dict[str, object]]]


def visible(pieces: list[str], *, late_markers: bool = False) -> tuple[str, Calls]:
    answer = VisibleText(OFFERED, late_markers=late_markers)
    text = "".join(map(answer.push, pieces)) + answer.finish()
    return text, [(call.name, json.loads(call.arguments)) for call in answer.calls]


def cut(text: str, seed: int) -> list[str]:
    """The text in pieces. seed: 0 for single letters, 1 for one piece, else random pieces."""
    if seed < 2:
        return [text] if seed else list(text)
    chance, pieces = random.Random(seed), []
    while text:
        size = chance.randint(1, 12)
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def always(text: str, *, late_markers: bool = False) -> tuple[str, Calls]:
    """What is visible of a text, which must be the same however it is cut."""
    (first, *others) = [visible(cut(text, seed), late_markers=late_markers) for seed in range(12)]
    assert all(other == first for other in others)
    return first


@pytest.mark.parametrize(
    "answer",
    [
        "<think>They ask for hours.</think>We open at nine.",
        "<think>\nThey ask.\n</think>\n\nWe open at nine.",
        "<THINK>They ask.</THINK>We open at nine.",
        "<thinking>They ask.</thinking>We open at nine.",
        "<thought>They ask.</thought>We open at nine.",
        "<reasoning effort='low'>They ask.</reasoning>We open at nine.",
        "<seed:think>They ask.</seed:think>We open at nine.",
        "<think>They ask.</thinking>We open at nine.",
        "[THINK]They ask.[/THINK]We open at nine.",
        "◁think▷They ask.◁/think▷We open at nine.",
        "<|channel>thought\nThey ask.<channel|>We open at nine.",
        "<|START_THINKING|>They ask.<|END_THINKING|><|START_RESPONSE|>We open at nine.<|END_RESPONSE|>",
        "<|begin_of_thought|>They ask.<|end_of_thought|><|begin_of_solution|>We open at nine.<|end_of_solution|>",
        "<|inner_prefix|>They ask.<|inner_suffix|>We open at nine.",
        "<|think:start|>They ask.<|think:end|>We open at nine.",
        "[unused16]They ask.[unused17]We open at nine.",
        "<|channel|>analysis<|message|>They ask.<|end|>"
        "<|start|>assistant<|channel|>final<|message|>We open at nine.<|return|>",
        "<|channel|>analysis<|message|>They ask.<|start|>assistant<|channel|>final<|message|>We open at nine.",
        "analysisThey ask for hours.assistantfinalWe open at nine.",
        "<think>They ask.</think><answer>We open at nine.</answer>",
        '<think>A call: {"name": "find", "arguments": {}}? No.</think>We open at nine.',
        "We open <think>nine?</think>at nine.<|im_end|>",
    ],
)
def test_reasoning_is_removed_in_every_spelling(answer: str) -> None:
    assert always(answer) == ("We open at nine.", [])


@pytest.mark.parametrize(
    "start", ["<think>", "[THINK]", "<|channel|>analysis<|message|>", "<|START_THINKING|>", "◁think▷"]
)
def test_reasoning_that_is_never_closed_is_removed(start: str) -> None:
    assert always(f"{start}They ask for hours. We open at") == ("", [])
    assert always(f"We do. {start}They ask for hours. We open at") == ("We do. ", [])


@pytest.mark.parametrize(
    "start",
    ["Okay, the user wants to know.", "We need to answer with hours.", "User asks for hours.", "好的，用户想知道。"],
)
def test_reasoning_without_an_opening_marker_is_recognised_by_its_first_words(start: str) -> None:
    assert always(f"{start} Nine.</think>\n\nWe open at nine.") == ("We open at nine.", [])
    # Without a closing marker it is the answer.
    assert always(f"{start} Nine.") == (f"{start} Nine.", [])


def test_a_model_that_never_opens_its_reasoning_is_held_back_until_it_closes_it() -> None:
    assert always("Nine o'clock, I think.</think>We open at nine.", late_markers=True) == ("We open at nine.", [])
    assert always("We open at nine.", late_markers=True) == ("We open at nine.", [])


def test_a_late_closing_marker_is_noted_and_what_follows_is_told() -> None:
    answer = VisibleText()
    assert answer.push("Nine o'clock, I think. ") == "Nine o'clock, I think. "
    assert answer.push("</think>\n\n") == ""
    assert answer.has_late_marker
    assert not answer.told
    assert answer.push("We open at nine.") == "We open at nine."


@pytest.mark.parametrize(
    "answer",
    [
        '{"name": "find", "arguments": {"day": "Monday"}}',
        ' {"name": "find", "parameters": {"day": "Monday"}}',
        '{"type": "function", "name": "find", "parameters": {"day": "Monday"}}',
        '[{"name": "find", "arguments": {"day": "Monday"}}]',
        '{"tool_calls": [{"function": {"name": "find", "arguments": "{\\"day\\": \\"Monday\\"}"}}]}',
        '```json\n{"name": "find", "arguments": {"day": "Monday"}}\n```',
        '<tool_call>\n{"name": "find", "arguments": {"day": "Monday"}}\n</tool_call>',
        '<tool_call>{"name": "find", "arguments": {"day": "Monday"}}',
        "<tool_call>find\n<arg_key>day</arg_key>\n<arg_value>Monday</arg_value>\n</tool_call>",
        "<tool_call><function=find>\n<parameter=day>\nMonday\n</parameter>\n</function></tool_call>",
        '<function=find>{"day": "Monday"}</function>',
        '<function_calls><invoke name="find"><parameter name="day">Monday</parameter></invoke></function_calls>',
        '<minimax:tool_call><invoke name="find"><parameter name="day">Monday</parameter></invoke></minimax:tool_call>',
        '<｜DSML｜function_calls><｜DSML｜invoke name="find"><｜DSML｜parameter name="day" string="true">Monday'
        "</｜DSML｜parameter></｜DSML｜invoke></｜DSML｜function_calls>",
        '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>find\n```json\n{"day": "Monday"}\n```'
        "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        '<|tool_calls_section_begin|><|tool_call_begin|>functions.find:0<|tool_call_argument_begin|>{"day": "Monday"}'
        "<|tool_call_end|><|tool_calls_section_end|>",
        '[TOOL_CALLS]find[ARGS]{"day": "Monday"}',
        '[TOOL_CALLS] [{"name": "find", "arguments": {"day": "Monday"}}]',
        '<|python_tag|>{"name": "find", "parameters": {"day": "Monday"}}<|eom_id|>',
        '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "find", "parameters": {"day": "Monday"}}]<|END_ACTION|>',
        '<|tool_call|>[{"name": "find", "arguments": {"day": "Monday"}}]',
        '<TOOLCALL>[{"name": "find", "arguments": {"day": "Monday"}}]</TOOLCALL>',
        '<|tool_call_start|>[find(day="Monday")]<|tool_call_end|>',
        'find(day="Monday")',
        '<|channel|>commentary to=functions.find <|constrain|>json<|message|>{"day": "Monday"}<|call|>',
        '<think>They ask.</think>{"name": "find", "arguments": {"day": "Monday"}}',
        '<think>They ask. <tool_call>{"name": "find", "arguments": {"day": "Monday"}}</tool_call>',
    ],
)
def test_a_tool_call_written_as_text_is_read_and_not_told(answer: str) -> None:
    assert always(answer) == ("", [("find", {"day": "Monday"})])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ('{"name": "unknown", "arguments": {}}', ""),
        ('{"name": "find", "arguments": {"day": "Mon', ""),
        ('```json\n{"name": "find", "arguments": {"day": "Mon', ""),
        ("<tool_call>no call at all</tool_call>", ""),
        ('Like this: {"name": "find", "arguments": {}}', "Like this: "),
        ("<start_function_call>call:find{day:<escape>Monday<escape>}<end_function_call>Hi.", "Hi."),
    ],
)
def test_a_tool_call_that_cannot_be_executed_is_not_told_either(answer: str, told: str) -> None:
    assert always(answer) == (told, [])


def test_a_marked_tool_call_after_other_text_is_read() -> None:
    answer = 'One moment. <tool_call>{"name": "book", "arguments": {"seats": 2}}</tool_call>'
    assert always(answer) == ("One moment. ", [("book", {"seats": 2})])


@pytest.mark.parametrize(
    "text",
    [
        "We open at nine.",
        "If a < b and b > c, then a<b>c.",
        "I <3 you",
        "She is <thinking of you> now, <b>really</b>.",
        "The [THINK tank] met, see [1] and [laughs].",
        "Think about it. Thinking is free </3",
        'The object {"name": "Bob", "age": 4} has a name.',
        '{"name": "Bob", "age": 4}',
        "Write `x` or ```py\nprint(1)\n``` as code.",
        "A set is {1, 2}, a list is [1, 2], a map is {x: [",
        "analysis shows that we are open",
        "The user manual says so. We need to know your name.",
        "find the door, then call us",
        "*laughs* Fine, we <",
        "(We open) at nine `",
        "价格 < 5 元。「好」",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert always(text) == (text, [])


@pytest.mark.parametrize(
    "text", ["", "  \n ", "👍🎉", "**", "# \n---\n", "```\n```", "*laughs*", "[sighs]", "<br>", "…", "🙂 !"]
)
def test_a_text_without_a_word_is_no_answer(text: str) -> None:
    assert always(text) == ("", [])


@pytest.mark.parametrize("text", ["5", "½", "👍 Yes", "**Yes**", "是", "हाँ"])
def test_a_text_with_a_word_is_an_answer(text: str) -> None:
    assert always(text) == (text, [])


def test_ordinary_text_is_not_held_back() -> None:
    answer = VisibleText(OFFERED)
    words = ["Of ", "course, ", "we ", "open ", "at ", "nine."]
    assert [answer.push(word) for word in words] == words


@pytest.mark.parametrize("part", ["<", "[ ", "<think ", '{"name": "x{[', "`", "word ", "*a", "<|", "{'args':"])
def test_a_long_strange_answer_takes_little_time(part: str) -> None:
    began = time.thread_time()
    answer = VisibleText(OFFERED)
    for _ in range(2_000):
        answer.push(part)
    answer.finish()
    assert time.thread_time() - began < 5.0
