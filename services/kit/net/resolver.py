"""DNS resolution without blocking the event loop."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from services.kit.net.url_policy import Address

# Returns all addresses of a name. Raises: OSError if it has none.
Resolve: TypeAlias = Callable[[str], Awaitable[list[Address]]]

# getaddrinfo cannot be cancelled: a name whose servers do not answer blocks a thread for up to 30 s, even after the
# request has timed out. With this many threads, such names do not hold up other requests.
_THREADS = 128


class SystemResolver:
    """The system's resolver (getaddrinfo), in its own threads."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolver")

    async def __call__(self, host: str) -> list[Address]:
        """The addresses of a name, in the order to try them. Raises: OSError."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host)
        return list(dict.fromkeys(ipaddress.ip_address(address) for address in found))

    def close(self) -> None:
        """Accepts no more names; running lookups end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
