"""Connects to names of customers: every address is checked, and the address that was checked is connected to."""

from __future__ import annotations

from collections.abc import Iterable

import httpcore

from services.kit.net.outbound_errors import Failed, Refused
from services.kit.net.resolver import Resolve
from services.kit.net.url_policy import Address, Allowances, read_url

_MAX_ADDRESSES_TRIED = 4
# Time limit for one address before the next one is tried.
_CONNECT_SECONDS = 3.0


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to a checked address of a name; TLS and `Host` use the name."""

    def __init__(self, allowed: Allowances, resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolves the name once, checks all addresses, and tries them in turn."""
        addresses = await self._addresses(host)
        fault: Exception = httpcore.ConnectError("no address")
        for address in addresses[:_MAX_ADDRESSES_TRIED]:
            try:
                return await self._inner.connect_tcp(
                    str(address), port, timeout=_CONNECT_SECONDS, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                fault = failed
        raise fault

    async def _addresses(self, host: str) -> list[Address]:
        literal = read_url(f"http://[{host}]/" if ":" in host else f"http://{host}/").address
        if literal is not None:
            addresses = [literal]
        else:
            try:
                addresses = await self._resolve(host)
            except OSError:
                raise Failed(f"The name {host} cannot be resolved.") from None
        if not addresses:
            raise Failed(f"The name {host} cannot be resolved.")
        if not self._allowed.names(host) and not all(self._allowed.permits(address) for address in addresses):
            raise Refused(f"{host} leads to an address that is not public; the operator may list it.")
        return addresses
