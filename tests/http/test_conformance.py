"""What holds answers against the OpenAPI document sees what is wrong with them."""

import json
from typing import Any

import pytest

from tests.http.conformance import conformance

ME = "/api/auth/me/"
USER = {
    "id": 1,
    "email": "ada@shop.example",
    "tenant_id": "ten_x",
    "is_staff": False,
    "created_at": "2026-03-01T12:00:00Z",
    "limits": {"concurrent_sessions": 10},
}
SENT = {"content-type": "application/json", "X-Request-Id": "req_x"}


def faults(status: int, body: Any, **headers: str) -> list[str]:
    sent = {**SENT, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return conformance().faults("GET", ME, status, sent, json.dumps(body).encode())


def test_a_good_answer_has_no_fault() -> None:
    assert faults(200, USER) == []


@pytest.mark.parametrize(
    ("status", "body", "headers", "fault"),
    [
        (200, USER | {"id": "1"}, {}, "breaks its schema"),
        (200, USER | {"created_at": "yesterday"}, {}, "breaks its schema"),
        (200, USER | {"password": "x"}, {}, "breaks its schema"),
        (200, {}, {}, "breaks its schema"),
        (200, USER, {"content_type": "text/html", "content-type": "text/html"}, "it is text/html"),
        (200, USER, {"ETag": "x"}, "ETag is sent and not described"),
        (401, USER, {}, "WWW-Authenticate is described and not sent"),
        (418, USER, {}, "418 is not described"),
    ],
)
def test_a_bad_answer_is_found(status: int, body: Any, headers: dict[str, str], fault: str) -> None:
    assert any(fault in found for found in faults(status, body, **headers)), faults(status, body, **headers)
