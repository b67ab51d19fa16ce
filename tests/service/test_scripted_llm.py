"""The scripted language model of the tests, asked by the client that the worker uses."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from livekit.agents import llm
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from services.agent.fallback_models import Fallback
from services.agent.thinking.language_model import AnswerLimits, language_model
from services.agent.thinking.reading_ahead import ReadingAhead, opening
from tests.fixtures.scripted_llm import MODEL, ScriptedLLM
from tests.fixtures.sessions import until

KEY = "sk-very-secret"
SCRIPT = """
first_token_ms: 0
tokens_per_second: 2000
answers:
  - {when: empty, say: ""}
  - {when: blanks, say: "  "}
  - {when: late, say: Here I am., first_token_ms: 250}
  - {when: pause, say: One moment. Here it is., pause: {after_words: 2, ms: 250}}
  - {when: cut, say: We open at nine., broken: {how: cut, after_words: 2}}
  - {when: malformed, say: We open at nine., broken: {how: malformed, after_words: 2}}
  - {when: no end, say: We open at nine., broken: {how: no_done}}
  - {when: refused, say: "", broken: {how: refusal}}
  - {when: filtered, say: We open at nine., broken: {how: content_filter, after_words: 2}}
  - {when: first time, say: We open at nine., broken: {how: cut, after_words: 0, times: 1}}
  - {when: key, refuse: {status: 401, message: The key is wrong.}}
  - {when: busy, say: Well again., refuse: {status: 429, retry_after_seconds: 2, times: 2}}
  - {when: fault, say: Well again., refuse: {status: 500, times: 1}}
  - when: where is my order
    say: Let me look.
    call:
      - {name: find_order, arguments: {number: 7, of: "Zoë"}, pieces: 4}
  - when: two at once
    call:
      - {name: find_order, arguments: {number: 1}}
      - {name: send_mail, arguments: {}}
  - {when: bad arguments, call: [{name: find_order, arguments: '{"number": '}]}
  - {when: unknown, call: [{name: no_such_tool}]}
  - {when: as text, say: '{"name": "find_order", "arguments": {"number": 7}}'}
  - {when_tool: '"state": "sent"', say: It is on its way.}
  - {when_tool: error, when: politely, say: "I am sorry, that did not work."}
