"""A visitor calls the demo's agent from its page."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import WebSocketRoute, expect

from deploy.local.stack import Stack
from tests.browser.call_page import OpenPage
from tests.browser.conftest import pages
from tests.browser.speech import LEAD_SECONDS, write_speech

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(240)]

# The page asks for a call only when the microphone is open.
EARLY_SECONDS = 0.2
# When the fake microphone, open from the press of the button on, speaks to a muted call, when the call is unmuted, and
# when it speaks again.
MUTED_AT_SECONDS = 6.0
UNMUTE_SECONDS = 9.0
UNMUTED_AT_SECONDS = 13.0
# A recogniser may add or miss a small word.
QUESTION_HEARD = r"\bopen\b.*\bsaturday"
# The agent's voice moves the disc beside its name.
AGENT_IS_HEARD = """() => document.querySelector('#call').dataset.agent === 'speaking'
  && Number(document.querySelector('#orb').style.getPropertyValue('--level')) > 0.05"""

KEEP_MICROPHONES = """() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.microphones = [];
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    window.microphones.push(...stream.getTracks());
    return stream;
  };
}"""
# As a browser does it when the device is unplugged.
LOSE_MICROPHONE = """() => {
  const track = window.microphones.at(-1);
  track.stop();
  track.dispatchEvent(new Event('ended'));
}"""


Visits = dict[str, asyncio.Task[None]]


@pytest_asyncio.fixture(loop_scope="package", scope="module")
async def visits(stack: Stack, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Visits]:
    """Visits that wait most of the time, by name, two at a time; each test waits for its own."""
    places = asyncio.Semaphore(2)

    async def visit(body: Callable[[Stack, OpenPage, Path], Awaitable[None]]) -> None:
        async with places, pages(stack, chromium) as open_page:
            await body(stack, open_page, tmp_path_factory.mktemp("visit"))

    bodies = (_asks, _mutes, _loses_the_microphone, _loses_the_connection)
    tasks = {body.__name__.removeprefix("_"): asyncio.create_task(visit(body)) for body in bodies}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


async def _asks(stack: Stack, open_page: OpenPage, folder: Path) -> None:
    speech = write_speech(folder / "question.wav", {LEAD_SECONDS: "What time do you open on Saturday?"})
    call = await open_page(stack.demo["character"], speech=speech)
    await expect(call.status).to_have_text("Ready for your call")

    await call.start.click()
    await call.wait_phase("talking")
    await call.wait_agent("speaking")
    await call.page.wait_for_function(AGENT_IS_HEARD, timeout=10_000)
    await call.wait_line("agent", r"\w+ \w+")
    await call.wait_agent("listening")
    await expect(call.status).to_have_text("Listening")

    await call.wait_line("visitor", QUESTION_HEARD)
    await call.wait_answer()
    assert [line.who for line in await call.lines()] == ["agent", "visitor", "agent"]
    await expect(call.notice).to_be_hidden()


async def test_what_is_said_before_the_agent_is_there_is_heard(
    stack: Stack, open_page: OpenPage, tmp_path: Path
) -> None:
    speech = write_speech(tmp_path / "early.wav", {EARLY_SECONDS: "What time do you open on Saturday?"})
    call = await open_page(stack.demo["character"], speech=speech)
    await call.start.click()
    await call.wait_line("visitor", r"\bwhat\b.*\bopen\b.*\bsaturday")
    await call.wait_answer()


async def _mutes(stack: Stack, open_page: OpenPage, folder: Path) -> None:
    speech = write_speech(
        folder / "questions.wav",
        {MUTED_AT_SECONDS: "Do you repair lamps?", UNMUTED_AT_SECONDS: "What time do you open on Saturday?"},
    )
    call = await open_page(stack.demo["character"], speech=speech)
    await call.start.click()
    opened = time.monotonic()
    await call.wait_phase("talking")
    await call.page.get_by_role("button", name="Mute").click()
    await expect(call.root).to_have_attribute("data-microphone", "muted")
    muted = time.monotonic() - opened
    assert muted < MUTED_AT_SECONDS, f"the call was only muted after {muted:.1f} s"

    await asyncio.sleep(UNMUTE_SECONDS - (time.monotonic() - opened))
    await call.page.get_by_role("button", name="Unmute").click()
    await expect(call.root).to_have_attribute("data-microphone", "on")
    await call.wait_line("visitor", QUESTION_HEARD)
    await call.wait_answer()
    assert len(await call.finals("visitor")) == 1


async def _loses_the_microphone(stack: Stack, open_page: OpenPage, folder: Path) -> None:
    speech = write_speech(folder / "question.wav", {LEAD_SECONDS: "What time do you open on Saturday?"})
    call = await open_page(stack.demo["character"], speech=speech)
    await call.page.evaluate(KEEP_MICROPHONES)
    await call.start.click()
    await call.wait_phase("talking")

    await call.page.evaluate(LOSE_MICROPHONE)
    await expect(call.notice).to_contain_text("The microphone is gone.")
    await call.page.get_by_role("button", name="Use microphone").click()
    await expect(call.root).to_have_attribute("data-microphone", "on")
    await call.wait_line("visitor", QUESTION_HEARD)
    await call.wait_answer()


async def test_without_a_microphone_the_call_goes_on_by_typing(stack: Stack, open_page: OpenPage) -> None:
    call = await open_page(stack.demo["character"], microphone=False)
    await call.start.click()
    await expect(call.notice).to_contain_text("The microphone is blocked for this page.")
    await expect(call.notice).to_contain_text("You can type meanwhile.")
    await call.wait_line("agent", r"\w+ \w+")
    await call.wait_agent("listening")

    await call.type("What time do you open on Saturday?")
    await call.wait_answer()
    await expect(call.page.get_by_role("button", name="Use microphone")).to_be_enabled()


async def test_typed_text_stands_once_and_hanging_up_leads_back_to_the_start(stack: Stack, open_page: OpenPage) -> None:
    call = await open_page(f"{stack.demo['character']}/", microphone=False)
    await call.page.get_by_role("button", name="type without a microphone").click()
    await call.wait_line("agent", r"\w+ \w+")
    await call.wait_agent("listening")

    for count in (1, 2):
        await call.type("  Do you sell lamps?  ")
        await call.wait_answer()
        assert await call.finals("visitor") == ["Do you sell lamps?"] * count

    # A text that is too long stays in the field, whole, and the visitor is told.
    await call.type("x" * 20_000)
    await expect(call.notice).to_contain_text("This message has 20,000 characters. The agent reads 4,000 at most.")
    assert len(await call.message.input_value()) == 20_000
    assert await call.finals("visitor") == ["Do you sell lamps?"] * 2

    await call.hang_up.click()
    await call.wait_phase("ended")
    await expect(call.status).to_contain_text("You hung up")
    await expect(call.start).to_be_visible()
    await expect(call.message).to_be_hidden()
    await expect(call.page.locator("audio")).to_have_count(0)

    await call.page.get_by_role("button", name="type without a microphone").click()
    await call.wait_line("agent", r"\w+ \w+")
    assert await call.finals("visitor") == []


async def test_an_unknown_agent_is_named_as_such(stack: Stack, open_page: OpenPage) -> None:
    call = await open_page("nobody-of-this-name")
    await call.start.click()
    await call.wait_phase("ended", timeout_ms=10_000)
    await expect(call.notice).to_contain_text("then load it again.")
    await expect(call.status).to_have_text("The call did not start")
    await expect(call.start).to_be_focused()


async def test_a_service_that_is_away_is_named_as_such(stack: Stack, open_page: OpenPage) -> None:
    call = await open_page(stack.demo["character"])
    await call.page.route("**/api/agents/agent-session/", lambda route: route.abort())
    await call.start.click()
    await expect(call.notice).to_contain_text("The call service could not be reached.")
    await expect(call.notice).to_contain_text("Check your connection, then start again.")


async def _loses_the_connection(stack: Stack, open_page: OpenPage, _: Path) -> None:
    call = await open_page(stack.demo["character"], microphone=False)
    joined: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        joined.append(socket)
        socket.connect_to_server()

    await call.page.route_web_socket("**/rtc**", through)
    await call.page.get_by_role("button", name="type without a microphone").click()
    await call.wait_line("agent", r"\w+ \w+")
    await call.wait_agent("listening")

    await joined[-1].close(code=1011, reason="cut")
    await call.wait_phase("reconnecting")
    await expect(call.status).to_contain_text("Reconnecting")
    await call.wait_phase("talking")
    await call.type("Are you still there?")
    await call.wait_answer()


async def test_a_spoken_question_is_transcribed_and_answered(visits: Visits) -> None:
    """Slow: the fake microphone speaks when the greeting is over."""
    await visits["asks"]


async def test_what_is_said_while_muted_is_not_heard_and_what_is_said_after_is(visits: Visits) -> None:
    """Slow: the fake microphone speaks once while it is muted, and again after."""
    await visits["mutes"]


async def test_a_microphone_that_goes_away_is_told_and_the_next_one_is_heard(visits: Visits) -> None:
    """Slow: the fake microphone begins anew when it is opened again."""
    await visits["loses_the_microphone"]


async def test_a_broken_connection_is_shown_and_mended(visits: Visits) -> None:
    await visits["loses_the_connection"]
