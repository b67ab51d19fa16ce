"""Runs the accounts service: `python -m services.accounts`."""

from services.accounts.app import serve
from services.accounts.settings import AccountsSettings
from services.kit.process import run

if __name__ == "__main__":
    run("accounts", AccountsSettings, serve)
