"""Addresses of clients, as rate limits count them. Pure."""

import ipaddress

# What one customer of a provider has of IPv6.
_IPV6_PREFIX = 64


def counted(address: str) -> str:
    """What an address is counted as: an IPv4 address itself, an IPv6 address its /64, anything else as unknown."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False).network_address)
        return str(parsed.ipv4_mapped)
    return str(parsed)


def of_peer(peer: str) -> str:
    """The address in gRPC's name of the other side, `ipv4:10.0.0.7:50123` or `ipv6:%5B::1%5D:50123`."""
    kind, _, rest = peer.partition(":")
    host = rest.rpartition(":")[0]
    return host.removeprefix("%5B").removesuffix("%5D").strip("[]") if kind == "ipv6" else host
