"""Answers that break off, in whole conversations and virtual time: which model goes on, and what the caller hears."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from prometheus_client import REGISTRY

from services.agent.fallback_models import Fallback
from services.agent.speech.phrases import PHRASES, Line
from services.agent.thinking import endpoint
from services.agent.thinking.language_model import language_model
from services.agent.tools.tool import Arguments
from tests.fixtures.serverless import Call, cast, start, tool

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

TROUBLE = PHRASES["en"][Line.TROUBLE]
FIRST_URL, SECOND_URL, THIRD_URL = (f"https://{name}.test/v1" for name in ("first", "second", "third"))
HALF, REST = "The shop opens at nine, and it ", "closes at six."
TOKEN_SECONDS = 0.02


def said(text: str) -> list[dict[str, Any]]:
    """The deltas of a text, word by word."""
    return [{"content": f"{word} "} for word in text.split()]


@dataclass
class Server:
    """A model server. deltas: of each answer. finish: its reason. fault: raised after the deltas.

    stall: seconds without a token after the deltas. raw: bytes that follow. body: in place of the events. asked: the
    bodies of the requests.
    """

    deltas: Sequence[dict[str, Any]] = ()
    finish: str = "stop"
    fault: Exception | None = None
    stall: float = 0.0
    raw: bytes = b""
    status: int = 200
    body: bytes | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(json.loads(request.content))
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        return httpx2.Response(self.status, headers=headers, content=self.body or self._events())

    async def _events(self) -> AsyncIterator[bytes]:
        await asyncio.sleep(0.2)
        for delta in self.deltas:
            yield self._event(delta)
            await asyncio.sleep(TOKEN_SECONDS)
        await asyncio.sleep(self.stall)
        if self.fault is not None:
            raise self.fault
        if self.raw:
            yield self.raw
            return
        yield self._event({}, self.finish)
        yield b"data: [DONE]\n\n"

    def _event(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        event = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        return b"data: " + json.dumps(event).encode() + b"\n\n"


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_silent_turn() -> Iterator[None]:
    def silent() -> float:
        return REGISTRY.get_sample_value("callbox_silent_turns_total") or 0.0

    before = silent()
    yield
    assert silent() == before


class Models:
    """The models of a call, the first one and its fallbacks."""

    def __init__(self, stack: AsyncExitStack, patch: pytest.MonkeyPatch) -> None:
        self._stack = stack
        self._patch = patch

    async def begin(self, *servers: Server, **more: Any) -> Call:
        urls = (FIRST_URL, SECOND_URL, THIRD_URL)
        known = dict(zip(urls, servers, strict=False))
        self._patch.setattr(endpoint, "_transport", lambda url: httpx2.MockTransport(known[url].handle))
        fallbacks = [Fallback(url, url[8:].split(".")[0]) for url in urls[1 : len(servers)]]
        opened = language_model(FIRST_URL, "first", "", fallbacks=fallbacks)
        model = await self._stack.enter_async_context(opened)
        return await start(cast(lambda _: "", "", aloud=True, model=model, **more))


@pytest.fixture
def models(stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch) -> Models:
    return Models(stack, monkeypatch)


async def answered(call: Call, text: str = "when?", seconds: float = 30.0) -> list[str]:
    """Asks and hangs up. Returns what the agent said."""
    assert call.sound is not None
    asked_at = asyncio.get_running_loop().time()
    await call.asks(text, seconds)
    # The burst of typed messages, the first token, and the bound for what follows a fault.
    assert call.sound.loudspeaker.began[0] - asked_at < 0.5 + 0.3 + 2.5
    await call.ends()
    return [text for role, text, _ in call.journal.turns() if role == "agent"]


BREAKS: dict[str, dict[str, Any]] = {
    "cut": {"fault": httpx2.RemoteProtocolError("cut")},
    "read error": {"fault": httpx2.ReadError("reset")},
    "malformed": {"raw": b'data: {"id": "1", "choi\n\n'},
    "no object": {"raw": b"data: 5\n\n"},
    "error event": {"raw": b'data: {"error": {"message": "out of memory"}}\n\n'},
    "filter": {"finish": "content_filter"},
    # The connection itself gives up after ten seconds.
    "stalled": {"stall": 10.0, "fault": httpx2.ReadTimeout("late")},
}


@pytest.mark.parametrize("how", BREAKS)
async def test_the_next_model_goes_on_with_an_answer_that_breaks_off(models: Models, how: str) -> None:
    first, second = Server(said(HALF), **BREAKS[how]), Server(said(REST))
    call = await models.begin(first, second)
    assert await answered(call) == [HALF + REST]
    assert not call.journal.faults()
    (asked,) = second.asked
    assert asked["model"] == "second"
    question, half, instruction = asked["messages"][-3:]
    assert (question["role"], question["content"]) == ("user", "when?")
    assert half == {"role": "assistant", "content": HALF}
    assert instruction["role"] == "user"
    assert call.sound is not None
    # One reply without a gap: it lasts as long as its letters take, and the pause is shorter than the first part.
    assert len(call.sound.loudspeaker.heard) == 1


async def test_a_blank_before_the_next_word_is_neither_lost_nor_doubled(models: Models) -> None:
    """Some servers send a word with the blank before it."""
    half, rest = ([{"content": piece} for piece in pieces] for pieces in (("It closes", " at"), ("at", " six.")))
    call = await models.begin(Server(half, **BREAKS["cut"]), Server(rest))
    assert await answered(call) == ["It closes at six."]
    for continuation in ([{"content": "six."}], [{"content": " six."}]):
        call = await models.begin(Server(half, **BREAKS["cut"]), Server(continuation))
        assert await answered(call) == ["It closes at six."]


@pytest.mark.parametrize(
    "again", ["The shop opens at nine, and it closes at six.", "and it closes at six.", "it closes at six."]
)
async def test_what_the_next_model_says_again_is_said_once(models: Models, again: str) -> None:
    call = await models.begin(Server(said(HALF), **BREAKS["cut"]), Server(said(again)))
    assert await answered(call) == [HALF + REST]


async def test_the_third_model_goes_on_where_the_second_breaks_off_too(models: Models) -> None:
    third = Server(said("at six."))
    call = await models.begin(Server(said(HALF), **BREAKS["cut"]), Server(said("closes"), **BREAKS["cut"]), third)
    assert await answered(call) == [HALF + REST]
    assert third.asked[0]["messages"][-2]["content"] == f"{HALF}closes "


async def test_a_model_that_broke_off_is_asked_last_in_the_next_turn(models: Models) -> None:
    first, second = Server(said(HALF), **BREAKS["cut"]), Server(said(REST))
    call = await models.begin(first, second)
    await call.asks("when?", 8.0)
    await call.asks("and then?", 5.0)
    await call.ends()
    assert (len(first.asked), len(second.asked)) == (1, 2)


@pytest.mark.parametrize("how", BREAKS)
async def test_without_another_model_half_an_answer_is_followed_by_the_failure_line(models: Models, how: str) -> None:
    call = await models.begin(Server(said(HALF), **BREAKS[how]))
    assert (await answered(call))[-1] == TROUBLE
    assert call.journal.faults() == ["llm_error"]


async def test_a_second_model_that_fails_too_leaves_the_failure_line(models: Models) -> None:
    for second in (Server(status=503), Server(status=400), Server(stall=60.0), Server(fault=httpx2.ReadError("x"))):
        call = await models.begin(Server(said(HALF), **BREAKS["cut"]), second)
        assert (await answered(call))[-1] == TROUBLE
        assert call.journal.faults() == ["llm_error"]


WITHHELD: dict[str, dict[str, Any]] = {
    "refusal": {"deltas": [{"role": "assistant", "content": "", "refusal": "I can't "}, {"refusal": "help."}]},
    "refusal without content": {"deltas": [{"role": "assistant", "content": None, "refusal": "I can't help."}]},
    "filter": {"finish": "content_filter"},
    "filter in the first event": {"deltas": [{"role": "assistant", "content": ""}], "finish": "content_filter"},
}


@pytest.mark.parametrize("how", WITHHELD)
async def test_an_answer_that_is_withheld_before_its_first_word_ends_in_speech(models: Models, how: str) -> None:
    alone, first, second = Server(**WITHHELD[how]), Server(**WITHHELD[how]), Server(said("We open at nine."))
    call = await models.begin(alone)
    assert await answered(call) == [TROUBLE]
    assert call.journal.faults() == ["empty_answer"]
    assert len(alone.asked) == 1
    call = await models.begin(first, second)
    assert await answered(call) == ["We open at nine."]
    assert not call.journal.faults()
    # The same question, since nothing was said.
    assert second.asked[0]["messages"] == first.asked[0]["messages"]


async def test_a_question_that_a_filter_refuses_ends_in_speech(models: Models) -> None:
    def filtered() -> Server:
        return Server(status=400, body=b'{"error": {"code": "content_filter", "message": "filtered"}}')

    call = await models.begin(filtered())
    assert await answered(call) == [TROUBLE]
    assert call.journal.faults() == ["llm_error"]
    call = await models.begin(filtered(), Server(said("We open at nine.")))
    assert await answered(call) == ["We open at nine."]


async def test_a_model_that_withholds_an_answer_is_still_the_first_to_be_asked(models: Models) -> None:
    first, second = Server(**WITHHELD["filter"]), Server(said("We open at nine."))
    call = await models.begin(first, second)
    for _ in range(2):
        await call.asks("when?", 8.0)
    await call.ends()
    assert (len(first.asked), len(second.asked)) == (2, 2)


@pytest.mark.parametrize("fault", ["cut", "malformed", "error event"])
async def test_a_break_before_the_first_word_has_the_next_model_answer(models: Models, fault: str) -> None:
    second = Server(said("We open at nine."))
    call = await models.begin(Server([{"role": "assistant", "content": ""}], **BREAKS[fault]), second)
    assert await answered(call) == ["We open at nine."]
    assert not call.journal.faults()


@pytest.mark.parametrize("opening", ["<think>", "<|channel|>analysis<|message|>"])
async def test_reasoning_that_breaks_off_is_not_continued_and_hides_nothing(models: Models, opening: str) -> None:
    first = Server(said(f"{opening} The caller wants to know"), **BREAKS["cut"])
    second = Server(said("We open at nine."))
    call = await models.begin(first, second)
    assert await answered(call) == ["We open at nine."]
    assert second.asked[0]["messages"] == first.asked[0]["messages"]


@pytest.mark.parametrize("before", ["", "Let me see. "])
async def test_half_a_tool_call_is_never_completed_by_another_model(models: Models, before: str) -> None:
    """Without a word before it, the whole question is asked again."""
    function = {"name": "look", "arguments": "{}"}
    call_delta = {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}
    deltas = [*said(before), call_delta]
    ran: list[Arguments] = []

    async def look(arguments: Arguments) -> str:
        ran.append(arguments)
        return "found"

    first, second = Server(deltas, **BREAKS["cut"]), Server(said(REST))
    call = await models.begin(first, second, tools=(tool("look", look),))
    assert (await answered(call, "find it"))[-1] == (TROUBLE if before else REST)
    assert not ran
    assert [asked["messages"] for asked in second.asked] == [first.asked[0]["messages"]] * (not before)
