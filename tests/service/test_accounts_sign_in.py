"""Contract 1.2, 1.3 and 14.2: sign-up, log-in, refresh, log-out, who am I."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import jwt
import pytest
import pytest_asyncio
from callbox.accounts.v1 import accounts_pb2 as pb
from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceStub

from services.accounts.app import running
from services.accounts.passwords import HASHER
from services.accounts.settings import AccountsSettings
from services.accounts.tokens.access import AccessTokens
from services.accounts.tokens.signing_keys import SigningKeys
from services.kit.database import open_pool
from services.kit.errors import Code
from services.kit.identity import Kind, Verifier
from services.kit.rpc.client import call, connect
from tests.fixtures.identities import Callers
from tests.fixtures.refusals import refusal
from tests.fixtures.tenants import CHEAP_HASHER

if TYPE_CHECKING:
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceAsyncStub

EMAIL, PASSWORD = "Ada@Callbox.local", "correct horse battery"


@pytest_asyncio.fixture
async def forger(
    accounts: AccountsServiceAsyncStub, accounts_settings: AccountsSettings
) -> AsyncIterator[AccessTokens]:
    """Makes access tokens with the keys of the running service."""
    pool = await open_pool(accounts_settings.database_url, "accounts")
    async with pool, SigningKeys(pool, accounts_settings.keys_dir, timedelta(days=30)) as keys:
        yield AccessTokens(keys)


async def sign_up(accounts: AccountsServiceAsyncStub, email: str = EMAIL) -> pb.SignUpResponse:
    return await call(accounts.SignUp, pb.SignUpRequest(email=email, password=PASSWORD))


async def log_in(accounts: AccountsServiceAsyncStub, email: str = EMAIL, password: str = PASSWORD) -> pb.TokenPair:
    return await call(accounts.LogIn, pb.LogInRequest(email=email, password=password))


async def refresh(accounts: AccountsServiceAsyncStub, token: str) -> pb.TokenPair:
    return await call(accounts.RefreshTokens, pb.RefreshTokensRequest(refresh=token))


async def exchange(accounts: AccountsServiceAsyncStub, token: str) -> str:
    answer = await call(accounts.ExchangeCredential, pb.ExchangeCredentialRequest(access_token=token))
    return answer.identity_token


async def test_a_new_user_has_a_tenant_limits_and_tokens(accounts: AccountsServiceAsyncStub, keys_dir: Path) -> None:
    made = await sign_up(accounts)
    assert made.user.email == EMAIL
    assert made.user.tenant_id.startswith("ten_")
    assert not made.user.is_staff
    assert abs(made.user.create_time.seconds - time.time()) < 60

    token = await exchange(accounts, made.tokens.access)
    identity = Verifier(keys_dir).verify(token)
    assert (identity.kind, identity.user_id, identity.tenant_id) == (Kind.USER, made.user.id, made.user.tenant_id)
    assert not identity.by_key
    assert not identity.is_staff

    me = await call(accounts.GetMe, pb.GetMeRequest(), identity=token)
    assert me.user == made.user
    assert me.limits == pb.TenantLimits(tenant_id=made.user.tenant_id, concurrent_sessions=10)


async def test_two_users_have_two_tenants(accounts: AccountsServiceAsyncStub) -> None:
    first, second = await sign_up(accounts), await sign_up(accounts, "bob@callbox.local")
    assert first.user.tenant_id != second.user.tenant_id


async def test_an_address_is_taken_whatever_its_case(accounts: AccountsServiceAsyncStub) -> None:
    await sign_up(accounts)
    error = await refusal(sign_up(accounts, EMAIL.upper()), Code.CONFLICT)
    assert "email" in error.fields
    assert (await log_in(accounts, EMAIL.upper())).access


async def test_an_address_is_taken_in_whatever_form_it_is_spelled(accounts: AccountsServiceAsyncStub) -> None:
    for first, *others in (
        ("ada@bücher.example", "ada@xn--bcher-kva.example", "Ada@BÜCHER.example", "ada@bu\u0308cher.example"),
        ("rene\u0301@shop.example", "ren\u00e9@shop.example", "REN\u00c9@SHOP.example"),
        ("ada@xn--strae-oqa.example", "ada@straße.example"),
    ):
        await sign_up(accounts, first)
        for other in others:
            await refusal(sign_up(accounts, other), Code.CONFLICT)
            assert (await log_in(accounts, other)).access


async def test_different_mailboxes_are_different_accounts(accounts: AccountsServiceAsyncStub) -> None:
    made = [await sign_up(accounts, email) for email in ("strasse@shop.example", "straße@shop.example")]
    assert made[0].user.id != made[1].user.id
    assert (await log_in(accounts, "Straße@shop.example")).access


async def test_of_two_sign_ups_at_once_one_wins(accounts: AccountsServiceAsyncStub) -> None:
    answers = await asyncio.gather(sign_up(accounts), sign_up(accounts), return_exceptions=True)
    assert sorted(isinstance(answer, pb.SignUpResponse) for answer in answers) == [False, True]


async def test_a_bad_sign_up_names_its_faults(accounts: AccountsServiceAsyncStub) -> None:
    for email, password, faulty in (
        ("nobody", PASSWORD, {"email"}),
        ("", PASSWORD, {"email"}),
        ("a@b.c\x00", PASSWORD, {"email"}),
        (f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}", PASSWORD, {"email"}),
        (f"{'a' * 65}@callbox.local", PASSWORD, {"email"}),
        (EMAIL, "x" * 9, {"password"}),
        (EMAIL, "x" * 1025, {"password"}),
        ("nobody", "short", {"email", "password"}),
    ):
        request = pb.SignUpRequest(email=email, password=password)
        error = await refusal(call(accounts.SignUp, request), Code.VALIDATION_FAILED)
        assert set(error.fields) == faulty


async def test_passwords_of_every_allowed_form_work(accounts: AccountsServiceAsyncStub) -> None:
    for number, password in enumerate(("x" * 10, "x" * 1024, "пароль из слов", "nul\x00 inside the password")):
        email = f"user{number}@callbox.local"
        await call(accounts.SignUp, pb.SignUpRequest(email=email, password=password))
        assert (await log_in(accounts, email, password)).access
        await refusal(log_in(accounts, email, password + "x"), Code.NOT_AUTHENTICATED)


async def test_a_password_works_however_its_letters_are_composed(accounts: AccountsServiceAsyncStub) -> None:
    """NIST SP 800-63B: keyboards send `é` as one character or as two, and full-width letters."""
    composed, decomposed = "café crème brûlée", unicodedata.normalize("NFD", "café crème brûlée")
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in "password123")
    for number, (given, typed) in enumerate(
        ((composed, decomposed), (decomposed, composed), ("password123", wide), (wide, "password123"))
    ):
        email = f"user{number}@callbox.local"
        await call(accounts.SignUp, pb.SignUpRequest(email=email, password=given))
        assert (await log_in(accounts, email, typed)).access
        assert (await log_in(accounts, email, given)).access
        await refusal(log_in(accounts, email, "cafe creme brulee"), Code.NOT_AUTHENTICATED)


@pytest.mark.own_stack("writes a hash")
async def test_a_hash_from_before_the_normalisation_still_works(
    accounts: AccountsServiceAsyncStub, database_url: str
) -> None:
    await sign_up(accounts)
    decomposed = unicodedata.normalize("NFD", "café crème brûlée")
    connection = await asyncpg.connect(database_url, timeout=10)
    await connection.execute("update accounts.users set password_hash = $1", CHEAP_HASHER.hash(decomposed))
    await connection.close(timeout=5)
    assert (await log_in(accounts, EMAIL, decomposed)).access


@pytest.mark.own_stack("measures with the hasher of production")
@pytest.mark.usefixtures("own_accounts_channel")
@pytest.mark.parametrize("hasher", [HASHER], ids=["as in production"])
async def test_unknown_address_and_wrong_password_are_alike_in_answer_and_time(
    accounts: AccountsServiceAsyncStub,
) -> None:
    await sign_up(accounts)

    async def answer(email: str) -> tuple[str, float]:
        started = time.perf_counter()
        error = await refusal(log_in(accounts, email, "wrong password"), Code.NOT_AUTHENTICATED)
        return str(error), time.perf_counter() - started

    wrong, unknown = [], []
    for _ in range(5):
        wrong.append(await answer(EMAIL))
        unknown.append(await answer("nobody@callbox.local"))
    assert {text for text, _ in wrong} == {text for text, _ in unknown}
    fastest_wrong, fastest_unknown = min(seconds for _, seconds in wrong), min(seconds for _, seconds in unknown)
    assert 0.5 < fastest_unknown / fastest_wrong < 2.0, (fastest_wrong, fastest_unknown)


@pytest.mark.own_stack("reads and writes rows")
async def test_nothing_secret_is_stored_as_it_is(accounts: AccountsServiceAsyncStub, database_url: str) -> None:
    tokens = (await sign_up(accounts)).tokens
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("select u::text || f::text from accounts.users u, accounts.refresh_families f")
    await connection.close()
    assert "$argon2id$" in rows[0][0]
    assert PASSWORD not in rows[0][0]
    assert tokens.refresh.partition(".")[2] not in rows[0][0]


async def test_an_access_token_lives_ten_days_and_names_its_key(accounts: AccountsServiceAsyncStub) -> None:
    token = (await sign_up(accounts)).tokens.access
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 10 * 24 * 3600
    assert claims["aud"] == "callbox-access"
    assert jwt.get_unverified_header(token).keys() >= {"kid"}


@pytest.mark.own_stack("signs with the keys of its service")
async def test_an_expired_access_token_says_so(accounts: AccountsServiceAsyncStub, forger: AccessTokens) -> None:
    """Contract 1.7: 401 for a JWT that has expired."""
    user_id = (await sign_up(accounts)).user.id
    await refusal(exchange(accounts, forger.issue(user_id, -10)), Code.TOKEN_EXPIRED)


@pytest.mark.own_stack("signs with the keys of its service")
async def test_no_other_token_passes_for_an_access_token(
    accounts: AccountsServiceAsyncStub, callers: Callers, forger: AccessTokens
) -> None:
    made = await sign_up(accounts)
    header, claims, signature = made.tokens.access.split(".")
    unsigned = jwt.encode({"sub": str(made.user.id), "aud": "callbox-access", "exp": 2**33}, "", "none")
    for token in ("", "x", "a.b.c", f"{header}.{claims}.{signature[::-1]}", callers.user(made.user.id), unsigned):
        await refusal(exchange(accounts, token), Code.NOT_AUTHENTICATED)
    await refusal(exchange(accounts, forger.issue(made.user.id + 1)), Code.NOT_AUTHENTICATED)
    await refusal(call(accounts.ExchangeCredential, pb.ExchangeCredentialRequest()), Code.NOT_AUTHENTICATED)


async def test_an_access_token_is_no_identity(accounts: AccountsServiceAsyncStub) -> None:
    token = (await sign_up(accounts)).tokens.access
    await refusal(call(accounts.GetMe, pb.GetMeRequest(), identity=token), Code.NOT_AUTHENTICATED)
    await refusal(call(accounts.GetMe, pb.GetMeRequest()), Code.NOT_AUTHENTICATED)


async def test_refresh_rotates(accounts: AccountsServiceAsyncStub) -> None:
    first = (await sign_up(accounts)).tokens
    second = await refresh(accounts, first.refresh)
    third = await refresh(accounts, second.refresh)
    assert len({first.refresh, second.refresh, third.refresh}) == 3
    assert await exchange(accounts, third.access)


async def test_a_refresh_token_used_twice_revokes_its_family_alone(accounts: AccountsServiceAsyncStub) -> None:
    stolen = (await sign_up(accounts)).tokens
    other = await log_in(accounts)
    newest = await refresh(accounts, stolen.refresh)
    await refusal(refresh(accounts, stolen.refresh), Code.NOT_AUTHENTICATED)
    await refusal(refresh(accounts, newest.refresh), Code.NOT_AUTHENTICATED)
    assert (await refresh(accounts, other.refresh)).access
    assert await exchange(accounts, newest.access)


async def test_of_two_refreshes_at_once_one_wins(accounts: AccountsServiceAsyncStub) -> None:
    token = (await sign_up(accounts)).tokens.refresh
    """Contract 14.2: a refresh token used twice revokes its whole family, also when both come at once."""
    answers = await asyncio.gather(*(refresh(accounts, token) for _ in range(5)), return_exceptions=True)
    (winner,) = [answer for answer in answers if isinstance(answer, pb.TokenPair)]
    await refusal(refresh(accounts, winner.refresh), Code.NOT_AUTHENTICATED)
    assert await exchange(accounts, winner.access)


async def test_log_out_revokes_and_may_be_said_twice(accounts: AccountsServiceAsyncStub) -> None:
    """Contract 14.12, logout; what is no token is answered alike (RFC 7009)."""
    for nothing in ("", "x", "ref_x.\x00", "x" * 5000):
        await call(accounts.LogOut, pb.LogOutRequest(refresh=nothing))
    tokens = (await sign_up(accounts)).tokens
    for _ in range(2):
        await call(accounts.LogOut, pb.LogOutRequest(refresh=tokens.refresh))
    await refusal(refresh(accounts, tokens.refresh), Code.NOT_AUTHENTICATED)


@pytest.mark.own_stack("reads and writes rows")
async def test_an_expired_refresh_token_says_so(accounts: AccountsServiceAsyncStub, database_url: str) -> None:
    tokens = (await sign_up(accounts)).tokens
    connection = await asyncpg.connect(database_url)
    await connection.execute("update accounts.refresh_families set expires_at = now() - interval '1 second'")
    await connection.close()
    await refusal(refresh(accounts, tokens.refresh), Code.TOKEN_EXPIRED)


async def test_what_is_no_refresh_token_is_refused(accounts: AccountsServiceAsyncStub) -> None:
    for token in ("", ".", "x", "a.b", "ref_x.\x00", "ref_ü.y", "ref_." + "x" * 5000):
        await refusal(refresh(accounts, token), Code.NOT_AUTHENTICATED)


async def test_the_first_account_is_staff_if_the_operator_says_so(
    accounts_settings: AccountsSettings,
) -> None:
    settings = accounts_settings.model_copy(update={"first_account_is_staff": True, "default_concurrent_sessions": 3})
    async with running(settings) as server, connect(f"127.0.0.1:{server.port}") as channel:
        accounts = AccountsServiceStub(channel)
        made = await asyncio.gather(*(sign_up(accounts, f"user{n}@callbox.local") for n in range(4)))
        token = await exchange(accounts, made[0].tokens.access)
        me = await call(accounts.GetMe, pb.GetMeRequest(), identity=token)
    assert sorted(answer.user.is_staff for answer in made) == [False, False, False, True]
    assert me.limits.concurrent_sessions == 3
