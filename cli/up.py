"""`callbox up`: runs all of Callbox on this machine until Ctrl-C."""

import asyncio
import os
import signal
import sys
import time
from functools import partial
from typing import NoReturn

import typer

from deploy.local.demo import booking
from deploy.local.environment import read_settings
from deploy.local.logs import Lines
from deploy.local.part import NotReady
from deploy.local.ports import PortsTaken
from deploy.local.seed import SLUG, SeedFailed
from deploy.local.settings import LocalSettings
from deploy.local.stack import AlreadyRunning, Stack
from deploy.local.supervisor import StartFailed
from services.kit.settings import SettingsError

EXIT_FAILED = 1
EXIT_USAGE = 2


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
    stack = Stack(settings, environ=os.environ, output=sys.stdout)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, partial(_asked, stop, stack.lines))
    starting = asyncio.create_task(stack.start(), name="start")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            took = time.monotonic() - began
            stack.lines.tell(f"everything is ready after {took:.1f} s\n\n{_welcome(settings, stack)}\n")
            await stopping
        stack.lines.tell("stopping all parts; what hangs is killed within ten seconds")
    finally:
        for task in (starting, stopping):
            task.cancel()
        await asyncio.wait({starting, stopping})
        await stack.stop()


def _asked(stop: asyncio.Event, lines: Lines) -> None:
    if stop.is_set():
        lines.tell("it is stopping already; what hangs is killed within ten seconds")
    stop.set()


def _welcome(settings: LocalSettings, stack: Stack) -> str:
    """Addresses and commands to print after the start."""
    lines = [
        f"Talk to it in a browser:   {settings.base_url}/try/{SLUG}",
        f'Talk to it from here:      ./callbox call {SLUG} --say "What time do you open on Saturday?"',
        f"Book a demo by voice:      {settings.base_url}/try/{booking.SLUG}",
        f"Read the API:              {settings.base_url}/api/docs",
        f"Demo account and API key:  {settings.folder / 'demo.json'}",
        f"Log file of each part:     {stack.lines.path('<part>')}",
        "Check every part:          ./callbox doctor",
        "Stop everything:           Ctrl-C",
    ]
    if settings.debug:
        lines.append("CALLBOX_DEBUG is on: pages of ANY origin may start calls.")
    return "\n".join(lines)


def _fail(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(status)
