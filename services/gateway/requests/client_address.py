"""The IP address of a client behind proxies. Pure."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Only this many hops, from the last, are looked at.
_MAX_HOPS = 20


def networks(text: str) -> tuple[Network, ...]:
    """The networks of a comma-separated list, `10.0.0.0/8, ::1`.

    Raises: ValueError for a part that is neither an address nor a network.
    """
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The address of the client, as far as trusted proxies report it.

    peer: the other side of the connection. forwarded: values of `X-Forwarded-For`, in order. Each proxy appends the
    address that it got the request from. So the list is read from its end, as long as a trusted address reported the
    entry; a client can invent every entry before that.
    """
    address = peer
    hops = [hop.strip() for value in forwarded for hop in value.split(",")][-_MAX_HOPS:]
    while hops and _is_in(address, trusted):
        hop = _without_port(hops.pop())
        if _parsed(hop) is None:
            break
        address = hop
    return address


def _is_in(address: str, trusted: Sequence[Network]) -> bool:
    parsed = _parsed(address)
    if parsed is None:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in trusted)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def _without_port(hop: str) -> str:
    """Some proxies write `203.0.113.9:4711` or `[2001:db8::9]:4711`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
