"""How many calls each tenant may have at the same time, as the accounts service says."""

from __future__ import annotations

import time
from collections.abc import Callable

from cachetools import TTLCache
from callbox.accounts.v1 import accounts_pb2, accounts_pb2_grpc

from services.kit.identity import Signer
from services.kit.rpc.client import call

CACHE_SECONDS = 5.0
_MAX_TENANTS = 10_000
_SECONDS = 0.3


class TenantLimits:
    """Reads the limits of tenants and caches each for `CACHE_SECONDS`."""

    def __init__(
        self,
        accounts: accounts_pb2_grpc.AccountsServiceAsyncStub,
        signer: Signer,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = accounts
        self._signer = signer
        self._cache: TTLCache[str, int] = TTLCache(_MAX_TENANTS, CACHE_SECONDS, timer)

    async def concurrent_sessions(self, tenant_id: str) -> int:
        """The most calls that a tenant may have at the same time.

        Raises: CallboxError `upstream_unavailable` when accounts does not answer.
        """
        limit = self._cache.get(tenant_id)
        if limit is not None:
            return limit
        answer = await call(
            self._accounts.GetTenantLimits,
            accounts_pb2.GetTenantLimitsRequest(tenant_id=tenant_id),
            identity=self._signer.service_token(),
            deadline_seconds=_SECONDS,
        )
        self._cache[tenant_id] = answer.concurrent_sessions
        return answer.concurrent_sessions
