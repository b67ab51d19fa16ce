"""`python -m services.accounts` runs the service; `… rotate-keys` replaces the key that signs access tokens."""

import argparse
import asyncio
import sys

from services.accounts.app import rotate_keys, serve
from services.accounts.settings import AccountsSettings
from services.kit.process import run
from services.kit.settings import SettingsError


def main() -> None:
    """Runs the service, or the command that was given."""
    parser = argparse.ArgumentParser(prog="python -m services.accounts")
    commands = parser.add_subparsers(dest="command")
    rotate = commands.add_parser("rotate-keys", help="replace the key of access tokens, also in running processes")
    rotate.add_argument("--revoke", action="store_true", help="refuse every access token that was issued before")
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
