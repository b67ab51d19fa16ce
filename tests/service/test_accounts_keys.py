"""Contract 1.4, 12.3 and 14.12 (key endpoints): API keys and tenant limits."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from callbox.accounts.v1 import accounts_pb2 as pb

from services.kit.errors import Code
from services.kit.identity import Verifier
from services.kit.rpc.client import call
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceAsyncStub

    from tests.fixtures.identities import Callers

PASSWORD = "correct horse battery"


class Account:
    """A signed-up user with a token."""

    def __init__(self, stub: AccountsServiceAsyncStub, user: pb.User, token: str) -> None:
        self.stub = stub
        self.user = user
        self.token = token

    async def create(self, name: str = "server", is_active: bool | None = None) -> pb.CreateApiKeyResponse:
        request = pb.CreateApiKeyRequest(name=name, is_active=is_active)
        return await call(self.stub.CreateApiKey, request, identity=self.token)

    async def list(self, page_size: int = 0, page_token: str = "") -> pb.ListApiKeysResponse:
        request = pb.ListApiKeysRequest(page_size=page_size, page_token=page_token)
        return await call(self.stub.ListApiKeys, request, identity=self.token)

    async def update(self, key: pb.ApiKey, *paths: str) -> pb.ApiKey:
        request = pb.UpdateApiKeyRequest(api_key=key)
        request.update_mask.paths.extend(paths)
        return await call(self.stub.UpdateApiKey, request, identity=self.token)

    async def delete(self, key_id: str) -> None:
        await call(self.stub.DeleteApiKey, pb.DeleteApiKeyRequest(id=key_id), identity=self.token)


async def sign_up(stub: AccountsServiceAsyncStub, callers: Callers, email: str) -> Account:
    user = (await call(stub.SignUp, pb.SignUpRequest(email=email, password=PASSWORD))).user
    return Account(stub, user, callers.user(user.id, user.tenant_id))


@pytest.fixture
async def ada(accounts: AccountsServiceAsyncStub, callers: Callers) -> Account:
    return await sign_up(accounts, callers, "ada@callbox.local")


@pytest.fixture
async def bob(accounts: AccountsServiceAsyncStub, callers: Callers) -> Account:
    return await sign_up(accounts, callers, "bob@callbox.local")


async def exchange(stub: AccountsServiceAsyncStub, value: str) -> pb.ExchangeCredentialResponse:
    return await call(stub.ExchangeCredential, pb.ExchangeCredentialRequest(api_key=value))


async def test_a_key_speaks_for_its_owner(ada: Account, keys_dir: Path) -> None:
    made = await ada.create("my server")
    assert re.fullmatch(r"sk_[0-9a-f]{64}", made.value)
    assert made.api_key.key_preview == f"{made.value[:5]}...{made.value[-4:]}"
    assert (made.api_key.name, made.api_key.is_active) == ("my server", True)
    assert not made.api_key.HasField("last_use_time")

    answer = await exchange(ada.stub, made.value)
    identity = Verifier(keys_dir).verify(answer.identity_token)
    assert (identity.user_id, identity.tenant_id, identity.by_key) == (ada.user.id, ada.user.tenant_id, True)
    assert 60 < answer.expire_time.seconds - time.time() <= 121


@pytest.mark.own_stack("reads and writes rows")
async def test_a_key_is_stored_as_a_digest(ada: Account, database_url: str) -> None:
    value = (await ada.create()).value
    connection = await asyncpg.connect(database_url)
    stored = await connection.fetchval("select k::text from accounts.api_keys k")
    await connection.close()
    assert value not in stored


async def test_the_last_use_is_written(ada: Account) -> None:
    made = await ada.create()
    await exchange(ada.stub, made.value)
    (listed,) = (await ada.list()).api_keys
    assert abs(listed.last_use_time.seconds - time.time()) < 5
    assert listed.id == made.api_key.id


async def test_the_last_use_stands_in_the_answer_to_a_change(ada: Account) -> None:
    """Contract 1.4: `last_used_at` is updated on every authenticated call."""
    made = await ada.create()
    await exchange(ada.stub, made.value)
    changed = await ada.update(pb.ApiKey(id=made.api_key.id, name="renamed"), "name")
    assert abs(changed.last_use_time.seconds - time.time()) < 5


async def test_the_list_is_the_callers_newest_first_in_pages(ada: Account, bob: Account) -> None:
    for number in range(5):
        await ada.create(f"key {number}")
    await bob.create("of bob")
    names, token = [], ""
    while True:
        page = await ada.list(2, token)
        names += [key.name for key in page.api_keys]
        token = page.next_page_token
        if not token:
            break
    assert names == [f"key {number}" for number in (4, 3, 2, 1, 0)]
    await refusal(ada.list(page_token="!"), Code.INVALID_REQUEST)
    await refusal(ada.list(page_size=-1), Code.VALIDATION_FAILED)


async def test_an_inactive_key_does_not_authenticate(ada: Account) -> None:
    made = await ada.create(is_active=False)
    await refusal(exchange(ada.stub, made.value), Code.NOT_AUTHENTICATED)
    changed = await ada.update(pb.ApiKey(id=made.api_key.id, is_active=True, name="ignored"), "is_active")
    assert (changed.is_active, changed.name) == (True, "server")
    assert (await exchange(ada.stub, made.value)).identity_token
    changed = await ada.update(pb.ApiKey(id=made.api_key.id, name="renamed"), "name")
    assert (changed.is_active, changed.name) == (True, "renamed")
    assert await ada.update(pb.ApiKey(id=made.api_key.id)) == changed


async def test_a_deleted_key_is_gone(ada: Account) -> None:
    made = await ada.create()
    await ada.delete(made.api_key.id)
    await refusal(exchange(ada.stub, made.value), Code.NOT_AUTHENTICATED)
    await refusal(ada.delete(made.api_key.id), Code.NOT_FOUND)


async def test_foreign_keys_are_not_found(ada: Account, bob: Account) -> None:
    made = await ada.create()
    for key_id in (made.api_key.id, "key_unknown", "", "nul\x00", "x" * 5000):
        await refusal(bob.delete(key_id), Code.NOT_FOUND)
        await refusal(bob.update(pb.ApiKey(id=key_id, name="mine"), "name"), Code.NOT_FOUND)
    assert (await ada.list()).api_keys[0].name == "server"


async def test_a_bad_name_is_refused(ada: Account) -> None:
    made = await ada.create()
    for name in ("", "  ", "x" * 101, "nul\x00", "two\nlines", "two\u2028lines", "turned \u202eround", "\x9b"):
        error = await refusal(ada.create(name), Code.VALIDATION_FAILED)
        assert set(error.fields) == {"name"}
        await refusal(ada.update(pb.ApiKey(id=made.api_key.id, name=name), "name"), Code.VALIDATION_FAILED)
    await refusal(ada.update(pb.ApiKey(id=made.api_key.id), "key_preview"), Code.VALIDATION_FAILED)


async def test_a_name_of_any_script_is_taken(ada: Account) -> None:
    for name in ("👩‍💻 laptop", "می\u200cخواهم", "Prod\u00a0key", "שלום\u200f!", "क्\u200dष"):
        assert (await ada.create(name)).api_key.name == name


async def test_what_is_no_key_is_refused(accounts: AccountsServiceAsyncStub) -> None:
    for value in ("", "sk_", "sk_" + "0" * 64, "sk_" + "0" * 63 + "\n", "SK_" + "a" * 64, "x" * 9999):
        await refusal(exchange(accounts, value), Code.NOT_AUTHENTICATED)


async def test_a_key_cannot_manage_keys(ada: Account, callers: Callers) -> None:
    made = await ada.create()
    by_key = Account(ada.stub, ada.user, callers.user(ada.user.id, ada.user.tenant_id, by_key=True))
    for attempt in (by_key.create(), by_key.list(), by_key.update(made.api_key), by_key.delete(made.api_key.id)):
        await refusal(attempt, Code.PERMISSION_DENIED)


async def test_keys_are_for_users(ada: Account, callers: Callers) -> None:
    for token in (callers.visitor("https://acme.com"), callers.service("sessions")):
        await refusal(Account(ada.stub, ada.user, token).list(), Code.NOT_AUTHENTICATED)


async def test_services_read_limits_and_staff_and_services_set_them(ada: Account, callers: Callers) -> None:
    tenant_id = ada.user.tenant_id
    read = pb.GetTenantLimitsRequest(tenant_id=tenant_id)
    sessions = callers.service("sessions")

    async def set_limit(limit: int, token: str, tenant_id: str = tenant_id) -> pb.TenantLimits:
        limits = pb.TenantLimits(tenant_id=tenant_id, concurrent_sessions=limit)
        request = pb.UpdateTenantLimitsRequest(limits=limits)
        request.update_mask.paths.append("concurrent_sessions")
        return await call(ada.stub.UpdateTenantLimits, request, identity=token)

    assert (await call(ada.stub.GetTenantLimits, read, identity=sessions)).concurrent_sessions == 10
    for token in (ada.token, callers.visitor()):
        await refusal(call(ada.stub.GetTenantLimits, read, identity=token), Code.PERMISSION_DENIED)
        await refusal(set_limit(99, token), Code.PERMISSION_DENIED)
    assert (await set_limit(3, callers.user(77, "ten_staff", is_staff=True))).concurrent_sessions == 3
    assert (await set_limit(0, sessions)).concurrent_sessions == 0
    for wrong in (-1, 1_000_001):
        await refusal(set_limit(wrong, sessions), Code.VALIDATION_FAILED)
    for unknown in ("ten_unknown", "", "nul\x00"):
        await refusal(set_limit(5, sessions, unknown), Code.NOT_FOUND)
    assert (await call(ada.stub.GetTenantLimits, read, identity=sessions)).concurrent_sessions == 0
