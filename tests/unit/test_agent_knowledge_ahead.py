"""Passages that are looked up while the caller speaks."""

from __future__ import annotations

import asyncio

import pytest
from callbox.characters.v1 import knowledge_pb2

from services.agent.moments import Heard, Moments, ToolCalled, TurnBegan
from services.agent.tools.knowledge_ahead import KnowledgeAhead
from services.kit.errors import CallboxError, Code

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]


class Documents:
    """A character's documents that answer after a while. asked: what was looked up."""

    def __init__(self, seconds: float = 0.05) -> None:
        self._seconds = seconds
        self.asked: list[str] = []

    async def search(self, query: str, count: int) -> knowledge_pb2.SearchResponse:
        assert count == 3
        self.asked.append(query)
        await asyncio.sleep(self._seconds)
        if "broken" in query:
            raise CallboxError(Code.UPSTREAM_UNAVAILABLE, "Away.")
        return knowledge_pb2.SearchResponse(
            passages=[knowledge_pb2.Passage(text=f"About {query}", source="hours.pdf", page=2)]
        )


class Told:
    """A conversation that only has moments."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments

    def take_text(self, text: str) -> None: ...

    def speak_up(self, about: str) -> None: ...

    def expect(self, field_type: str, language: str) -> None: ...


async def begun(documents: Documents) -> tuple[KnowledgeAhead, Moments, list[ToolCalled]]:
    ahead, moments = KnowledgeAhead(documents.search), Moments()
    told: list[ToolCalled] = []
    moments.tool_called.add(told.append)
    ahead.begin(Told(moments))
    return ahead, moments, told


async def test_what_is_said_is_looked_up_while_it_is_said_and_known_at_its_end_without_waiting() -> None:
    documents = Documents()
    ahead, moments, told = await begun(documents)
    words = ["when", "do", "you", "open", "on", "a", "Saturday", "in", "May"]
    for count in range(1, len(words) + 1):
        moments.heard.tell(Heard(" ".join(words[:count])))
        await asyncio.sleep(0.2)
    before = asyncio.get_running_loop().time()
    note = await ahead.note()
    assert asyncio.get_running_loop().time() == before
    assert '"source": "hours.pdf", "page": 2' in note
    assert documents.asked == [" ".join(words[:count]) for count in (3, 6, 9)]
    assert told == []
    moments.turn_began.tell(TurnBegan(" ".join(words), {}))
    (event,) = told
    assert (event.name, event.arguments) == ("automatic_context", {"query": " ".join(words)})
    await ahead.close()


async def test_the_next_turn_does_not_see_the_passages_of_the_one_before() -> None:
    ahead, moments, _ = await begun(Documents())
    moments.turn_began.tell(TurnBegan("when do you open", {}, typed=True))
    assert "when do you open" in await ahead.note()
    moments.heard.tell(Heard("yes"))
    assert await ahead.note() == ""
    await ahead.close()


async def test_what_is_typed_waits_a_moment_for_its_passages_and_not_longer() -> None:
    for seconds, is_known in ((0.1, True), (2.0, False)):
        ahead, moments, _ = await begun(Documents(seconds))
        moments.turn_began.tell(TurnBegan("when do you open", {}, typed=True))
        before = asyncio.get_running_loop().time()
        assert bool(await ahead.note()) is is_known
        assert asyncio.get_running_loop().time() - before <= 0.151
        await ahead.close()


async def test_documents_that_cannot_be_searched_leave_the_answer_as_it_is() -> None:
    ahead, moments, told = await begun(Documents())
    moments.turn_began.tell(TurnBegan("my lamp is broken", {}, typed=True))
    assert await ahead.note() == ""
    await ahead.close()
    assert told == []


async def test_a_short_answer_looks_nothing_up() -> None:
    documents = Documents()
    ahead, moments, _ = await begun(documents)
    moments.turn_began.tell(TurnBegan("yes please", {}, typed=True))
    assert await ahead.note() == ""
    assert documents.asked == []
    await ahead.close()
