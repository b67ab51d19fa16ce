"""Runs the accounts service: `python -m services.accounts`; `… rotate-keys` replaces the key of access tokens."""

import argparse
import asyncio
import sys

from services.accounts.app import rotate_keys, serve
from services.accounts.settings import AccountsSettings
from services.kit.process import run
from services.kit.settings import SettingsError


def main() -> None:
    """Serves, or does what the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m services.accounts")
    commands = parser.add_subparsers(dest="command")
    rotate = commands.add_parser("rotate-keys", help="have a new key sign access tokens, for running processes too")
    rotate.add_argument("--revoke", action="store_true", help="refuse every access token that is out")
    asked = parser.parse_args()
    if asked.command is None:
        run("accounts", AccountsSettings, serve)
        return
    try:
        settings = AccountsSettings.load()
    except SettingsError as fault:
        sys.exit(f"callbox accounts: {fault}")
    print(asyncio.run(rotate_keys(settings, revoke=asked.revoke)))  # noqa: T201  # a command's answer


if __name__ == "__main__":
    main()
