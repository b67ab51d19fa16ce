"""Names into addresses."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from services.kit.net.url_policy import Address

# All addresses of a name. Raises: OSError when it has none.
Resolve: TypeAlias = Callable[[str], Awaitable[list[Address]]]

# getaddrinfo cannot be interrupted: a name whose servers do not answer holds a thread for up to half a minute, also
# when nobody waits for it any more. There are so many that who gives us such names does not hold up the others.
_THREADS = 128


class SystemResolver:
    """The system's own resolver, in threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolver")

    async def __call__(self, host: str) -> list[Address]:
        """The addresses of a name, in the order in which they should be tried. Raises: OSError."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host)
        return list(dict.fromkeys(ipaddress.ip_address(address) for address in found))

    def close(self) -> None:
        """Takes no more names; one that is being looked up ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
