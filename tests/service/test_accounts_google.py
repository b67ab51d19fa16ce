"""Contract 14.2: Google is a real OIDC code flow with PKCE and `state`, against a real local provider."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest_asyncio
from callbox.accounts.v1 import accounts_pb2, accounts_pb2_grpc, google_pb2_grpc
from callbox.accounts.v1 import google_pb2 as pb

from services.accounts.app import running
from services.kit.errors import Code
from services.kit.rpc.client import call, connect
from tests.fixtures.refusals import refusal
from tests.fixtures.stopwatch import Stopwatch
from tests.fixtures.tcp import say_nothing, tcp_server
from tests.fixtures.tenants import CHEAP_HASHER

if TYPE_CHECKING:
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceAsyncStub
    from callbox.accounts.v1.google_pb2_grpc import GoogleServiceAsyncStub

    from services.accounts.settings import AccountsSettings
    from tests.fixtures.oidc_provider import OidcProvider

REDIRECT = "https://voice.example/api/auth/google/callback/"
EMAIL, PASSWORD = "ada@shop.example", "correct horse battery"


class Browser:
    """Somebody's browser between accounts and the provider."""

    def __init__(self, google: GoogleServiceAsyncStub, accounts: AccountsServiceAsyncStub, oidc: OidcProvider) -> None:
        self.google, self.accounts, self.oidc = google, accounts, oidc

    async def begin(self, **asked: str) -> pb.BeginGoogleSignInResponse:
        return await call(self.google.BeginGoogleSignIn, pb.BeginGoogleSignInRequest(**asked))

    async def finish(self, code: str, state: str, transaction: str) -> accounts_pb2.TokenPair:
        request = pb.FinishGoogleSignInRequest(code=code, state=state, transaction=transaction)
        return await call(self.google.FinishGoogleSignIn, request)

    async def sign_in(self, subject: str, begun: pb.BeginGoogleSignInResponse | None = None) -> accounts_pb2.TokenPair:
        begun = begun or await self.begin()
        back = await self.oidc.approve(begun.authorization_url, subject)
        return await self.finish(back["code"], back["state"], begun.transaction)

    async def me(self, access: str) -> accounts_pb2.User:
        request = accounts_pb2.ExchangeCredentialRequest(access_token=access)
        token = (await call(self.accounts.ExchangeCredential, request)).identity_token
        return (await call(self.accounts.GetMe, accounts_pb2.GetMeRequest(), identity=token)).user

    async def sign_up(self) -> accounts_pb2.SignUpResponse:
        return await call(self.accounts.SignUp, accounts_pb2.SignUpRequest(email=EMAIL, password=PASSWORD))


@pytest_asyncio.fixture
async def browser(accounts_settings: AccountsSettings, oidc_provider: OidcProvider) -> AsyncIterator[Browser]:
    configured = {
        "google_issuer": oidc_provider.issuer,
        "google_client_id": "callbox",
        "google_client_secret": "client-secret-of-the-operator",
        "google_redirect_url": REDIRECT,
    }
    settings = type(accounts_settings).model_validate(accounts_settings.model_dump() | configured)
    async with running(settings, CHEAP_HASHER) as server, connect(f"127.0.0.1:{server.port}") as channel:
        yield Browser(
            google_pb2_grpc.GoogleServiceStub(channel), accounts_pb2_grpc.AccountsServiceStub(channel), oidc_provider
        )


async def test_unset_it_says_how_to_set_it(accounts_channel: Any) -> None:
    """Contract 14.2: unset → 404 with a message that says how to set it."""
    google = google_pb2_grpc.GoogleServiceStub(accounts_channel)
    for attempt in (
        call(google.BeginGoogleSignIn, pb.BeginGoogleSignInRequest()),
        call(google.FinishGoogleSignIn, pb.FinishGoogleSignInRequest(code="x", state="y", transaction="z")),
    ):
        error = await refusal(attempt, Code.NOT_FOUND)
        assert "CALLBOX_GOOGLE_CLIENT_ID" in error.message
        assert "CALLBOX_GOOGLE_CLIENT_SECRET" in error.message
        assert "CALLBOX_GOOGLE_REDIRECT_URL" in error.message


