"""DNS resolution with real time limits: no thread waits for a server that does not answer."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeAlias

import aiodns
import pycares
from aiodns.error import DNSError

from services.kit.net.url_policy import Address

# Returns all addresses of a name. Raises: OSError if it has none.
Resolve: TypeAlias = Callable[[str], Awaitable[list[Address]]]

# A lookup holds its place until c-ares gives it up, which is after its caller may have gone.
_MAX_LOOKUPS = 256
_LOOKUP_SECONDS = 5.0
# Of each try with each DNS server.
_TRY_SECONDS = 1.0
_TRIES = 2
# c-ares keeps answers for as long as their TTL says, at most an hour, and has no limit on their number.
_MAX_KEPT = 10_000


class Resolver:
    """Looks names up as the system is configured: `/etc/hosts`, then the DNS servers of `/etc/resolv.conf`.

    servers: other DNS servers, such as `127.0.0.1:5353`. max_lookups: at the same time; more wait.
    """

    def __init__(self, servers: Sequence[str] = (), max_lookups: int = _MAX_LOOKUPS) -> None:
        self._servers = servers
        self._places = asyncio.Semaphore(max_lookups)
        self._channel: aiodns.DNSResolver | None = None
        self._left = 0

    async def __call__(self, host: str) -> list[Address]:
        """The addresses of a name, in the order to try them. Raises: OSError if it has none, or after 5 s."""
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                await self._places.acquire()
                try:
                    lookup = self._begin(host)
                except BaseException:
                    self._places.release()
                    raise
                # c-ares cannot give up a single lookup: it goes on when its caller is cancelled.
                found = await asyncio.shield(lookup)
        except DNSError as fault:
            raise OSError(str(fault)) from fault
        addresses = (node.addr[0].decode("ascii") for node in found.nodes)
        return list(dict.fromkeys(ipaddress.ip_address(address) for address in addresses))

    async def close(self) -> None:
        """Ends all lookups."""
        if self._channel is not None:
            await self._channel.close()
            self._channel = None

    def _begin(self, host: str) -> "asyncio.Future[pycares.AddrInfoResult]":
        """Starts a lookup, which gives its place back when it ends."""
        if self._channel is None or self._left == 0:
            self._channel = aiodns.DNSResolver(self._servers or None, timeout=_TRY_SECONDS, tries=_TRIES)
            self._left = _MAX_KEPT
        self._left -= 1
        lookup = self._channel.getaddrinfo(host)
        lookup.add_done_callback(partial(self._end, self._channel))
        return lookup

    def _end(self, _: aiodns.DNSResolver, lookup: "asyncio.Future[pycares.AddrInfoResult]") -> None:
        """Takes the channel, so that one that was replaced lives until its lookups have ended."""
        self._places.release()
        if not lookup.cancelled():
            # Its caller may be gone; asyncio logs an exception that nobody asks for.
            lookup.exception()
