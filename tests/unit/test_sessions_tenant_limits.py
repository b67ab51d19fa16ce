"""Limits of tenants are asked for once in five seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from callbox.accounts.v1 import accounts_pb2

from services.kit.identity import Signer, ensure_keys
from services.sessions.admission.tenant_limits import CACHE_SECONDS, TenantLimits


class Accounts:
    """The one RPC of accounts that is used here. limit: what it answers. asked: tenants, in order."""

    def __init__(self) -> None:
        self.limit = 3
        self.asked: list[str] = []

    async def GetTenantLimits(self, request: accounts_pb2.GetTenantLimitsRequest, **_: Any) -> Any:  # noqa: N802
        self.asked.append(request.tenant_id)
        return accounts_pb2.TenantLimits(tenant_id=request.tenant_id, concurrent_sessions=self.limit)


async def test_a_limit_is_cached_for_five_seconds_by_tenant(tmp_path: Path) -> None:
    ensure_keys(tmp_path, ["sessions"])
    accounts, now = Accounts(), 100.0
    limits = TenantLimits(accounts, Signer(tmp_path, "sessions"), lambda: now)  # type: ignore[arg-type]  # what it calls
    assert [await limits.concurrent_sessions(tenant) for tenant in ("one", "one", "two", "one")] == [3, 3, 3, 3]
    assert accounts.asked == ["one", "two"]

    accounts.limit = 0
    now += CACHE_SECONDS - 0.1
    assert await limits.concurrent_sessions("one") == 3
    now += 0.2
    assert [await limits.concurrent_sessions("one") for _ in range(2)] == [0, 0]
    assert accounts.asked == ["one", "two", "one"]
