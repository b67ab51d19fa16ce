"""Calls that leave the stack as it is. They go on side by side, and each test waits for its own.

Three of them wait for time-outs, half a minute at most. Meanwhile the others are spoken, two at a time, then typed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from tests.call.scripted.acting import acts
from tests.call.scripted.booking import books
from tests.call.scripted.faulty_tools import survives
from tests.call.scripted.first_words import speaks_early
from tests.call.scripted.forms import fills
from tests.call.scripted.microphone import mutes, switches
from tests.call.scripted.spanish import asks_in_spanish, make_spanish
from tests.call.scripted.unusual_callers import Ending, dies, never_joins, never_speaks
from tests.fixtures.measured import Measure
from tests.fixtures.slots import slots_free_again
from tests.fixtures.stack import Calls, StackThread
from tests.fixtures.stacks import IDLE_SECONDS, JOIN_SECONDS, SCRIPTED_SLOTS, TOKEN_SECONDS

pytestmark = pytest.mark.timeout(120)

FREE_SECONDS = 8.0
# More of them stutter on two cores.
SPOKEN_AT_ONCE = 2


@dataclass(frozen=True)
class Running:
    """The calls that are under way, by name."""

    waiting: Calls[Ending]
    spoken: Calls[None]


@pytest.fixture(scope="module")
def calls(callbox: StackThread) -> Iterator[Running]:
    """Starts all calls. The caller who never joins comes when four others have their slots, and they stay meanwhile."""
    silent, dead, muted, switched = talking = [asyncio.Event() for _ in range(4)]
    counted = asyncio.Event()
    places = asyncio.Semaphore(SPOKEN_AT_ONCE)

    speaking = {"muted", "switched", "early"}
    all_spoken = asyncio.Event()

    async def spoken(name: str, call: Callable[[], Awaitable[None]]) -> None:
        try:
            async with places:
                await call()
        finally:
            speaking.discard(name)
            if not speaking:
                all_spoken.set()

    async def typed(call: Callable[[], Awaitable[None]]) -> None:
        # Beside them, what is spoken in real time would stutter.
        await all_spoken.wait()
        async with places:
            await call()

    with (
        callbox.side_by_side(
            silent=never_speaks(callbox, silent),
            dead=dies(callbox, dead),
            absent=never_joins(callbox, talking, SCRIPTED_SLOTS - len(talking), counted),
        ) as waiting,
        callbox.side_by_side(
            muted=spoken("muted", partial(mutes, callbox, muted, counted)),
            switched=spoken("switched", partial(switches, callbox, switched, counted)),
            early=spoken("early", partial(speaks_early, callbox)),
            acting=typed(partial(acts, callbox)),
            forms=typed(partial(fills, callbox)),
            booking=typed(partial(books, callbox)),
            faulty=typed(partial(survives, callbox)),
        ) as others,
    ):
        yield Running(waiting, others)


async def test_what_is_said_while_muted_is_not_heard_and_what_is_said_after_is(calls: Running) -> None:
    """Slow: three lines are spoken in real time."""
    await asyncio.wrap_future(calls.spoken["muted"])


async def test_a_caller_who_takes_another_microphone_is_heard_by_it(calls: Running) -> None:
    """Slow: two questions and their answers are spoken in real time."""
    await asyncio.wrap_future(calls.spoken["switched"])


async def test_what_a_client_recorded_before_the_agent_was_there_is_heard_and_answered(calls: Running) -> None:
    """Slow: it comes after another call."""
    await asyncio.wrap_future(calls.spoken["early"])


async def test_a_character_uses_a_tool_and_an_event_that_the_page_answers(calls: Running) -> None:
    """Slow: it comes after other calls."""
    await asyncio.wrap_future(calls.spoken["acting"])


async def test_a_form_is_filled_on_a_page_that_follows_along(calls: Running) -> None:
    """Slow: it comes after other calls."""
    await asyncio.wrap_future(calls.spoken["forms"])


async def test_a_visitor_fills_the_form_of_the_demo_together_with_the_agent(calls: Running) -> None:
    """Slow: it comes after other calls."""
    await asyncio.wrap_future(calls.spoken["booking"])


async def test_a_call_goes_on_when_tools_fail_and_its_page_sends_ten_thousand_packets(calls: Running) -> None:
    """Slow: it comes after other calls."""
    await asyncio.wrap_future(calls.spoken["faulty"])


async def test_a_caller_who_never_speaks_is_hung_up_on(calls: Running, measure: Measure) -> None:
    """Slow: the caller is silent for as long as the stack allows, half a minute."""
    ending = await asyncio.wrap_future(calls.waiting["silent"])
    measure(f"silence until the agent left ({IDLE_SECONDS} s are set)", ending.seconds)
    assert ending.fault == "idle_timeout"
    assert ending.session["end_reason"] == "idle_timeout"


async def test_a_caller_who_never_joins_gives_the_slot_back_and_is_given_up(calls: Running, measure: Measure) -> None:
    """Slow: the session is over when its token is."""
    ending = await asyncio.wrap_future(calls.waiting["absent"])
    measure(f"until the slot was free again ({JOIN_SECONDS} s are set)", ending.slot_seconds)
    measure(f"until the session was over ({TOKEN_SECONDS} s are set)", ending.seconds)
    assert ending.session["end_reason"] == "never_joined"


async def test_a_caller_whose_machine_dies_leaves_no_call_behind(calls: Running, measure: Measure) -> None:
    """Slow: LiveKit notices after 20 seconds that a client is gone."""
    ending = await asyncio.wrap_future(calls.waiting["dead"])
    measure("from the caller's death to the end of the session", ending.seconds)
    assert (ending.session["status"], ending.session["end_reason"]) == ("ended", "client_left")


async def test_their_slots_are_free_again(callbox: StackThread, calls: Running) -> None:
    await asyncio.gather(*map(asyncio.wrap_future, calls.waiting.values()), return_exceptions=True)
    await asyncio.gather(*map(asyncio.wrap_future, calls.spoken.values()), return_exceptions=True)
    async with callbox.sessions() as sessions:
        await slots_free_again(sessions, callbox.character, SCRIPTED_SLOTS, FREE_SECONDS)


async def test_a_call_is_handed_over_to_spanish_and_a_question_in_it_is_answered(
    callbox: StackThread,
) -> None:
    """Slow: a greeting, a question and its answer are spoken in real time. It comes alone: Kokoro needs a core."""
    await asks_in_spanish(callbox, make_spanish(callbox))
