"""Addresses of clients as gRPC names them. Pure."""


def of_peer(peer: str) -> str:
    """The address in gRPC's name of the other side, `ipv4:10.0.0.7:50123` or `ipv6:%5B::1%5D:50123`."""
    kind, _, rest = peer.partition(":")
    host = rest.rpartition(":")[0]
    return host.removeprefix("%5B").removesuffix("%5D").strip("[]") if kind == "ipv6" else host
