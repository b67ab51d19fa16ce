"""`callbox call` as a person runs it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from deploy.local.settings import ROOT
from tests.fixtures.stack import StackThread


@dataclass(frozen=True)
class Run:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def callbox_call(callbox: StackThread, *words: str, seconds: float = 60.0) -> Run:
    """Runs the command against a stack, as `.callbox/demo.json` of a real one would have it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CALLBOX_")}
    done = subprocess.run(
        [sys.executable, "-m", "cli", "call", *words],
        cwd=ROOT,
        env={**environ, "CALLBOX_DATA_DIR": str(callbox.stack.folder)},
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    return Run(done.returncode, done.stdout, done.stderr)
