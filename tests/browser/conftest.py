"""The stack of `make run`, and browsers with a microphone of our choice."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from deploy.local.settings import ROOT
from deploy.local.stack import Stack
from tests.browser.call_page import CallPage, OpenPage
from tests.fixtures.stack import StackThread

PAGE = ROOT / "web" / "widget" / "dist" / "try.html"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(scope="session")
def stack(default_stack: StackThread) -> Stack:
    assert PAGE.exists(), "The page is not built: run `npm ci && npm run build` in web/."
    return default_stack.stack


@pytest.fixture(scope="session")
def chromium() -> str:
    return chromium_path()


def chromium_path() -> str:
    """The browser of this machine."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path is not None, "No Chromium on PATH: install Debian's package `chromium`."
    return path


@asynccontextmanager
async def pages(stack: Stack, chromium: str) -> AsyncIterator[OpenPage]:
    """Opens `/try/{slug}`; `speech`: WAV that the microphone plays once; `microphone=False`: the visitor refuses it."""
    opened: list[CallPage] = []
    async with AsyncExitStack() as resources:
        playwright = await resources.enter_async_context(async_playwright())

        async def open_one(slug: str, *, speech: Path | None = None, microphone: bool = True) -> CallPage:
            flags = [*FLAGS]
            if microphone:
                flags.append("--use-fake-ui-for-media-stream")
            if speech is not None:
                flags.append(f"--use-file-for-fake-audio-capture={speech}%noloop")
            browser = await playwright.chromium.launch(
                executable_path=chromium, args=["--headless=new", *flags], ignore_default_args=["--headless"]
            )
            resources.push_async_callback(browser.close)
            page = CallPage(await browser.new_page())
            opened.append(page)
            await page.open(stack.base_url, slug)
            return page

        yield open_one
        # A browser that is closed in mid-call holds its slot until LiveKit has noticed, about 20 s later.
        for page in opened:
            await page.leave()
    assert [fault for page in opened for fault in page.faults] == []


@pytest_asyncio.fixture(loop_scope="package")
async def open_page(stack: Stack, chromium: str) -> AsyncIterator[OpenPage]:
    """Opens pages for one test."""
    async with pages(stack, chromium) as open_one:
        yield open_one
