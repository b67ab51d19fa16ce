"""Contract 1.3: an access token lives ten days, also when another key signs meanwhile."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import jwt
import pytest
import pytest_asyncio
from callbox.accounts.v1 import accounts_pb2 as pb
from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceStub
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.accounts.app import running
from services.accounts.tokens.access import AccessTokens
from services.accounts.tokens.signing_keys import SigningKeys, key_id
from services.kit.database import Pool, open_pool
from services.kit.errors import Code
from services.kit.rpc.client import call, connect
from tests.fixtures.refusals import refusal
from tests.fixtures.tenants import CHEAP_HASHER

if TYPE_CHECKING:
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceAsyncStub

    from services.accounts.settings import AccountsSettings
    from tests.fixtures.postgres import PostgresServer

pytestmark = pytest.mark.own_stack("replaces the keys of its service, which others sign with")

ROOT = Path(__file__).resolve().parents[2]
MONTH = timedelta(days=30)


@pytest_asyncio.fixture
async def pool(accounts: AccountsServiceAsyncStub, accounts_settings: AccountsSettings) -> AsyncIterator[Pool]:
    async with await open_pool(accounts_settings.database_url, "accounts") as opened:
        yield opened


MakeKeys = Callable[..., Awaitable[SigningKeys]]


@pytest_asyncio.fixture
async def make_keys(pool: Pool, accounts_settings: AccountsSettings) -> AsyncIterator[MakeKeys]:
    """The keys as another process of accounts has them."""
    async with AsyncExitStack() as stack:

        async def make(max_age: timedelta = MONTH) -> SigningKeys:
            return await stack.enter_async_context(SigningKeys(pool, accounts_settings.keys_dir, max_age))

        yield make


async def sign_up(accounts: AccountsServiceAsyncStub, email: str = "ada@callbox.local") -> str:
    request = pb.SignUpRequest(email=email, password="correct horse battery")
    return (await call(accounts.SignUp, request)).tokens.access


async def exchange(accounts: AccountsServiceAsyncStub, token: str) -> str:
    request = pb.ExchangeCredentialRequest(access_token=token)
    return (await call(accounts.ExchangeCredential, request)).identity_token


def signer_of(token: str) -> str:
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid


async def rows(pool: Pool) -> dict[str, asyncpg.Record]:
    found = await pool.fetch("select *, verify_until - now() as verifies_for from signing_keys")
    return {row["id"]: row for row in found}


async def test_a_token_made_before_a_rotation_works_after_it(
    accounts: AccountsServiceAsyncStub, make_keys: MakeKeys, pool: Pool
) -> None:
    before = await sign_up(accounts)
    new = await (await make_keys()).rotate()
    assert await exchange(accounts, before)
    stored = await rows(pool)
    assert stored[new]["private"] is not None
    old = stored[signer_of(before)]
    assert old["private"] is None
    assert timedelta(days=10) < old["verifies_for"] <= timedelta(days=10, hours=1)


async def test_tokens_of_one_process_work_in_the_others_at_once(
    accounts: AccountsServiceAsyncStub, make_keys: MakeKeys
) -> None:
    token = await sign_up(accounts)
    user_id = int(jwt.decode(token, options={"verify_signature": False})["sub"])
    other = await make_keys()
    new = await other.rotate()
    of_other = AccessTokens(other).issue(user_id)
    assert signer_of(of_other) == new
    assert await exchange(accounts, of_other)
    # The first has learnt of the key by that, and signs with it.
    assert signer_of(await sign_up(accounts, "bob@callbox.local")) == new


async def test_tokens_outlive_a_restart_and_many_rotations(
    accounts_settings: AccountsSettings,
) -> None:
    async with running(accounts_settings) as server, connect(f"127.0.0.1:{server.port}") as channel:
        first = await sign_up(AccountsServiceStub(channel))
    async with await open_pool(accounts_settings.database_url, "accounts") as pool:
        keys = SigningKeys(pool, accounts_settings.keys_dir, MONTH)
        for _ in range(3):
            await keys.rotate()
    async with running(accounts_settings) as server, connect(f"127.0.0.1:{server.port}") as channel:
        assert await exchange(AccountsServiceStub(channel), first)


async def test_a_key_is_replaced_when_it_is_old_and_not_before(make_keys: MakeKeys, pool: Pool) -> None:
    keys = await make_keys()
    first = keys.signing.id
    await keys.refresh()
    assert keys.signing.id == first
    await pool.execute("update signing_keys set created_at = now() - interval '29 days' where id = $1", first)
    await keys.refresh()
    assert keys.signing.id == first
    await pool.execute("update signing_keys set created_at = now() - interval '31 days' where id = $1", first)
    await keys.refresh()
    assert keys.signing.id != first
    assert (await keys.verifying(first)) is not None


async def test_a_key_goes_when_what_it_signed_has_expired(
    accounts: AccountsServiceAsyncStub, make_keys: MakeKeys, pool: Pool
) -> None:
    token = await sign_up(accounts)
    keys = await make_keys()
    await keys.rotate()
    old = signer_of(token)
    await pool.execute("update signing_keys set verify_until = now() - interval '1 second' where id = $1", old)
    await keys.refresh()
    assert await keys.verifying(old) is None
    assert old not in await rows(pool)


async def test_processes_that_start_at_once_have_one_key(make_keys: MakeKeys, pool: Pool) -> None:
    await pool.execute("delete from signing_keys")
    sets = await asyncio.gather(*(make_keys() for _ in range(4)))
    assert len({keys.signing.id for keys in sets}) == 1
    assert sum(row["private"] is not None for row in (await rows(pool)).values()) == 1


async def test_private_keys_are_encrypted(make_keys: MakeKeys, pool: Pool) -> None:
    keys = await make_keys()
    raw = keys.signing.key.private_bytes_raw()
    (signing,) = [row for row in (await rows(pool)).values() if row["private"] is not None]
    assert raw not in signing["private"]
    assert signing["private"].startswith(b"gAAAA")


async def test_tokens_of_the_single_key_of_before_stay_good(
    accounts: AccountsServiceAsyncStub, accounts_settings: AccountsSettings
) -> None:
    """An installation from before there was a set signed with the identity key."""
    user = jwt.decode(await sign_up(accounts), options={"verify_signature": False})
    pem = (accounts_settings.keys_dir / "accounts.key").read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, Ed25519PrivateKey)
    old = jwt.encode(user, key, "EdDSA", headers={"kid": key_id(key.public_key())})
    assert await exchange(accounts, old)


async def test_another_identity_key_costs_a_sign_in_and_nothing_else(
    accounts_settings: AccountsSettings,
) -> None:
    async with running(accounts_settings, CHEAP_HASHER) as server, connect(f"127.0.0.1:{server.port}") as channel:
        await sign_up(AccountsServiceStub(channel))
    (accounts_settings.keys_dir / "accounts.key").unlink()
    async with running(accounts_settings, CHEAP_HASHER) as server, connect(f"127.0.0.1:{server.port}") as channel:
        accounts = AccountsServiceStub(channel)
        request = pb.LogInRequest(email="ada@callbox.local", password="correct horse battery")
        assert await exchange(accounts, (await call(accounts.LogIn, request)).access)


async def test_a_foreign_key_id_is_refused(accounts: AccountsServiceAsyncStub) -> None:
    claims: dict[str, Any] = jwt.decode(await sign_up(accounts), options={"verify_signature": False})
    stranger = Ed25519PrivateKey.generate()
    for kid in (key_id(stranger.public_key()), signer_of(await sign_up(accounts, "bob@callbox.local")), "", "../x"):
        forged = jwt.encode(claims, stranger, "EdDSA", headers={"kid": kid})
        await refusal(exchange(accounts, forged), Code.NOT_AUTHENTICATED)
    await refusal(exchange(accounts, jwt.encode(claims, stranger, "EdDSA")), Code.NOT_AUTHENTICATED)


async def test_keys_are_rotated_and_revoked_by_hand(
    accounts: AccountsServiceAsyncStub, accounts_settings: AccountsSettings, make_keys: MakeKeys, pool: Pool
) -> None:
    async def command(*words: str) -> str:
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
            "CALLBOX_DATABASE_URL": accounts_settings.database_url,
            "CALLBOX_REDIS_URL": accounts_settings.redis_url,
            "CALLBOX_KEYS_DIR": str(accounts_settings.keys_dir),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "services.accounts", "rotate-keys", *words),
            cwd=ROOT,
            env=environ,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 40)
        assert process.returncode == 0
        return output.decode().splitlines()[-1]

    token = await sign_up(accounts)
    new = await command()
    assert (await rows(pool))[new]["private"] is not None
    assert await exchange(accounts, token)
    newest = await command("--revoke")
    assert set(await rows(pool)) == {newest}
    other = await make_keys()
    assert await other.verifying(signer_of(token)) is None
    await refusal(AccessTokens(other).read(token), Code.NOT_AUTHENTICATED)


async def test_a_known_key_signs_and_verifies_while_the_database_is_away(
    make_keys: MakeKeys, postgres_server: PostgresServer
) -> None:
    tokens = AccessTokens(await make_keys())
    postgres_server.stop()
    try:
        assert (await tokens.read(tokens.issue(7))).user_id == 7
    finally:
        postgres_server.start()
