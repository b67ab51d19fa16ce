"""`python -m cli`: the `callbox` command."""

import importlib
import sys
from collections.abc import Callable

import typer

# Each command is imported when it is asked for: `call` brings audio, `up` brings every part.
_COMMANDS = {"up": "cli.up", "call": "cli.call", "doctor": "cli.doctor", "size": "cli.size"}


def _load(name: str) -> Callable[..., None]:
    command: Callable[..., None] = getattr(importlib.import_module(_COMMANDS[name]), name)
    return command


def main(words: list[str]) -> None:
    """Runs the command that the first word names; without one shows the help."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)
    app.callback(help="Callbox: voice agents on your own machine.")(lambda: None)
    for name in [words[0]] if words and words[0] in _COMMANDS else _COMMANDS:
        app.command(name)(_load(name))
    app(words, prog_name="callbox")


if __name__ == "__main__":
    main(sys.argv[1:])
