"""Contract 5.4: a form that was filled by voice alone goes to its own address as a page would send it."""

from __future__ import annotations

import json
from asyncio import StreamWriter
from typing import Any

import pytest

from services.agent.tools.forms.filling import Filling, Refusal
from services.agent.tools.forms.form import forms_of
from services.agent.tools.forms.submission import FormSubmission
from services.kit.net.outbound import Outbound
from tests.fixtures.outbound import LOOPBACK
from tests.fixtures.wire import Asked, answer, listening

FIELDS = [
    {"name": "name", "required": True},
    {"name": "company"},
    {"name": "source", "default_value": "voice"},
    {"name": "agree", "type": "checkbox"},
]


async def never(filling: Filling, key: str) -> Refusal | None:
    raise AssertionError("a form with its own address is not stored")


def filled(url: str, **more: Any) -> Filling:
    definition = {"id": "lead", "title": "Lead", "fields": FIELDS, "submit_url": url, **more}
    (form,) = forms_of({"widget_appearance": {"forms": [definition]}})
    filling = Filling(form, 1, 0.0)
    filling.set("name", "Ana", 0.0)
    filling.set("agree", True, 0.0)
    return filling


async def sent(status: int, body: bytes = b"", **more: Any) -> tuple[Asked, Refusal | None]:
    """The request, and what became of it when the server answered so."""

    async def handler(_: Asked, writer: StreamWriter) -> None:
        writer.write(answer(status, body))

    async with listening(handler) as wire, Outbound(",".join(LOOPBACK)) as outbound:
        refusal = await FormSubmission(never, outbound)(filled(f"http://127.0.0.1:{wire.port}/leads", **more), "key.1")
        return wire.requests[0], refusal


async def test_the_body_is_the_flat_object_of_all_fields_as_a_page_sends_it() -> None:
    asked, refusal = await sent(204)
    assert refusal is None
    assert (asked.method, asked.target, asked.headers["content-type"]) == ("POST", "/leads", "application/json")
    assert asked.headers["idempotency-key"] == "key.1"
    assert json.loads(asked.body) == {"name": "Ana", "company": "", "source": "voice", "agree": "true"}
    asked, _ = await sent(200, submit_method="PUT")
    assert asked.method == "PUT"


@pytest.mark.parametrize(
    ("body", "message", "errors"),
    [
        (b"<html>", "The server answered 422.", {}),
        (b'{"message": "No.", "errors": {"values.name": ["is taken"], "company": "x"}}', "No.", {"name": "is taken"}),
        (b'{"message": 7, "errors": ["a"]}', "The server answered 422.", {}),
        (b"[" * 60_000, "The server answered 422.", {}),
    ],
)
async def test_an_answer_that_is_no_success_is_a_refusal_with_what_it_says(
    body: bytes, message: str, errors: dict[str, str]
) -> None:
    _, refusal = await sent(422, body)
    assert refusal is not None
    assert (refusal.code, refusal.message) == ("http_422", message)
    assert {name: error for name, error in refusal.errors.items() if name == "name"} == errors


async def test_a_private_address_and_one_that_only_a_page_knows_are_refused() -> None:
    async with Outbound("") as outbound:
        submission = FormSubmission(never, outbound)
        private = await submission(filled("http://127.0.0.1:9/leads"), "key")
        relative = await submission(filled("/leads"), "key")
    assert private is not None
    assert private.code == "refused"
    assert relative is not None
    assert relative.code == "page_only"
