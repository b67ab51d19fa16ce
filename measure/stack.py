"""The stack a bench runs against: one of its own in processes apart, or one that runs already."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from cli.session import Target
from deploy.local.settings import ROOT
from deploy.local.stack import isolated, read_state

START_SECONDS = 180.0
STOP_SECONDS = 20.0


class BenchError(Exception):
    """The bench cannot go on; the message says why and what to do."""


@dataclass(frozen=True)
class Running:
    """A stack that is ready. folder: its data folder, when it runs on this machine."""

    target: Target
    character: str
    folder: Path

    def pids(self) -> dict[str, int]:
        """Process id of each part; empty when the stack runs elsewhere."""
        state = read_state(self.folder.resolve())
        parts = state.get("parts", {}) if str(state.get("base_url", "")).rstrip("/") == self.target.base_url else {}
        return {name: part["pid"] for name, part in parts.items()}


@contextlib.asynccontextmanager
async def own_stack(
    folder: Path, character: str, environ: Mapping[str, str] | None = None, **changes: Any
) -> AsyncIterator[Running]:
    """Starts `callbox up` on free ports with a data folder of its own, and ends it.

    environ: variables of the services. changes: fields of `LocalSettings`. Raises: BenchError.
    """
    settings = isolated(folder, **changes)
    chosen = {f"CALLBOX_{name.upper()}": _value(getattr(settings, name)) for name in settings.model_fields_set}
    others = {name: value for name, value in os.environ.items() if not name.startswith("CALLBOX_")}
    variables = {**others, **(environ or {}), **chosen}
    log = folder / "stack.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli", "up", cwd=ROOT, env=variables, stdin=asyncio.subprocess.DEVNULL, stdout=output,
            stderr=output,
        )  # fmt: skip
    try:
        await _ready(process, log)
        yield Running(Target.found(folder, None, None), character, folder)
    finally:
        await end(process, STOP_SECONDS)


async def end(process: asyncio.subprocess.Process, seconds: float) -> None:
    """Asks a process to end, and kills it when it has not after so long."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])


async def _ready(process: asyncio.subprocess.Process, log: Path) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while not _says_ready(log):
                if process.returncode is not None:
                    raise BenchError(f"The stack did not start; {log} ends with:\n{tail(log)}")
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise BenchError(f"The stack was not ready in {START_SECONDS:.0f} s; {log} ends with:\n{tail(log)}") from None


def _value(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _says_ready(log: Path) -> bool:
    return b"everything is ready" in log.read_bytes()
