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
from services.kit.errors import Code
from services.kit.rpc.client import call, connect
from tests.fixtures.refusals import refusal
from tests.fixtures.tenants import CHEAP_HASHER

if TYPE_CHECKING:
    from services.accounts.settings import AccountsSettings

_MIGRATIONS = Path(app.__file__).parent / "migrations"


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """A database without any table."""
    return empty_database_url


async def migrate_to(number: str, database_url: str, folder: Path) -> None:
    """Brings the database to one version."""
    copied = shutil.copytree(_MIGRATIONS, folder / number)
    for later in [path for path in (copied / "versions").glob("*.py") if path.name[:4] > number]:
        later.unlink()
    await database.migrate(database_url, app.SCHEMA, copied)


async def test_users_of_the_first_version_log_in(accounts_settings: AccountsSettings, tmp_path: Path) -> None:
    await migrate_to("0001", accounts_settings.database_url, tmp_path)
    async with Passwords(CHEAP_HASHER) as passwords:
        hashed = await passwords.hash("correct horse battery")
    connection = await asyncpg.connect(accounts_settings.database_url)
    await connection.execute("insert into accounts.tenants (id, concurrent_sessions) values ('ten_old', 5)")
    await connection.execute(
        """insert into accounts.users (email, email_key, password_hash, tenant_id, is_staff)
        values ('Old@callbox.local', 'old@callbox.local', $1, 'ten_old', false)""",
        hashed,
    )
    await connection.close()
    async with app.running(accounts_settings, CHEAP_HASHER) as server, connect(f"127.0.0.1:{server.port}") as channel:
        request = pb.LogInRequest(email="old@callbox.local", password="correct horse battery")
        assert (await call(AccountsServiceStub(channel).LogIn, request)).access


async def test_users_log_in_by_every_spelling_of_their_mailbox(
    accounts_settings: AccountsSettings, tmp_path: Path
) -> None:
    await migrate_to("0002", accounts_settings.database_url, tmp_path)
    # Each with a password of its own, so that a log-in tells whose account it is.
    emails = (
        "Ada@xn--bcher-kva.example",
        "ada@bücher.example",
        "straße@shop.example",
        "rene\u0301@shop.example",
        "ADA@shop.example",
        "bob@xn--bcher-kva.example",
    )
    connection = await asyncpg.connect(accounts_settings.database_url)
    async with Passwords(CHEAP_HASHER) as passwords:
        for number, email in enumerate(emails):
            await connection.execute(
                "insert into accounts.tenants (id, concurrent_sessions) values ($1, 5)", f"ten_{number}"
            )
            await connection.execute(
                """insert into accounts.users (email, email_key, password_hash, tenant_id, is_staff)
                values ($1, $2, $3, $4, false)""",
                *(email, email.casefold(), await passwords.hash(f"password of {number}"), f"ten_{number}"),
            )
    await connection.close()
    async with app.running(accounts_settings, CHEAP_HASHER) as server, connect(f"127.0.0.1:{server.port}") as channel:
        accounts = AccountsServiceStub(channel)
        for email, number in (
            *((email, number) for number, email in enumerate(emails)),
            ("ada@BÜCHER.example", 1),
            ("Straße@shop.example", 2),
            ("ren\u00e9@shop.example", 3),
            ("bob@bücher.example", 5),
        ):
            request = pb.LogInRequest(email=email, password=f"password of {number}")
            assert (await call(accounts.LogIn, request)).access, email
        for email in ("bob@bücher.example", "ren\u00e9@shop.example", "STRAßE@shop.example"):
            await refusal(call(accounts.SignUp, pb.SignUpRequest(email=email, password="long enough")), Code.CONFLICT)
        assert await call(accounts.SignUp, pb.SignUpRequest(email="strasse@shop.example", password="long enough"))
