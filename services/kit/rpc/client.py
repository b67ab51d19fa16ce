"""gRPC calls to other services; deadline, identity, request id and trace are passed on."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

import grpc

from services.kit.errors import CallboxError, Code, from_rpc
from services.kit.rpc import context as request
from services.kit.rpc.channel_options import ALIVE, RECONNECT
from services.kit.tracing import outgoing

# The largest answer is a page of 200 calls with their transcripts.
_MAX_ANSWER_BYTES = 64 * 1024 * 1024
_OPTIONS = (
    ("grpc.max_receive_message_length", _MAX_ANSWER_BYTES),
    *ALIVE,
    *RECONNECT,
)
DEFAULT_DEADLINE_SECONDS = 5.0

Response = TypeVar("Response")


def connect(address: str) -> grpc.aio.Channel:
    """A channel to a service; the caller closes it."""
    return grpc.aio.insecure_channel(address, options=_OPTIONS)


async def call(
    method: Callable[..., Awaitable[Response]],
    message: object,
    *,
    identity: str | None = None,
    deadline_seconds: float = DEFAULT_DEADLINE_SECONDS,
) -> Response:
    """Calls one RPC.

    identity: token to send; None passes on the token of the request being handled. deadline_seconds: limited to
    the time that is left for the request being handled.
    Raises: the CallboxError that the other service raised; `upstream_unavailable` if it cannot be reached in time.
    """
    left = _left(deadline_seconds)
    try:
        return await method(message, timeout=left, metadata=_metadata(identity))
    except grpc.aio.AioRpcError as fault:
        raise from_rpc(fault) from fault


async def stream(
    method: Callable[..., Any], message: object, *, identity: str | None = None, deadline_seconds: float
) -> AsyncGenerator[Any, None]:
    """Calls one RPC that answers with a stream; closing the iterator cancels it.

    identity, deadline_seconds: as for `call`; the deadline is for the whole stream.
    Raises: the CallboxError that the other service raised; `upstream_unavailable` if it is lost or the time is over.
    """
    answers = method(message, timeout=_left(deadline_seconds), metadata=_metadata(identity))
    try:
        async for answer in answers:
            yield answer
    except grpc.aio.AioRpcError as fault:
        raise from_rpc(fault) from fault
    finally:
        answers.cancel()


def _left(deadline_seconds: float) -> float:
    left = request.remaining_seconds(deadline_seconds)
    if left <= 0:
        raise CallboxError(Code.UPSTREAM_UNAVAILABLE, "The request took too long; try again.", retry_after_seconds=1)
    return left


def _metadata(identity: str | None) -> list[tuple[str, str]]:
    metadata = list(outgoing().items())
    if request_id := request.request_id.get():
        metadata.append((request.REQUEST_ID_KEY, request_id))
    if token := request.identity_token.get() if identity is None else identity:
        metadata.append((request.AUTHORIZATION_KEY, f"Bearer {token}"))
    return metadata
