"""Calls every function of accounts that sends statements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from services.accounts.account_data import HOLDINGS
from services.accounts.store import NewUser, Store
from services.accounts.tokens.refresh import RefreshToken
from services.accounts.tokens.signing_keys import SigningKeys
from services.kit import account_data
from services.kit.identity import ACCOUNTS_ISSUER, ensure_keys

if TYPE_CHECKING:
    from pathlib import Path

    from services.kit.database import Pool

MONTH = timedelta(days=30)


async def use(pool: Pool, folder: Path) -> None:
    """Does with the past what the service does."""
    await _users(Store(pool))
    await _keys(Store(pool))
    await _signing_keys(pool, folder)
    await _goes(pool)


async def _users(store: Store) -> None:
    external = ("https://issuer.example", "new")
    new = NewUser("new@callbox.local", "new@callbox.local", None, "ten_new", 5, staff_if_first=True, external=external)
    user = await store.add_user(new)
    assert user is not None
    assert await store.user_to_log_in("u7@callbox.local", "u8@callbox.local") is not None
    assert await store.user(7) is not None
    assert await store.user_with_password(7) is not None
    assert await store.user_of_external("https://issuer.example", "s7") == 7
    assert await store.add_external("https://issuer.example", "other", 7)
    assert await store.concurrent_sessions("ten_7") == 5
    assert await store.set_concurrent_sessions("ten_7", 6)


async def _keys(store: Store) -> None:
    token = RefreshToken.new()
    assert await store.add_family(7, token, MONTH)
    following = RefreshToken.new(token.family)
    assert await store.rotate(token, following, MONTH) == 7
    assert await store.revoke_family(token.family) is not None
    assert await store.add_key("key_new", 7, "new", b"digest", "sk_12...3456", is_active=True) is not None
    assert await store.user_of_key(b"digest") is not None
    assert await store.keys(7, 2**62, 50)
    assert await store.change_key("key_new", 7, "newer", None) is not None
    await store.record_key_uses({"key_new": datetime.now(UTC), "key_8_1": datetime.now(UTC)})
    assert await store.delete_key("key_new", 7)


async def _signing_keys(pool: Pool, folder: Path) -> None:
    ensure_keys(folder, [ACCOUNTS_ISSUER])
    async with SigningKeys(pool, folder, MONTH) as keys:
        assert await keys.verifying("nobody's") is None
        assert await keys.rotate(revoke=True)
        await keys.refresh()


async def _goes(pool: Pool) -> None:
    token = ""
    while token := (await account_data.export(pool, HOLDINGS, "ten_7", token)).token:
        pass
    store = Store(pool)
    assert await store.begin_deletion(7) is not None
    await store.delete_user(7)
    assert await store.user(7) is None
