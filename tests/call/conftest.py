"""One stack for the whole folder, with the small language model of `make run` and a stand-in for Riva beside it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.settings import ROOT
from tests.fixtures.measured import measure, pytest_terminal_summary
from tests.fixtures.riva_server import RivaStandIn
from tests.fixtures.stack import StackThread

__all__ = ["callbox", "measure", "pytest_terminal_summary", "riva", "unstarted"]

RIVA = """
[pools.riva]
protocol = "riva"
endpoints = ["{url}"]

[[recognisers]]
name = "riva-ear"
pool = "riva"
model = "stand-in"
provider = "nvidia"
languages = ["en-US", "en"]
licence = "none"

[[voices]]
name = "riva-voice"
title = "The stand-in's"
pool = "riva"
model = "stand-in"
voice = "{voice}"
provider = "nvidia"
languages = ["en-US", "en"]
sample_rate_hz = 24000
licence = "none"
"""


@pytest.fixture(scope="package")
def unstarted(tmp_path_factory: pytest.TempPathFactory) -> StackThread:
    folder = tmp_path_factory.mktemp("stack")
    return StackThread(
        folder, {"CALLBOX_CATALOGUE": str(_catalogue(folder)), "CALLBOX_OUTBOUND_ALLOW": "127.0.0.0/8"}, slots=3
    )


@pytest.fixture(scope="package")
def riva(unstarted: StackThread) -> Iterator[RivaStandIn]:
    settings = unstarted.stack.settings
    with RivaStandIn(f"127.0.0.1:{settings.triton_grpc_port}") as running:
        without_samples = re.sub(r"(?m)^sample = .*$", "", (ROOT / "deploy" / "catalogue.toml").read_text())
        added = RIVA.format(url=running.url, voice=running.voice)
        _catalogue(settings.folder).write_text(without_samples + added)
        yield running


@pytest.fixture(scope="package")
def callbox(unstarted: StackThread, riva: RivaStandIn) -> Iterator[StackThread]:
    with unstarted as running:
        yield running


def _catalogue(folder: Path) -> Path:
    return folder / "catalogue.toml"
