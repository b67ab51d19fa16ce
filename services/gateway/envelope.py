"""The wrapping of some answers (contract 1.5) and the body of every error (14.1)."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from services.kit.errors import Code

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
        json_schema_extra={
            "example": {
                "success": False,
                "message": "agent: Field required",
                "data": None,
                "errors": {"agent": ["Field required"]},
                "code": "validation_failed",
                "request_id": "req_Zk3vQy0N8rT1mJ5sXw2eLb7u",
            }
        }
    )

    success: Literal[False] = False
    message: str = Field(description="One sentence a person can act on.")
    data: None = None
    errors: dict[str, list[str]] = Field(description="Faults by field path; empty where nothing is bound to a field.")
    code: Code = Field(description="Stable code.")
    request_id: str = Field(description="The same as in the header X-Request-Id.")


_MEANING = {
    400: "The body is not a JSON object.",
    401: "The credential is missing, wrong or has expired.",
    403: "The caller may not do this.",
    404: "There is no such thing, or it belongs to somebody else.",
    409: "It is taken.",
    412: "The thing has changed since the version that `If-Match` names; read it again.",
    413: "The body is larger than 1 MB.",
    415: "The body is of another type than JSON.",
    422: "A field is not valid; `errors` says which and why.",
    429: "A limit is reached; try again after `Retry-After` seconds.",
    500: "Something went wrong on our side.",
    503: "A part of the service cannot be reached, or there is no room; try again after `Retry-After` seconds.",
}
BODY = (400, 413, 415, 422)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may refuse with these statuses; 500 and 503 are always among them."""
    every = sorted({*statuses, 500, 503})
    return {status: {"model": ErrorBody, "description": _MEANING[status]} for status in every}
