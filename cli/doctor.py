"""`callbox doctor`: checks every part and says what to do about each fault."""

import asyncio
import sys

import typer

from deploy.local.checkup import checkup
from deploy.local.environment import read_settings
from deploy.local.settings import LocalSettings
from services.kit.settings import SettingsError

EXIT_FAULTS = 1
_WIDTH = 14


def doctor() -> None:
    """Checks every part and says what to do about each fault.

    Exit status: 0 all is well, 1 something is not.
    """
    try:
        settings = read_settings()
    except SettingsError as fault:
        print(f"{'settings':<{_WIDTH}} FAULT {fault}")
        raise typer.Exit(EXIT_FAULTS) from None
    faults = asyncio.run(_look(settings))
    if faults:
        print(f"\n{faults} thing{'s' if faults > 1 else ''} to mend.", file=sys.stderr)
        raise typer.Exit(EXIT_FAULTS)
    print("\nAll is well.")


async def _look(settings: LocalSettings) -> int:
    faults = 0
    async for finding in checkup(settings):
        print(f"{finding.name:<{_WIDTH}} {'FAULT' if finding.todo else 'ok   '} {finding.seen}")
        if finding.todo:
            print(f"{'':<{_WIDTH}}       → {finding.todo}")
            faults += 1
    return faults