otherwise: I do not know.
"""
TOOLS: list[Any] = [{"type": "function", "function": {"name": "find_order", "parameters": {"type": "object"}}}]


@pytest.fixture(scope="module")
def script() -> Iterator[ScriptedLLM]:
    with ScriptedLLM(SCRIPT) as running:
        yield running


@pytest.fixture
async def client(script: ScriptedLLM) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=script.url, api_key=KEY, max_retries=0) as client:
        yield client


def conversation(said: str, *tool_results: str) -> list[Any]:
    messages: list[Any] = [{"role": "system", "content": "Be short."}, {"role": "user", "content": said}]
    if tool_results:
        function = {"name": "find_order", "arguments": "{}"}
        calls = [{"id": f"c{n}", "type": "function", "function": function} for n in range(len(tool_results))]
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        messages += [{"role": "tool", "tool_call_id": f"c{n}", "content": each} for n, each in enumerate(tool_results)]
    return messages


async def stream(client: openai.AsyncOpenAI, said: str, *tool_results: str) -> AsyncIterator[ChatCompletionChunk]:
    asked = conversation(said, *tool_results)
    async for chunk in await client.chat.completions.create(model=MODEL, messages=asked, tools=TOOLS, stream=True):
        yield chunk


async def say(client: openai.AsyncOpenAI, said: str, *tool_results: str) -> str:
    """The whole text of a streamed answer."""
    return "".join([text async for text in texts(stream(client, said, *tool_results))])


async def texts(chunks: AsyncIterator[ChatCompletionChunk]) -> AsyncIterator[str]:
    async for chunk in chunks:
        if chunk.choices and chunk.choices[0].delta.content:
            yield chunk.choices[0].delta.content


async def whole(client: openai.AsyncOpenAI, said: str) -> ChatCompletion:
    """An answer that is not streamed."""
    return await client.chat.completions.create(model=MODEL, messages=conversation(said), tools=TOOLS)


async def calls(chunks: AsyncIterator[ChatCompletionChunk]) -> tuple[list[tuple[str, str]], int]:
    """Name and arguments of each tool call of a streamed answer, and the number of pieces of arguments."""
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    reasons: list[str | None] = []
    pieces = 0
    async for chunk in chunks:
        for choice in chunk.choices:
            reasons.append(choice.finish_reason)
            for call in choice.delta.tool_calls or ():
                assert call.function is not None
                if call.id is not None:
                    names[call.index] = call.function.name or ""
                    arguments[call.index] = ""
                pieces += bool(call.function.arguments)
                arguments[call.index] += call.function.arguments or ""
    assert reasons[-1] == "tool_calls"
    return [(names[index], arguments[index]) for index in sorted(names)], pieces


async def test_an_answer_comes_word_by_word_or_whole(client: openai.AsyncOpenAI) -> None:
    chunks = [chunk async for chunk in stream(client, "What else?")]
    assert [chunk.choices[0].delta.content for chunk in chunks[:-2]] == ["I", " do", " not", " know."]
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 4
    assert (await whole(client, "What else?")).choices[0].message.content == "I do not know."
    assert [model.id async for model in client.models.list()] == [MODEL]


@pytest.mark.parametrize(("said", "text"), [("empty", ""), ("blanks", "  ")])
async def test_an_answer_may_be_empty(client: openai.AsyncOpenAI, said: str, text: str) -> None:
    assert await say(client, said) == text
    assert (await whole(client, said)).choices[0].message.content == text


async def test_an_answer_may_begin_late(client: openai.AsyncOpenAI) -> None:
    began = time.monotonic()
    assert await anext(texts(stream(client, "late"))) == "Here"
    assert time.monotonic() - began >= 0.25


async def test_an_answer_may_pause(client: openai.AsyncOpenAI) -> None:
    at = {text: time.monotonic() async for text in texts(stream(client, "pause"))}
    assert list(at) == ["One", " moment.", " Here", " it", " is."]
    assert at[" Here"] - at[" moment."] >= 0.2


@pytest.mark.parametrize(
    ("said", "fault"), [("cut", openai.APIConnectionError), ("malformed", json.JSONDecodeError), ("no end", None)]
)
async def test_an_answer_may_break(client: openai.AsyncOpenAI, said: str, fault: type[Exception] | None) -> None:
    heard: list[str] = []
    reasons: list[str | None] = []

    async def hear() -> None:
        async for chunk in stream(client, said):
            heard.append(chunk.choices[0].delta.content or "")
            reasons.append(chunk.choices[0].finish_reason)

    if fault is None:
        await hear()
        assert heard == ["We", " open", " at", " nine."]
    else:
        with pytest.raises(fault):
            await hear()
        assert heard == ["We", " open"]
    assert set(reasons) == {None}


async def test_an_answer_may_break_once(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.APIConnectionError):
        await say(client, "first time")
    assert await say(client, "first time") == "We open at nine."


async def test_a_request_may_be_refused_for_good(client: openai.AsyncOpenAI) -> None:
    for _ in range(2):
        with pytest.raises(openai.AuthenticationError, match=r"The key is wrong\."):
            await say(client, "key")


async def test_a_request_may_be_refused_some_times(client: openai.AsyncOpenAI) -> None:
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as refused:
            await say(client, "busy")
        assert refused.value.response.headers["retry-after"] == "2"
    assert await say(client, "busy") == "Well again."
    with pytest.raises(openai.InternalServerError):
        await whole(client, "fault")
    assert (await whole(client, "fault")).choices[0].message.content == "Well again."


async def test_a_tool_is_called_in_pieces_after_a_text(client: openai.AsyncOpenAI) -> None:
    found, pieces = await calls(stream(client, "Where is my order?"))
    (name, arguments) = found[0]
    assert (name, json.loads(arguments)) == ("find_order", {"number": 7, "of": "Zoë"})
    assert pieces == 4
    assert await say(client, "Where is my order?") == "Let me look."
    choice = (await whole(client, "Where is my order?")).choices[0]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "Let me look.")
    assert choice.message.tool_calls is not None
    assert choice.message.tool_calls[0].type == "function"
    assert choice.message.tool_calls[0].function.name == "find_order"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("two at once", [("find_order", '{"number": 1}'), ("send_mail", "{}")]),
        ("bad arguments", [("find_order", '{"number": ')]),
        ("unknown", [("no_such_tool", "{}")]),
    ],
)
async def test_tools_are_called(client: openai.AsyncOpenAI, said: str, expected: list[tuple[str, str]]) -> None:
    assert (await calls(stream(client, said)))[0] == expected


async def test_a_tool_call_may_be_written_as_text(client: openai.AsyncOpenAI) -> None:
    assert json.loads(await say(client, "as text")) == {"name": "find_order", "arguments": {"number": 7}}


async def test_the_answer_may_depend_on_what_the_tools_gave_back(client: openai.AsyncOpenAI) -> None:
    assert await say(client, "Where is my order?", '{"state": "sent"}') == "It is on its way."
    assert await say(client, "Where is my order?", "{}", '{"state": "sent"}') == "It is on its way."
    assert await say(client, "Ask politely.", '{"error": "timeout"}') == "I am sorry, that did not work."
    # What calls a tool is not asked again about its result.
    assert await say(client, "Where is my order?", '{"error": "timeout"}') == "I do not know."


async def test_requests_are_kept_whole_and_without_secrets(script: ScriptedLLM, client: openai.AsyncOpenAI) -> None:
    await say(client, "Where is my order?", "first", "second")
    request = script.requests[-1]
    assert request.messages == conversation("Where is my order?", "first", "second")
    assert request.tools == TOOLS
    assert request.body["stream"] is True
    assert (request.said, request.tool_results) == ("Where is my order?", "first\nsecond")
    assert script.asked[-1] == "Where is my order?"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == "(hidden)"
    assert KEY not in repr(request)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("answers: [", "the script is no YAML"),
        ("just a text", "the whole: Input should be a valid dictionary"),
        ("answers: []", "otherwise: Field required"),
        ("{otherwise: x, answers: [{say: a}]}", "answers.0 has neither `when` nor `when_tool`"),
        ("{otherwise: x, answers: [{when: a}]}", "has neither `say` nor `call`"),
        ("{otherwise: x, answers: [{when: '(', say: a}]}", "answers.0.when: .* is no regular expression"),
        ("{otherwise: x, answers: [{when: a, say: 9}]}", "answers.0.say: Input should be a valid string"),
        ("{otherwise: x, answers: [{when: a, tell: b}]}", "answers.0.tell: Extra inputs are not permitted"),
        ("{otherwise: x, answers: [{when: a, say: b, refuse: {status: 200}}]}", "answers.0.refuse.status: .* 400"),
        ("{otherwise: x, answers: [{when: a, say: b, broken: {how: bent}}]}", "answers.0.broken.how: .*'cut'"),
        ("{otherwise: {when: a, say: b}}", "`otherwise` is what no condition matches"),
    ],
)
def test_a_script_that_cannot_be_followed_says_why(wrong: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ScriptedLLM(wrong)


def test_a_script_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text("otherwise: Hello")
    with ScriptedLLM(tmp_path / "script.yaml") as running:
        assert running.answer("anything") == "Hello"
    (tmp_path / "script.yaml").write_text("otherwise: []")
    with pytest.raises(ValueError, match=r"script\.yaml cannot be followed"):
        ScriptedLLM(tmp_path / "script.yaml")


async def test_reading_ahead_asks_for_one_token(script: ScriptedLLM) -> None:
    before = len(script.requests)

    async def asked() -> bool:
        return len(script.requests) > before

    async def seen() -> llm.ChatContext:
        return opening("You help.", "Hello!")

    async with language_model(script.url, MODEL, KEY) as model:
        reading = ReadingAhead()
        reading.start(model, seen, [])
        await until(asked)
        await reading.close()
    assert script.requests[-1].body["max_completion_tokens"] == 1


@pytest.mark.parametrize("question", ["my key", "busy"])
async def test_a_refusal_is_answered_by_the_fallback_model(question: str) -> None:
    with ScriptedLLM(SCRIPT) as first, ScriptedLLM("otherwise: I am the second.") as second:
        fallbacks = [Fallback(second.url, MODEL)]
        async with language_model(first.url, MODEL, KEY, fallbacks=fallbacks) as model:
            for _ in range(2):
                context = llm.ChatContext.empty()
                context.add_message(role="user", content=question)
                answer = await model.llm.chat(chat_ctx=context).collect()
                assert answer.text == "I am the second."
        assert len(first.requests) == 1


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("cut", "We open at ten."),
        ("malformed", "We open at ten."),
        ("filtered", "We open at ten."),
        ("refused", "at ten."),
    ],
)
async def test_an_answer_that_breaks_off_is_ended_by_the_fallback_model(question: str, whole: str) -> None:
    """Over HTTP, through the one request at a time that a model on the operator's machines gets."""
    with ScriptedLLM(SCRIPT) as first, ScriptedLLM("otherwise: at ten.") as second:
        fallbacks = [Fallback(second.url, MODEL)]
        async with language_model(first.url, MODEL, KEY, fallbacks=fallbacks) as model:
            context = llm.ChatContext.empty()
            context.add_message(role="user", content=question)
            for _ in range(2):
                assert (await model.llm.chat(chat_ctx=context).collect()).text in (whole, "at ten.")
        faulty = question in ("cut", "malformed")
        assert (len(first.requests), len(second.requests)) == (1 if faulty else 2, 2)
        assert [message["role"] for message in second.requests[0].messages] == (
            ["user"] if question == "refused" else ["user", "assistant", "user"]
        )


async def test_an_answer_is_asked_for_with_its_limit(script: ScriptedLLM) -> None:
    for limits, tokens in ((None, 160), (AnswerLimits(tokens=300), 300)):
        async with language_model(script.url, MODEL, KEY, limits=limits) as model:
            context = llm.ChatContext.empty()
            context.add_message(role="user", content="Where is my order?")
            await model.llm.chat(chat_ctx=context).collect()
        assert script.requests[-1].body["max_completion_tokens"] == tokens
