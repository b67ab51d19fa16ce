"""What every test has: PostgreSQL and Redis, guards against leaks and blocked event loops, and short pauses."""

import asyncio

import pytest
import structlog

from deploy.local import ports

pytest_plugins = [
    "tests.fixtures.garbage",
    "tests.fixtures.identities",
    "tests.fixtures.leaks",
    "tests.fixtures.oidc_provider",
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
    "tests.fixtures.run_folder",
    "tests.fixtures.slow_first",
    "tests.fixtures.stacks",
    "tests.fixtures.watchdog",
]


def pytest_configure(config: pytest.Config) -> None:
    """Prepares this process, which may be one of several of pytest-xdist."""
    # Else pytest-asyncio asks for the loop of this thread, which makes one that nobody closes.
    asyncio.set_event_loop(None)
    # structlog's own rendering of a traceback takes 0.2 s at its first use, on the event loop that logs it.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])
    # Ports of its own: one that is picked is free until its server listens.
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        number = int(worker["workerid"].removeprefix("gw"))
        ports._PICK_FROM = ports._PICK_FROM[number :: worker["workercount"]]


# As services log. The default shows the local variables of every frame, which takes a service up to a second to draw.
_plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _plain])
