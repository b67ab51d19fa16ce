"""Runs a service as a process: settings, logs, traces, signals."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import tenacity
import uvloop

from services.kit.logs import get_logger, setup_logging
from services.kit.settings import ServiceSettings, SettingsError
from services.kit.tracing import setup_tracing

AnySettings = TypeVar("AnySettings", bound=ServiceSettings)

# Time to wait for a dependency before the process exits, to be restarted by its supervisor.
START_SECONDS = 60.0
_log = get_logger(__name__)


def run(
    name: str, settings_class: type[AnySettings], serve: Callable[[AnySettings, asyncio.Event], Awaitable[None]]
) -> None:
    """Runs a service until SIGTERM or SIGINT, which set `serve`'s event. Exit status 2: invalid settings."""
    try:
        settings = settings_class.load()
    except SettingsError as fault:
        raise _invalid_settings(name, fault) from None
    setup_logging(name, settings.log_format, settings.log_level)
    setup_tracing(name, settings.otlp_endpoint)

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await serve(settings, stop)

    try:
        uvloop.run(main())
    except SettingsError as fault:
        # In a file that a setting names.
        raise _invalid_settings(name, fault) from None


def _invalid_settings(name: str, fault: SettingsError) -> SystemExit:
    print(f"callbox {name}: {fault}", file=sys.stderr)
    return SystemExit(2)


async def until_up(what: str, attempt: Callable[[], Awaitable[None]], seconds: float = START_SECONDS) -> None:
    """Repeats `attempt` until it succeeds, for at most `seconds`. Logs once what it waits for.

    Raises: the last exception when the time is over.
    """

    def tell(state: tenacity.RetryCallState) -> None:
        if state.attempt_number == 1 and state.outcome is not None:
            _log.info("waiting", dependency=what, fault=repr(state.outcome.exception())[:200])

    async for trial in tenacity.AsyncRetrying(
        stop=tenacity.stop_after_delay(seconds),
        wait=tenacity.wait_exponential(multiplier=0.1, max=1.0),
        before_sleep=tell,
        reraise=True,
    ):
        with trial:
            await attempt()
