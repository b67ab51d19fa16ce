"""A database of the first version, taken on by this one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from callbox.accounts.v1 import accounts_pb2 as pb
from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceStub

from services.accounts import app
from services.accounts.passwords import Passwords
from services.kit import database
from services.kit.client import call, connect

if TYPE_CHECKING:
    from services.accounts.settings import AccountsSettings

_MIGRATIONS = Path(app.__file__).parent / "migrations"


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """A database without any table."""
    return empty_database_url


async def test_users_of_the_first_version_log_in(accounts_settings: AccountsSettings, tmp_path: Path) -> None:
    first = shutil.copytree(_MIGRATIONS, tmp_path / "first")
    for later in set((first / "versions").glob("*.py")) - {first / "versions" / "0001_accounts.py"}:
        later.unlink()
    await database.migrate(accounts_settings.database_url, app.SCHEMA, first)
    async with Passwords() as passwords:
        hashed = await passwords.hash("correct horse battery")
    connection = await asyncpg.connect(accounts_settings.database_url)
    await connection.execute("insert into accounts.tenants (id, concurrent_sessions) values ('ten_old', 5)")
    await connection.execute(
        """insert into accounts.users (email, email_key, password_hash, tenant_id, is_staff)
        values ('Old@callbox.local', 'old@callbox.local', $1, 'ten_old', false)""",
        hashed,
    )
    await connection.close()
    async with app.running(accounts_settings) as server, connect(f"127.0.0.1:{server.port}") as channel:
        request = pb.LogInRequest(email="old@callbox.local", password="correct horse battery")
        assert (await call(AccountsServiceStub(channel).LogIn, request)).access