async def test_the_browser_is_sent_with_state_nonce_and_challenge(browser: Browser) -> None:
    first, second = await browser.begin(), await browser.begin()
    assert first.secure
    asked = parse_qs(urlsplit(first.authorization_url).query)
    assert first.authorization_url.startswith(browser.oidc.issuer)
    assert asked["response_type"] == ["code"]
    assert asked["client_id"] == ["callbox"]
    assert asked["redirect_uri"] == [REDIRECT]
    assert set(asked["scope"][0].split()) == {"openid", "email"}
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    again = parse_qs(urlsplit(second.authorization_url).query)
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))
    assert not any(asked[name][0] in first.transaction for name in ("state", "nonce"))
    assert "client-secret" not in first.authorization_url + first.transaction


async def test_who_comes_back_has_an_account(browser: Browser) -> None:
    await browser.oidc.know("sub-1", email=EMAIL, email_verified=True)
    user = await browser.me((await browser.sign_in("sub-1")).access)
    assert (user.email, user.is_staff) == (EMAIL, False)
    assert await browser.me((await browser.sign_in("sub-1")).access) == user
    # The provider's subject is who it is, whatever e-mail they have now.
    await browser.oidc.know("sub-1", email="ada@elsewhere.example", email_verified=True)
    assert await browser.me((await browser.sign_in("sub-1")).access) == user


async def test_of_two_returns_at_once_both_are_the_same_user(browser: Browser) -> None:
    await browser.oidc.know("twice", email="twice@shop.example", email_verified=True)
    pairs = await asyncio.gather(*(browser.sign_in("twice") for _ in range(3)))
    assert len({(await browser.me(pair.access)).id for pair in pairs}) == 1


async def test_an_account_without_a_password_is_not_logged_in_by_one(browser: Browser) -> None:
    await browser.oidc.know("sub-2", email=EMAIL, email_verified=True)
    await browser.sign_in("sub-2")
    for password in ("", PASSWORD, "None"):
        request = accounts_pb2.LogInRequest(email=EMAIL, password=password)
        await refusal(call(browser.accounts.LogIn, request), Code.NOT_AUTHENTICATED)


async def test_only_the_browser_that_left_comes_back(browser: Browser) -> None:
    await browser.oidc.know("sub-3", email=EMAIL, email_verified=True)
    mine, others = await browser.begin(), await browser.begin()
    back = await browser.oidc.approve(mine.authorization_url, "sub-3")
    for state, transaction in (
        ("", mine.transaction),
        ("wrong", mine.transaction),
        ("ünïcode", mine.transaction),
        (back["state"], others.transaction),
        (back["state"], ""),
        (back["state"], "forged"),
        (back["state"], mine.transaction[:-8] + "AAAAAAA="),
    ):
        await refusal(browser.finish(back["code"], state, transaction), Code.INVALID_REQUEST)
    assert (await browser.finish(back["code"], back["state"], mine.transaction)).access


async def test_a_code_is_good_once_and_for_its_own_browser(browser: Browser) -> None:
    await browser.oidc.know("sub-4", email=EMAIL, email_verified=True)
    mine, others = await browser.begin(), await browser.begin()
    back = await browser.oidc.approve(mine.authorization_url, "sub-4")
    state_of_others = parse_qs(urlsplit(others.authorization_url).query)["state"][0]
    # A stolen code in another browser's flow lacks the verifier: PKCE.
    await refusal(browser.finish(back["code"], state_of_others, others.transaction), Code.NOT_AUTHENTICATED)
    assert (await browser.finish(back["code"], back["state"], mine.transaction)).access
    await refusal(browser.finish(back["code"], back["state"], mine.transaction), Code.NOT_AUTHENTICATED)
    for code in ("", "made up", "x" * 5_000, "\x00"):
        await refusal(browser.finish(code, back["state"], mine.transaction), Code.NOT_AUTHENTICATED)


async def test_a_token_for_another_nonce_is_refused(browser: Browser) -> None:
    await browser.oidc.know("sub-5", email=EMAIL, email_verified=True)
    begun = await browser.begin()
    nonce = parse_qs(urlsplit(begun.authorization_url).query)["nonce"][0]
    tampered = begun.authorization_url.replace(nonce, "another-nonce")
    back = await browser.oidc.approve(tampered, "sub-5")
    await refusal(browser.finish(back["code"], back["state"], begun.transaction), Code.NOT_AUTHENTICATED)


