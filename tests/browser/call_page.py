"""The page of one agent as a visitor uses it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from playwright.async_api import ConsoleMessage, Error, Page, expect

Who = Literal["visitor", "agent"]

ANSWER_MS = 30_000
_POLL_MS = 100
_LINES = """() => [...document.querySelectorAll('#transcript li')].map((item) => ({
  who: item.dataset.who, text: item.querySelector('p').textContent, final: item.dataset.final === 'true',
}))"""


@dataclass(frozen=True)
class Line:
    """A line of the transcript."""

    who: str
    text: str
    final: bool


class CallPage:
    """`/try/{slug}` in one tab; `faults` collects script errors and breaches of the content security policy."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        self.root = page.locator("#call")
        self.status = page.locator("#status")
        self.notice = page.get_by_role("alert")
        self.start = page.get_by_role("button", name="Start call")
        self.hang_up = page.get_by_role("button", name="Hang up")
        self.message = page.get_by_role("textbox", name="Type a message")
        page.on("pageerror", self._on_error)
        page.on("console", self._on_console)

    async def open(self, base_url: str, slug: str) -> None:
        """Loads the page."""
        response = await self.page.goto(f"{base_url}/try/{slug}")
        assert response is not None
        assert response.ok, f"the page answered {response.status}"

    async def wait_agent(self, state: str, timeout_ms: float = ANSWER_MS) -> None:
        """Waits until the agent listens, thinks, speaks …"""
        await expect(self.root).to_have_attribute("data-agent", state, timeout=timeout_ms)

    async def wait_phase(self, phase: str, timeout_ms: float = ANSWER_MS) -> None:
        """Waits until the call stands at a phase."""
        await expect(self.root).to_have_attribute("data-phase", phase, timeout=timeout_ms)

    async def wait_line(self, who: Who, pattern: str, timeout_ms: float = ANSWER_MS) -> None:
        """Waits for a settled line of `who` that matches."""
        wanted = re.compile(pattern, re.IGNORECASE)
        await self._wait(
            lambda lines: any(line.who == who and line.final and wanted.search(line.text) for line in lines),
            f"no line of the {who} matches {pattern!r}",
            timeout_ms,
        )

    async def wait_answer(self, timeout_ms: float = ANSWER_MS) -> None:
        """Waits until the agent has begun to answer the visitor's last line; a small model may talk on for long."""
        await self._wait(
            lambda lines: "visitor" in {line.who for line in lines} and lines[-1].who == "agent",
            "the visitor's last line is not answered",
            timeout_ms,
        )

    async def lines(self) -> list[Line]:
        """The transcript from its first line."""
        return [Line(**line) for line in await self.page.evaluate(_LINES)]

    async def finals(self, who: Who) -> list[str]:
        """The settled texts of one side."""
        return [line.text for line in await self.lines() if line.who == who and line.final]

    async def _wait(self, done: Callable[[list[Line]], bool], fault: str, timeout_ms: float) -> None:
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                while not done(await self.lines()):
                    await self.page.wait_for_timeout(_POLL_MS)
        except TimeoutError:
            status = await self.status.inner_text()
            raise AssertionError(f"{fault}; {status!r}, transcript: {await self.lines()}") from None

    async def type(self, text: str) -> None:
        """Types a message and sends it with Enter."""
        await self.message.fill(text)
        await self.message.press("Enter")

    async def leave(self) -> None:
        """Ends a call that is still going on."""
        if await self.hang_up.is_visible():
            await self.hang_up.click()
            await self.wait_phase("ended")

    def _on_error(self, error: Error) -> None:
        self.faults.append(str(error))

    def _on_console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.faults.append(message.text)


# Opens the page of a slug; see the fixture `open_page`.
OpenPage = Callable[..., Awaitable[CallPage]]
