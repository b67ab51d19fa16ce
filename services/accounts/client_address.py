"""The address of a client, as rate limits count it."""

from typing import Any

import grpc

from services.kit.errors import CallboxError
from services.kit.identity import GATEWAY_ISSUER
from services.kit.rate_limits import counted_address
from services.kit.rpc.context import current_identity

Context = grpc.aio.ServicerContext[Any, Any]


def client_address(given: str, context: Context) -> str:
    """The address that the gateway gives, else that of the other side of the connection. given: from the request."""
    try:
        from_gateway = bool(given) and current_identity().is_service(GATEWAY_ISSUER)
    except CallboxError:
        from_gateway = False
    return counted_address(given if from_gateway else address_of_peer(context.peer()))


def address_of_peer(peer: str) -> str:
    """The address in gRPC's name of the other side, such as `ipv4:10.0.0.7:50123` or `ipv6:%5B::1%5D:50123`."""
    kind, _, rest = peer.partition(":")
    host = rest.rpartition(":")[0]
    return host.removeprefix("%5B").removesuffix("%5D").strip("[]") if kind == "ipv6" else host
