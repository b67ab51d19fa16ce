"""The sentences of a tool that the caller hears while it runs, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any
from typing import cast as typed

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import llm
from prometheus_client import REGISTRY

from services.agent.metadata import Metadata
from services.agent.speech.engine import Unreachable
from services.agent.speech.speaking import SAMPLE_RATE_HZ
from services.agent.tools.definition import Surroundings, tools_of
from services.agent.tools.http import Session
from services.agent.tools.tool import Arguments, Outcome, Tool
from services.kit.net.url_policy import Allowances
from tests.fixtures import serverless
from tests.fixtures.serverless import FIRST_TOKEN_SECONDS, LETTER_SECONDS, Answer, Call, cast, start

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

# How long they take tells which was heard: 1.5 s and 2 s. A fixed line takes 1 s.
FIRST, SECOND = "I am asking the warehouse now.", "The warehouse is still looking for it..."
FIXED_SECONDS = 1.0
ANSWER = "Here it is."


def spoken() -> float:
    return REGISTRY.get_sample_value("callbox_spoken_lines_total", {"line": "wait_phrase"}) or 0.0


def looks(seconds: float, *phrases: str) -> Tool:
    async def act(_: Arguments) -> Outcome:
        await asyncio.sleep(seconds)
        return Outcome("found")

    return Tool("look", pb.TOOL_KIND_HTTP, "Looks.", {"type": "object"}, act, wait_phrases=phrases)


async def begun(tool: Tool) -> Call:
    def answer(seen: llm.ChatContext) -> Answer:
        said = [item for item in seen.items if item.type in ("function_call_output", "message")]
        return Answer(ANSWER) if said[-1].type == "function_call_output" else Answer(calls=[("look", "{}")])

    return await start(cast(answer, "", aloud=True, tools=(tool,)))


async def heard(call: Call, seconds: float = 30.0) -> list[float]:
    """Asks, and returns how long each thing took that the caller heard before the answer."""
    assert call.sound is not None
    before = len(call.sound.loudspeaker.heard)
    await call.asks("find it", seconds)
    *bridges, answer = [length for length, _ in call.sound.loudspeaker.heard[before:]]
    assert answer == pytest.approx(len(ANSWER) * LETTER_SECONDS, abs=0.11)
    return bridges


async def test_a_tool_is_bridged_by_its_own_phrases_in_turn() -> None:
    before, call = spoken(), await begun(looks(15.0, FIRST, SECOND))
    assert await heard(call) == [1.5, 2.0, 1.5]
    assert spoken() == before + 3
    await call.ends()
    assert call.journal.turns()[-1] == ("agent", ANSWER, False)
    used = [event.usage.tts_characters for event in call.journal.events if event.HasField("usage")]
    # The answer has a blank after its last word.
    assert sum(used) == len(FIRST) + len(SECOND) + len(ANSWER) + 1


async def test_the_next_call_of_the_tool_goes_on_with_the_next_phrase() -> None:
    call = await begun(looks(3.0, FIRST, SECOND))
    assert [await heard(call) for _ in range(3)] == [[1.5], [2.0], [1.5]]
    await call.ends()


async def test_a_single_phrase_is_never_heard_twice_in_a_row() -> None:
    call = await begun(looks(15.0, FIRST))
    assert await heard(call) == [1.5, FIXED_SECONDS, 1.5]
    await call.ends()


async def test_a_phrase_that_is_not_ready_in_time_is_not_waited_for() -> None:
    """200 letters take 2.5 s to make."""
    call = await begun(looks(9.0, "a" * 200))
    assert call.sound is not None
    asked_at = asyncio.get_running_loop().time()
    assert await heard(call) == [FIXED_SECONDS, 10.0]
    # The burst of typed messages, the first token, the time until the first filler.
    assert call.sound.loudspeaker.began[0] - asked_at < 0.5 + FIRST_TOKEN_SECONDS + 1.2 + 0.1
    await call.ends()


class Counted:
    """A voice's stream that notes what it is asked to speak, and fails for texts with `fail`."""

    broken = False

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        self.asked.append(text)
        if "fail" in text:
            raise Unreachable("gone")
        yield bytes(round(SAMPLE_RATE_HZ * LETTER_SECONDS) * 2 * len(text))

    def close(self) -> None:
        pass


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> Counted:
    stream = Counted()
    monkeypatch.setattr(serverless, "_SlowVoice", lambda: stream)
    return stream


async def test_a_quick_tool_has_nothing_synthesised(voice: Counted) -> None:
    call = await begun(looks(0.15, FIRST))
    assert await heard(call) == []
    await call.ends()
    assert voice.asked == [ANSWER]


async def test_a_phrase_is_synthesised_once_in_a_call(voice: Counted) -> None:
    call = await begun(looks(15.0, FIRST, SECOND))
    for _ in range(2):
        await heard(call)
    await call.ends()
    assert sorted(voice.asked) == sorted([FIRST, SECOND, ANSWER, ANSWER])


async def test_a_phrase_that_no_voice_speaks_is_replaced_by_a_fixed_line(voice: Counted) -> None:
    """The engine is given up after 6 s without audio."""
    call = await begun(looks(20.0, "fail", FIRST))
    bridges = await heard(call, 40.0)
    await call.ends()
    assert bridges[:2] == [FIXED_SECONDS, FIXED_SECONDS]
    assert 1.5 in bridges
    assert not call.journal.faults()


async def test_metadata_stands_in_a_phrase_that_stays_short() -> None:
    phrases = ["One moment, {{metadata.name|please}}.", "{{metadata.long}}", "{{metadata.none}}", "Fine."]
    config = {"url": "https://api.acme.com", "wait_phrases": phrases}
    content = {"name": "look", "kind": "http", "description": "Looks.", "config": config}
    metadata = Metadata({"name": "Ana", "long": "a" * 201})
    nothing = typed(Any, SimpleNamespace(headers=id))
    around = Surroundings(Session("s", metadata), nothing, Allowances(), nothing, nothing, {})
    (tool,) = tools_of({"tools": [content]}, around)
    assert tool.wait_phrases == ("One moment, Ana.", "Fine.")
