"""The stack that is measured: one that is started for it, or one that already runs."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from caller.session import Target
from deploy.local import parent_death
from deploy.local.process import end_process, last_lines
from deploy.local.settings import ROOT
from deploy.local.stack import isolated, read_state

START_SECONDS = 180.0
STOP_SECONDS = 20.0


class MeasureError(Exception):
    """The measurement cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class Running:
    """A stack that is ready. folder: its data folder, if it runs on this machine."""

    target: Target
    character: str
    folder: Path

    def pids(self) -> dict[str, int]:
        """Process id of each part; empty if the stack runs on another machine."""
        state = read_state(self.folder.resolve())
        parts = state.get("parts", {}) if str(state.get("base_url", "")).rstrip("/") == self.target.base_url else {}
        return {name: part["pid"] for name, part in parts.items()}


@contextlib.asynccontextmanager
async def own_stack(
    folder: Path, character: str, environ: Mapping[str, str] | None = None, **changes: Any
) -> AsyncIterator[Running]:
    """Starts `callbox up` on free ports with its own data folder, and stops it at the end of the block.

    environ: variables of the services. changes: fields of `LocalSettings`. Raises: MeasureError.
    """
    settings = isolated(folder, **changes)
    chosen = {f"CALLBOX_{name.upper()}": _value(getattr(settings, name)) for name in settings.model_fields_set}
    others = {name: value for name, value in os.environ.items() if not name.startswith("CALLBOX_")}
    variables = {**others, **(environ or {}), **chosen}
    log = folder / "stack.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *parent_death.tied(signal.SIGINT), sys.executable, "-m", "cli", "up", cwd=ROOT, env=variables,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        await _ready(process, log)
        yield Running(Target.found(folder, None, None), character, folder)
    finally:
        await end_process(process, STOP_SECONDS)


async def _ready(process: asyncio.subprocess.Process, log: Path) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while not _says_ready(log):
                if process.returncode is not None:
                    raise MeasureError(f"The stack did not start; {log} ends with:\n{last_lines(log)}")
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise MeasureError(
            f"The stack was not ready in {START_SECONDS:.0f} s; {log} ends with:\n{last_lines(log)}"
        ) from None


def _value(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _says_ready(log: Path) -> bool:
    return b"everything is ready" in log.read_bytes()
