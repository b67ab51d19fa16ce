"""What every test has: the real PostgreSQL and Redis for who asks, a guard against leaks, and short pauses."""

import pytest

from deploy.local import ports

pytest_plugins = [
    "tests.fixtures.garbage",
    "tests.fixtures.identities",
    "tests.fixtures.leaks",
    "tests.fixtures.oidc_provider",
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
    "tests.fixtures.stacks",
]


def pytest_configure(config: pytest.Config) -> None:
    """Gives each process of pytest-xdist ports of its own: one that is picked is free until its server listens."""
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        number = int(worker["workerid"].removeprefix("gw"))
        ports._PICK_FROM = ports._PICK_FROM[number :: worker["workercount"]]
