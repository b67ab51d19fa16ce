from typing import Literal

Code = Literal[
    "at_capacity",
    "concurrency_limit_reached",
    "conflict",
    "internal",
    "invalid_request",
    "method_not_allowed",
    "not_authenticated",
    "not_found",
    "origin_not_allowed",
    "payload_too_large",
    "permission_denied",
    "precondition_failed",
    "rate_limited",
    "session_taken",
    "token_expired",
    "unsupported_media_type",
    "upstream_unavailable",
    "validation_failed",
]

CODE_VALUES: set[Code] = {
    "at_capacity",
    "concurrency_limit_reached",
    "conflict",
    "internal",
    "invalid_request",
    "method_not_allowed",
    "not_authenticated",
    "not_found",
    "origin_not_allowed",
    "payload_too_large",
    "permission_denied",
    "precondition_failed",
    "rate_limited",
    "session_taken",
    "token_expired",
    "unsupported_media_type",
    "upstream_unavailable",
    "validation_failed",
}


def check_code(value: str) -> Code:
    if value in CODE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CODE_VALUES!r}")
