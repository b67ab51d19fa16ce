"""The wrapping of some answers (contract 1.5) and the body of every error (14.1)."""

from typing import Any, Generic, Literal, TypeVar

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from services.kit.errors import CallboxError, Code

Data = TypeVar("Data")
REQUEST_SUCCESSFUL = "Request successful"


class Envelope(BaseModel, Generic[Data]):
    """A wrapped answer."""

    success: Literal[True]
    message: str = Field(examples=["Request successful"])
    data: Data
    errors: None


def enveloped(data: Data) -> Envelope[Data]:
    """Wraps an answer, all four keys set."""
    return Envelope[Data](success=True, message=REQUEST_SUCCESSFUL, data=data, errors=None)


class ErrorBody(BaseModel):
    """What every refusal and fault is answered with."""

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
    message: str = Field(description="One sentence a person can act on.")
    data: None = None
    errors: dict[str, list[str]] = Field(description="Faults by field path; empty where nothing is bound to a field.")
    code: Code = Field(description="Stable code.")
    request_id: str = Field(description="The same as in the header X-Request-Id.")


MEANING = {
    400: "The body is not a JSON object.",
    401: "The credential is missing, wrong or has expired.",
    403: "The caller may not do this.",
    404: "There is no such thing, or it belongs to somebody else.",
    409: "It is taken.",
    412: "The thing has changed since the version that `If-Match` names; read it again.",
    413: "The body is larger than 1 MB.",
    415: "The body is of another type than JSON, or compressed.",
    422: "A field is not valid; `errors` says which and why.",
    428: "Say with `If-Match` which version you mean.",
    429: "A limit is reached; try again after `Retry-After` seconds.",
    500: "Something went wrong on our side.",
    503: "A part of the service cannot be reached, or there is no room; try again after `Retry-After` seconds.",
}
# The codes that a status comes with where a route does not say more.
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
# A status that only one code has comes with that one.
for _code in Code:
    CODES.setdefault(CallboxError(_code, "").http_status, [_code])
BODY = (400, 413, 415, 422)
# Name of the security scheme of pages: no credential, but an `Origin` that the character lists.
ORIGIN = "origin"


def not_kept(response: Response) -> None:
    """Keeps an answer with a credential out of caches (RFC 6749, 5.1)."""
    response.headers["Cache-Control"] = "no-store"


def headers(*names: str) -> dict[str, dict[str, Any]]:
    """The `headers` of an answer in `responses=`; what each means stands in `HEADERS` of schema.py."""
    return {name: {} for name in names}


def secret(status: int = 200, *names: str) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a success that `not_kept` is told of. names: of other headers it may have."""
    return {status: {"headers": headers("Cache-Control", *names)}}


def refusals(*causes: int | Code) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may refuse with these statuses or codes; 500 and 503 are always among them.

    A status stands for the codes that it usually comes with; name a code where it is another.
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
