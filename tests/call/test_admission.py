"""Contract 14.4: a call is admitted or refused at once, and what was refused takes nothing."""

import asyncio
import time

import pytest

from caller.caller import Caller
from caller.session import Grant, Refused, Sessions
from tests.call.command import Run, callbox_call
from tests.fixtures.measured import Measure
from tests.fixtures.slots import slots_free_again
from tests.fixtures.stack import StackThread
from tests.fixtures.stacks import SLOTS

pytestmark = pytest.mark.timeout(120)

FREE_SECONDS = 8.0


async def start(sessions: Sessions, character: str) -> tuple[Grant | Refused, float]:
    began = time.monotonic()
    try:
        grant = await sessions.start(character)
    except Refused as refusal:
        return refusal, time.monotonic() - began
    return grant, time.monotonic() - began


async def greeted(grant: Grant, over: asyncio.Event) -> str:
    """Listens to the greeting and stays until `over` is set."""
    async with Caller(grant) as caller:
        greeting = await caller.greeting()
        await over.wait()
        return greeting


async def refused_call(callbox: StackThread, over: asyncio.Event) -> Run:
    """What the terminal says when every slot is taken. Sets `over` then."""
    try:
        return await asyncio.to_thread(callbox_call, callbox, callbox.character, "--say", "Hello.", "--json")
    finally:
        over.set()


async def test_of_ten_starts_at_once_three_talk_and_seven_are_refused_within_a_second(
    callbox: StackThread, measure: Measure
) -> None:
    """While the three talk, the terminal is refused too, and says why and what to do."""
    async with callbox.sessions() as sessions:
        answers = await asyncio.gather(*(start(sessions, callbox.character) for _ in range(10)))
        admitted = [answer for answer, _ in answers if isinstance(answer, Grant)]
        refused = [answer for answer, _ in answers if isinstance(answer, Refused)]
        measure("slowest answer of ten starts at once", max(seconds for _, seconds in answers))
        assert len(admitted) == SLOTS
        assert {(each.status, each.code) for each in refused} <= {
            (503, "at_capacity"),
            (429, "concurrency_limit_reached"),
        }
        assert max(seconds for _, seconds in answers) < 1.0
        over = asyncio.Event()
        greeting = asyncio.gather(*(greeted(grant, over) for grant in admitted))
        run, greetings = await asyncio.gather(refused_call(callbox, over), greeting)
        assert all(greetings), greetings
        for grant in admitted:
            assert (await sessions.ended(grant.session_id))["end_reason"] == "client_left"
        freed = await slots_free_again(sessions, callbox.character, SLOTS, FREE_SECONDS)
        measure("from the end of three calls to three free slots", freed)
    assert run.status == 3
    assert run.out == ""
    assert "CALLBOX_SLOTS" in run.err
    assert run.err.count("\n") == 1


def test_an_unknown_character_is_refused_with_a_sentence(callbox: StackThread) -> None:
    run = callbox_call(callbox, "nobody-here", "--say", "Hello.")
    assert run.status == 3
    assert run.out == ""
    assert "Traceback" not in run.err
    assert len(run.err.split()) > 5


def test_nothing_to_say_is_wrong_usage(callbox: StackThread) -> None:
    run = callbox_call(callbox, callbox.character)
    assert run.status == 2
    assert "--say" in run.err
