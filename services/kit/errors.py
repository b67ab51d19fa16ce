"""The error type of all services: a rich gRPC status between them, the body of contract 14.1 over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status

DOMAIN = "callbox"


class Code(StrEnum):
    """Stable error codes of the HTTP contract (14.1)."""

    INVALID_REQUEST = "invalid_request"
    NOT_AUTHENTICATED = "not_authenticated"
    TOKEN_EXPIRED = "token_expired"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    PERMISSION_DENIED = "permission_denied"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    CONFLICT = "conflict"
    PRECONDITION_FAILED = "precondition_failed"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    VALIDATION_FAILED = "validation_failed"
    CONCURRENCY_LIMIT_REACHED = "concurrency_limit_reached"
    RATE_LIMITED = "rate_limited"
    AT_CAPACITY = "at_capacity"
    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    SESSION_TAKEN = "session_taken"
    INTERNAL = "internal"


# code → (gRPC status, HTTP status)
_STATUS: dict[Code, tuple[grpc.StatusCode, int]] = {
    Code.INVALID_REQUEST: (grpc.StatusCode.INVALID_ARGUMENT, 400),
    Code.NOT_AUTHENTICATED: (grpc.StatusCode.UNAUTHENTICATED, 401),
    Code.TOKEN_EXPIRED: (grpc.StatusCode.UNAUTHENTICATED, 401),
    Code.ORIGIN_NOT_ALLOWED: (grpc.StatusCode.PERMISSION_DENIED, 403),
    Code.PERMISSION_DENIED: (grpc.StatusCode.PERMISSION_DENIED, 403),
    Code.NOT_FOUND: (grpc.StatusCode.NOT_FOUND, 404),
    Code.METHOD_NOT_ALLOWED: (grpc.StatusCode.UNIMPLEMENTED, 405),
    Code.CONFLICT: (grpc.StatusCode.ALREADY_EXISTS, 409),
    Code.PRECONDITION_FAILED: (grpc.StatusCode.FAILED_PRECONDITION, 412),
    Code.SESSION_TAKEN: (grpc.StatusCode.FAILED_PRECONDITION, 409),
    Code.PAYLOAD_TOO_LARGE: (grpc.StatusCode.INVALID_ARGUMENT, 413),
    Code.UNSUPPORTED_MEDIA_TYPE: (grpc.StatusCode.INVALID_ARGUMENT, 415),
    Code.VALIDATION_FAILED: (grpc.StatusCode.INVALID_ARGUMENT, 422),
    Code.CONCURRENCY_LIMIT_REACHED: (grpc.StatusCode.RESOURCE_EXHAUSTED, 429),
    Code.RATE_LIMITED: (grpc.StatusCode.RESOURCE_EXHAUSTED, 429),
    Code.AT_CAPACITY: (grpc.StatusCode.UNAVAILABLE, 503),
    Code.UPSTREAM_UNAVAILABLE: (grpc.StatusCode.UNAVAILABLE, 503),
    Code.INTERNAL: (grpc.StatusCode.INTERNAL, 500),
}

# For a status without an ErrorInfo of ours.
_CODE_OF_STATUS: dict[grpc.StatusCode, Code] = {
    grpc.StatusCode.INVALID_ARGUMENT: Code.INVALID_REQUEST,
    grpc.StatusCode.UNAUTHENTICATED: Code.NOT_AUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED: Code.PERMISSION_DENIED,
    grpc.StatusCode.NOT_FOUND: Code.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS: Code.CONFLICT,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Code.RATE_LIMITED,
    grpc.StatusCode.UNAVAILABLE: Code.UPSTREAM_UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: Code.UPSTREAM_UNAVAILABLE,
    grpc.StatusCode.CANCELLED: Code.UPSTREAM_UNAVAILABLE,
}

# What gRPC itself says of a message above its limit of size.
_TOO_LARGE = "message larger than max"
_UPSTREAM_MESSAGE = "A part of the service cannot be reached right now; try again in a moment."
_UPSTREAM_RETRY_SECONDS = 2
_INTERNAL_MESSAGE = "Something went wrong on our side; try again, and name the request_id when you report it."


@dataclass
class CallboxError(Exception):
    """An error that is shown to the caller.

    message: one sentence. fields: field path → what is wrong. retry_after_seconds: when a retry may succeed.
    """

    code: Code
    message: str
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    retry_after_seconds: int | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    @property
    def grpc_status(self) -> grpc.StatusCode:
        """The gRPC status of this error."""
        return _STATUS[self.code][0]

    @property
    def http_status(self) -> int:
        """The HTTP status of this error."""
        return _STATUS[self.code][1]

    def body(self, request_id: str) -> dict[str, object]:
        """The HTTP error body of contract 14.1."""
        return {
            "success": False,
            "message": self.message,
            "data": None,
            "errors": {name: list(faults) for name, faults in self.fields.items()},
            "code": str(self.code),
            "request_id": request_id,
        }

    def headers(self) -> dict[str, str]:
        """HTTP headers of this error."""
        return {} if self.retry_after_seconds is None else {"Retry-After": str(self.retry_after_seconds)}


def internal() -> CallboxError:
    """The error for an unexpected exception; its details are only logged."""
    return CallboxError(Code.INTERNAL, _INTERNAL_MESSAGE)


def outage() -> CallboxError:
    """The error for a dependency that cannot be reached now."""
    return CallboxError(Code.UPSTREAM_UNAVAILABLE, _UPSTREAM_MESSAGE, retry_after_seconds=_UPSTREAM_RETRY_SECONDS)


def validation(fields: Mapping[str, list[str]]) -> CallboxError:
    """A 422. fields: field path → what is wrong."""
    first = next(iter(fields.items()), ("request", ["is not valid"]))
    return CallboxError(Code.VALIDATION_FAILED, f"{first[0]}: {first[1][0]}", fields)


def not_found(what: str) -> CallboxError:
    """A 404 that does not tell whether another tenant has such a thing."""
    return CallboxError(Code.NOT_FOUND, f"{what} was not found; check its name and that it is yours.")


def to_status(error: CallboxError) -> status_pb2.Status:
    """The error as `google.rpc.Status` with ErrorInfo, BadRequest and RetryInfo."""
    status = status_pb2.Status(code=code_pb2.Code.Value(error.grpc_status.name), message=error.message)

    def attach(
        detail: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest | error_details_pb2.RetryInfo,
    ) -> None:
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)

    attach(error_details_pb2.ErrorInfo(reason=str(error.code), domain=DOMAIN))
    if error.fields:
        attach(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(field=name, description=fault)
                    for name, faults in error.fields.items()
                    for fault in faults
                ]
            )
        )
    if error.retry_after_seconds is not None:
        attach(error_details_pb2.RetryInfo(retry_delay=Duration(seconds=error.retry_after_seconds)))
    return status


async def abort(context: grpc.aio.ServicerContext[object, object], error: CallboxError) -> NoReturn:
    """Ends an RPC with the error."""
    status = rpc_status.to_status(to_status(error))
    await context.abort(status.code, status.details or "", status.trailing_metadata or ())


def from_rpc(fault: grpc.aio.AioRpcError) -> CallboxError:
    """The CallboxError that the other service raised, or the one that matches its status."""
    status = rpc_status.from_call(fault)  # type: ignore[arg-type]  # AioRpcError has the methods it reads
    fields: dict[str, list[str]] = {}
    reason, retry = "", None
    for detail in status.details if status is not None else ():
        info, bad, delay = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Unpack(info) and info.domain == DOMAIN:
            reason = info.reason
        elif detail.Unpack(bad):
            for violation in bad.field_violations:
                fields.setdefault(violation.field, []).append(violation.description)
        elif detail.Unpack(delay):
            retry = delay.retry_delay.seconds
    if reason in set(Code):
        return CallboxError(Code(reason), fault.details() or "", fields, retry)
    code = _CODE_OF_STATUS.get(fault.code(), Code.INTERNAL)
    if code is Code.UPSTREAM_UNAVAILABLE:
        return outage()
    if code is Code.INTERNAL:
        return internal()
    if _TOO_LARGE in (fault.details() or ""):
        return CallboxError(
            Code.PAYLOAD_TOO_LARGE, "This is more than the services can pass on at once; send or ask for less."
        )
    return CallboxError(code, fault.details() or "", fields, retry)
