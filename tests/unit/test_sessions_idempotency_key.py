"""Contract 14.1: one rule of `Idempotency-Key` for starts and for form answers."""

from typing import Any

import pytest
from callbox.sessions.v1 import forms_pb2, sessions_pb2

from services.kit.errors import CallboxError, Code
from services.sessions.idempotency_key import MAX_CHARACTERS, checked, digest, lost_race, other_request


@pytest.mark.parametrize("key", ["k", "order 42/~", "x" * MAX_CHARACTERS])
def test_a_printable_key_is_accepted(key: str) -> None:
    assert checked(key) == key


def test_no_key_is_no_key() -> None:
    assert checked("") is None


@pytest.mark.parametrize("key", ["é", "a\nb", "\0", "x" * (MAX_CHARACTERS + 1)])
def test_any_other_key_is_refused_by_the_header_name(key: str) -> None:
    with pytest.raises(CallboxError) as caught:
        checked(key)
    assert caught.value.code is Code.VALIDATION_FAILED
    assert list(caught.value.fields) == ["Idempotency-Key"]


def test_a_digest_tells_requests_apart_but_not_their_keys() -> None:
    def start(agent: str, key: str) -> bytes:
        return digest(sessions_pb2.StartSessionRequest(agent=agent, idempotency_key=key), "idempotency_key")

    assert start("support-bot", "a") == start("support-bot", "b")
    assert start("support-bot", "a") != start("sales-bot", "a")


def test_a_digest_does_not_depend_on_the_order_of_values() -> None:
    def answer(values: dict[str, Any]) -> bytes:
        request = forms_pb2.SubmitFormRequest(form_id="note", client_address="10.0.0.1")
        request.values.update(values)
        return digest(request, "client_address")

    assert answer({"name": "Ann", "age": 3}) == answer({"age": 3, "name": "Ann"})
    assert answer({"name": "Ann", "age": 3}) != answer({"name": "Ann", "age": 4})


def test_both_refusals_are_conflicts() -> None:
    assert other_request("call").code is lost_race().code is Code.CONFLICT
    assert "use a new key for each call" in other_request("call").message
