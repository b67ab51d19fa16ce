"""Contract 3.6: what a caller may do in the room beside asking a question."""

import asyncio
import time

import pytest

from caller.caller import Caller
from caller.speech import from_text
from tests.fixtures.measured import Measure
from tests.fixtures.stack import StackThread

pytestmark = pytest.mark.timeout(120)

STORY = (
    "Hello. Let me tell you a long story about a lamp. The lamp stood in a window by the sea. "
    "Every evening it was lit by an old man, and every morning he put it out again. "
    "One day a ship came by, and the captain asked what the lamp was for."
)
STORY_TELLER = (
    "You are a story teller. You answer every question with a very long story of at least ten sentences about a lamp."
)
INTERRUPTION = from_text("I only want to know what time you open on Saturday.")
INTERRUPTED_SECONDS = 1.5
# From the caller's first sound to the agent's silence: hearing that it is speech, and what is already on its way.
STOP_SECONDS = 2.0


async def test_typed_text_is_answered_and_echoed_once(callbox: StackThread) -> None:
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            mark = len(caller.said)
            sent = time.time()
            await caller.type("What time do you open on Saturday?")
            async with asyncio.timeout(20):
                while not [each for each in caller.said[mark:] if each.final and not each.by_caller]:
                    await asyncio.sleep(0.05)
            await caller.quiet()
            echoes = [each.text for each in caller.said[mark:] if each.final and each.by_caller]
            assert echoes == ["What time do you open on Saturday?"]
            assert caller.downlink.received.after(sent) is not None, "the answer was not spoken"
        await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)
    assert [each["role"] for each in history["transcript"]] == ["assistant", "user", "assistant"]


async def test_the_agent_stops_when_the_caller_speaks_over_an_answer(callbox: StackThread, measure: Measure) -> None:
    """Slow: caller and agent speak in real time."""
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character, system_prompt=STORY_TELLER)
        async with Caller(grant) as caller:
            await caller.greeting()
            asked = await caller.uplink.say(from_text("Please tell me the long story of the lamp.").samples)
            await sounding(caller, after=asked.end)
            measure("from the caller's first sound to the agent's silence", await interrupted(caller))
        await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)
    story = history["transcript"][2]
    assert story["role"] == "assistant"
    assert story["interrupted"] is True
    assert len(story["text"].split()) < 5 * INTERRUPTED_SECONDS * 2, "an interrupted text holds only what was spoken"
    # The caller may hang up in the middle of the next answer, too.
    assert history["interruption_count"] == sum(each.get("interrupted", False) for each in history["transcript"])


async def test_the_agent_stops_when_the_caller_speaks_over_the_greeting(callbox: StackThread, measure: Measure) -> None:
    """Slow: caller and agent speak in real time."""
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character, greeting=STORY)
        async with Caller(grant) as caller:
            await sounding(caller, after=0.0)
            measure("from the caller's first sound to the greeting's silence", await interrupted(caller))
        await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)
    greeting = history["transcript"][0]
    assert greeting["interrupted"] is True
    assert STORY.startswith(greeting["text"][:20])
    assert len(greeting["text"]) < len(STORY), "an interrupted text holds only what was spoken"
    assert history["interruption_count"] == sum(each.get("interrupted", False) for each in history["transcript"])


async def sounding(caller: Caller, after: float) -> None:
    """Waits until the agent speaks."""
    async with asyncio.timeout(20):
        while caller.downlink.received.after(after) is None:
            await asyncio.sleep(0.02)


async def interrupted(caller: Caller) -> float:
    """Speaks over the agent and waits for its answer. Returns: seconds from the caller's first sound to its silence."""
    await asyncio.sleep(INTERRUPTED_SECONDS)
    spoken = await caller.uplink.say(INTERRUPTION.samples)
    over = [each for each in caller.downlink.received.segments if each.start < spoken.start + STOP_SECONDS]
    seconds = over[-1].end - spoken.start
    assert 0 < seconds < STOP_SECONDS
    assert len(over) == len(caller.downlink.received.segments), "the agent spoke over the caller"
    await sounding(caller, after=spoken.end)
    return seconds