async def test_a_token_that_is_not_meant_for_us_is_refused(browser: Browser) -> None:
    for wrong in (
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": ["callbox", "another-client"], "azp": "another-client"},
        {"exp": int(time.time()) - 3600},
        {"iat": None},
        {"nonce": ""},
        {"wrong_key": True},
    ):
        await browser.oidc.know("sub-6", email=EMAIL, email_verified=True, **wrong)
        await refusal(browser.sign_in("sub-6"), Code.NOT_AUTHENTICATED)
    await browser.oidc.know("sub-6", email=EMAIL, email_verified=True)
    assert (await browser.sign_in("sub-6")).access


async def test_an_email_that_nobody_verified_is_refused(browser: Browser) -> None:
    for claims in ({"email_verified": False}, {}, {"email_verified": "false"}):
        await browser.oidc.know("sub-7", email="unverified@shop.example", **claims)
        await refusal(browser.sign_in("sub-7"), Code.PERMISSION_DENIED)


async def test_no_email_is_refused(browser: Browser) -> None:
    await browser.oidc.know("sub-8", email_verified=True)
    await refusal(browser.sign_in("sub-8"), Code.PERMISSION_DENIED)


async def test_an_account_with_a_password_is_linked_by_that_password_alone(browser: Browser) -> None:
    owner = await browser.sign_up()
    await browser.oidc.know("sub-9", email=EMAIL.upper(), email_verified=True)
    error = await refusal(browser.sign_in("sub-9"), Code.CONFLICT)
    assert set(error.fields) == {"email"}

    access = owner.tokens.access
    await refusal(browser.begin(access_token=access, password="wrong password"), Code.PERMISSION_DENIED)
    await refusal(browser.begin(access_token=access), Code.PERMISSION_DENIED)
    await refusal(browser.begin(access_token="forged", password=PASSWORD), Code.NOT_AUTHENTICATED)
    linking = await browser.begin(access_token=access, password=PASSWORD)
    assert await browser.me((await browser.sign_in("sub-9", linking)).access) == owner.user
    assert await browser.me((await browser.sign_in("sub-9")).access) == owner.user

    await browser.oidc.know("sub-10", email="bob@shop.example", email_verified=True)
    await browser.sign_in("sub-10")
    linking = await browser.begin(access_token=access, password=PASSWORD)
    await refusal(browser.sign_in("sub-10", linking), Code.CONFLICT)


async def test_the_provider_away_says_try_again_in_time(browser: Browser) -> None:
    await browser.oidc.know("sub-11", email=EMAIL, email_verified=True)
    begun = await browser.begin()
    back = await browser.oidc.approve(begun.authorization_url, "sub-11")
    browser.oidc.stop()
    try:
        watch = Stopwatch()
        error = await refusal(browser.finish(back["code"], back["state"], begun.transaction), Code.UPSTREAM_UNAVAILABLE)
        assert error.retry_after_seconds
        assert watch.seconds() < 5
    finally:
        browser.oidc.start()
    # It came back with a new key, which is learnt.
    await browser.oidc.know("sub-11", email=EMAIL, email_verified=True)
    assert (await browser.sign_in("sub-11")).access


async def test_a_provider_that_never_answers_costs_no_more_than_the_deadline(
    accounts_settings: AccountsSettings, unused_tcp_port: int
) -> None:
    configured = {
        "google_issuer": f"http://127.0.0.1:{unused_tcp_port}",
        "google_client_id": "callbox",
        "google_client_secret": "secret",
        "google_redirect_url": REDIRECT,
    }
    settings = type(accounts_settings).model_validate(accounts_settings.model_dump() | configured)
    async with (
        tcp_server(say_nothing, port=unused_tcp_port),
        running(settings) as accounts,
        connect(f"127.0.0.1:{accounts.port}") as channel,
    ):
        google = google_pb2_grpc.GoogleServiceStub(channel)
        watch = Stopwatch()
        request = pb.BeginGoogleSignInRequest()
        await refusal(call(google.BeginGoogleSignIn, request), Code.UPSTREAM_UNAVAILABLE)
        assert watch.seconds() < 4.8


async def test_neither_secret_nor_password_is_stored(browser: Browser, database_url: str) -> None:
    await browser.oidc.know("sub-12", email=EMAIL, email_verified=True)
    await browser.sign_in("sub-12")
    connection = await asyncpg.connect(database_url)
    stored = await connection.fetchrow(
        "select u.password_hash, l.issuer, l.subject from accounts.users u join accounts.external_logins l on true"
    )
    await connection.close()
    assert stored is not None
    assert tuple(stored) == (None, browser.oidc.issuer, "sub-12")
