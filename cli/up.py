"""`callbox up`: runs all of Callbox on this machine until Ctrl-C."""

import asyncio
import os
import signal
import sys
import time
from functools import partial
from typing import NoReturn

import typer

from deploy.local.environment import read_settings
from deploy.local.part import NotReady
from deploy.local.ports import PortsTaken
from deploy.local.seed import SLUG, SeedFailed
from deploy.local.settings import LocalSettings
from deploy.local.stack import AlreadyRunning, Stack
from deploy.local.supervisor import RUNNER, StartFailed
from services.kit.settings import SettingsError

EXIT_FAILED = 1
EXIT_USAGE = 2
_WIDTH = 72


def up() -> None:
    """Starts every part of Callbox on this machine and keeps it running until Ctrl-C.

    Exit status: 0 ended as asked, 1 a part did not come up, 2 settings that cannot be used.
    """
    try:
        settings = read_settings()
    except SettingsError as fault:
        _fail(str(fault), EXIT_USAGE)
    try:
        asyncio.run(_run(settings))
    except (AlreadyRunning, PortsTaken, NotReady) as fault:
        _fail(str(fault), EXIT_FAILED)
    except (StartFailed, SeedFailed) as fault:
        _fail(f"{fault}\nCallbox did not start; everything was stopped again.", EXIT_FAILED)


async def _run(settings: LocalSettings) -> None:
    began = time.monotonic()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, partial(_asked, stop))
    log_format = settings.log_format or ("console" if sys.stdout.isatty() else "json")
    stack = Stack(settings, environ=os.environ, output=sys.stdout, log_format=log_format)
    starting = asyncio.create_task(stack.start(), name="start")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            stack.lines(RUNNER, f"everything is ready after {time.monotonic() - began:.1f} s")
            for line in _welcome(settings):
                stack.lines(RUNNER, line)
            await stopping
        stack.lines(RUNNER, "stopping …")
    finally:
        for task in (starting, stopping):
            task.cancel()
        await asyncio.wait({starting, stopping})
        ended = time.monotonic()
        await stack.stop()
        if stop.is_set():
            print(f"Callbox has ended after {time.monotonic() - ended:.1f} s; nothing of it runs.")


def _asked(stop: asyncio.Event) -> None:
    if stop.is_set():
        print("It is stopping already; what hangs is killed within ten seconds.", flush=True)
    stop.set()


def _welcome(settings: LocalSettings) -> list[str]:
    """Addresses and commands to print after the start."""
    lines = [
        "─" * _WIDTH,
        f"Talk to it in a browser:   {settings.base_url}/try/{SLUG}",
        f'Talk to it from here:      ./callbox call {SLUG} --say "What time do you open on Saturday?"',
        f"Read the API:              {settings.base_url}/api/docs",
        f"Demo account and API key:  {settings.folder / 'demo.json'}",
        "Check every part:          ./callbox doctor",
        "Ctrl-C ends everything.",
        "─" * _WIDTH,
    ]
    if settings.debug:
        lines.insert(-1, "CALLBOX_DEBUG is on: pages of ANY origin may start calls.")
    return lines


def _fail(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(status)
