"""The envelope of some answers (contract 1.5), the body of every error (14.1), and how routes document both."""

from typing import Any, Generic, Literal, TypeVar

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from services.kit.errors import CallboxError, Code

Data = TypeVar("Data")
REQUEST_SUCCESSFUL = "Request successful"


class Envelope(BaseModel, Generic[Data]):
    """An answer in the documented envelope."""

    success: Literal[True]
    message: str = Field(examples=["Request successful"])
    data: Data
    errors: None


def enveloped(data: Data) -> Envelope[Data]:
    """The answer in its envelope, with all four keys."""
    return Envelope[Data](success=True, message=REQUEST_SUCCESSFUL, data=data, errors=None)


class ErrorBody(BaseModel):
    """The body of every error."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True,
        json_schema_extra={
            "example": {
                "success": False,
                "message": "agent: Field required",
                "data": None,
                "errors": {"agent": ["Field required"]},
                "code": "validation_failed",
                "request_id": "req_Zk3vQy0N8rT1mJ5sXw2eLb7u",
            }
        },
    )

    success: Literal[False] = False
    message: str = Field(description="One sentence that says what is wrong and what to do.")
    data: None = None
    errors: dict[str, list[str]] = Field(description="Errors by field path; empty when the error is not about a field.")
    code: Code = Field(description="Stable error code.")
    request_id: str = Field(description="The same as the header X-Request-Id.")


MEANING = {
    400: "The body is not a JSON object.",
    401: "The credential is missing or wrong, or it has expired.",
    403: "The caller may not do this.",
    404: "It does not exist, or it belongs to somebody else.",
    409: "It conflicts with what exists already.",
    412: "It has changed since the version that `If-Match` names; read it again.",
    413: "The body is larger than 1 MB.",
    415: "The body is not JSON, or it is compressed.",
    422: "A field is not valid; `errors` says which and why.",
    428: "Send `If-Match` with the version that you mean.",
    429: "A limit is reached; try again after `Retry-After` seconds.",
    500: "Something went wrong on our side.",
    503: "A part of the service cannot be reached, or all capacity is in use; try again after `Retry-After` seconds.",
}
# The error codes of a status, unless a route names others.
CODES = {
    400: [Code.INVALID_REQUEST],
    401: [Code.NOT_AUTHENTICATED, Code.TOKEN_EXPIRED],
    403: [Code.PERMISSION_DENIED],
    404: [Code.NOT_FOUND],
    409: [Code.CONFLICT],
    413: [Code.PAYLOAD_TOO_LARGE],
    415: [Code.UNSUPPORTED_MEDIA_TYPE],
    422: [Code.VALIDATION_FAILED],
    429: [Code.RATE_LIMITED],
    500: [Code.INTERNAL],
    503: [Code.UPSTREAM_UNAVAILABLE],
}
# A status without an entry above has the first code with that status.
for _code in Code:
    CODES.setdefault(CallboxError(_code, "").http_status, [_code])
BODY = (400, 413, 415, 422)
# Name of the security scheme of web pages: no credential, but an `Origin` that the character lists.
ORIGIN = "origin"


def forbid_caching(response: Response) -> None:
    """Forbids to cache an answer that holds a credential (RFC 6749, 5.1)."""
    response.headers["Cache-Control"] = "no-store"


def headers(*names: str) -> dict[str, dict[str, Any]]:
    """The `headers` of an answer in `responses=`. openapi/schema.py describes each in `HEADERS`."""
    return {name: {} for name in names}


def uncacheable(status: int = 200, *names: str) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a success that `forbid_caching` is called for. names: other headers that it may have."""
    return {status: {"headers": headers("Cache-Control", *names)}}


def refusals(*causes: int | Code) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route for its errors; 500 and 503 are always among them.

    causes: statuses, which stand for their usual codes, or codes.
    """
    codes: dict[int, list[Code]] = {500: list(CODES[500]), 503: list(CODES[503])}
    for cause in causes:
        if isinstance(cause, Code):
            codes.setdefault(CallboxError(cause, "").http_status, []).append(cause)
        else:
            codes.setdefault(cause, []).extend(CODES.get(cause, ()))
    return {
        status: {"model": ErrorBody, "description": MEANING[status], "x-codes": list(dict.fromkeys(map(str, named)))}
        for status, named in sorted(codes.items())
    }
