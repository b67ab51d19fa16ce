"""Tenants' limits, as accounts says, remembered for a moment."""

from __future__ import annotations

import time
from collections import OrderedDict

from callbox.accounts.v1 import accounts_pb2, accounts_pb2_grpc

from services.kit.identity import Signer
from services.kit.rpc.client import call

_REMEMBER_SECONDS = 5.0
# The tenant that was asked for longest ago is forgotten first.
_MAX_TENANTS = 10_000
_SECONDS = 0.3


class Limits:
    """Reads how many calls a tenant may have under way."""

    def __init__(self, accounts: accounts_pb2_grpc.AccountsServiceAsyncStub, signer: Signer) -> None:
        self._accounts = accounts
        self._signer = signer
        self._known: OrderedDict[str, tuple[int, float]] = OrderedDict()

    async def concurrent_sessions(self, tenant_id: str) -> int:
        """The limit of one tenant.

        Raises: CallboxError `upstream_unavailable` when accounts is away.
        """
        limit, until = self._known.get(tenant_id, (0, 0.0))
        if time.monotonic() < until:
            return limit
        answer = await call(
            self._accounts.GetTenantLimits,
            accounts_pb2.GetTenantLimitsRequest(tenant_id=tenant_id),
            identity=self._signer.service_token(),
            deadline_seconds=_SECONDS,
        )
        self._known[tenant_id] = (answer.concurrent_sessions, time.monotonic() + _REMEMBER_SECONDS)
        self._known.move_to_end(tenant_id)
        while len(self._known) > _MAX_TENANTS:
            self._known.popitem(last=False)
        return answer.concurrent_sessions
