"""Tools of the kind `http`, and a knowledge base of the owner, against a server whose every byte is decided here."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from services.agent.metadata import Metadata
from services.agent.tools.delimited import for_model
from services.agent.tools.http import HttpRequest, Session
from services.agent.tools.knowledge import AddressSearch
from services.agent.tools.tool import Outcome
from services.kit.character_definition.field_types import ValidationContext
from services.kit.character_definition.tools import HttpConfig
from services.kit.errors import CallboxError, Code
from services.kit.net.outbound import Outbound
from services.kit.net.url_policy import Allowances
from tests.fixtures.outbound import LOOPBACK
from tests.fixtures.wire import Asked, Handler, answer, listening

SESSION = Session("session-1", Metadata({"user_id": "u 7", "plan": "gold"}))
ALLOWED = Allowances.parse([*LOOPBACK, "localhost"])
ARGUMENTS = {"number": 7, "tags": ["a", "b & c"], "gift": True, "none": None, "who": "Ünal"}


def saying(reply: bytes) -> Handler:
    async def handle(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)

    return handle


async def no_secrets() -> Mapping[str, str]:
    return {}


def config_of(url: str, **config: Any) -> HttpConfig:
    return HttpConfig.model_validate({"url": url, **config}, context=ValidationContext(ALLOWED))


async def asked(
    handler: Handler, arguments: dict[str, Any] | None = None, headers: Any = no_secrets, **config: Any
) -> tuple[Outcome, list[Asked]]:
    """What a tool answers, and what its server was asked."""
    path = config.pop("path", "/orders")
    async with listening(handler) as wire, Outbound(LOOPBACK, keepalive_seconds=5.0) as outbound:
        url = f"http://127.0.0.1:{wire.port}{path}"
        act = HttpRequest(config_of(url, **config), headers, SESSION, outbound)
        return await act(arguments if arguments is not None else dict(ARGUMENTS)), wire.requests


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_arguments_and_the_session_go_into_the_body(method: str) -> None:
    outcome, (request,) = await asked(saying(answer(200, b'{"state": "sent"}')), method=method)
    assert (outcome.text, outcome.error) == ('{"state": "sent"}', "")
    assert (request.method, request.target) == (method, "/orders")
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        **ARGUMENTS,
        "_session": {"session_id": "session-1", "metadata": {"user_id": "u 7", "plan": "gold"}},
    }


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_arguments_go_into_the_query_and_the_session_into_a_header(method: str) -> None:
    _, (request,) = await asked(saying(answer(200, b"{}")), method=method, path="/orders?old=1")
    assert request.method == method
    assert parse_qsl(urlsplit(request.target).query) == [
        ("old", "1"),
        ("number", "7"),
        ("tags", "a"),
        ("tags", "b & c"),
        ("gift", "true"),
        ("who", "Ünal"),
    ]
    assert request.headers["x-callbox-session-id"] == "session-1"
    assert request.body == b""


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_session_is_left_out_where_the_tool_says_so(method: str) -> None:
    _, (request,) = await asked(saying(answer(200, b"{}")), method=method, send_session=False)
    assert "x-callbox-session-id" not in request.headers
    assert b"_session" not in request.body


async def test_headers_carry_secrets_and_metadata_and_win_over_our_own() -> None:
    async def secret() -> Mapping[str, str]:
        return {"Authorization": "Bearer s3cret", "accept": "text/csv", "X-Plan": "{{metadata.plan}}"}

    _, (request,) = await asked(saying(answer(200)), headers=secret, path="/of/{{metadata.user_id}}")
    assert request.target == "/of/u%207"
    assert (request.headers["authorization"], request.headers["x-plan"]) == ("Bearer s3cret", "gold")
    assert request.headers["accept"] == "text/csv"


async def test_a_tool_whose_secrets_cannot_be_read_sends_nothing() -> None:
    async def away() -> Mapping[str, str]:
        raise CallboxError(Code.UPSTREAM_UNAVAILABLE, "The characters service is away.")

    outcome, requests = await asked(saying(answer(200)), headers=away)
    assert outcome.error == "unavailable"
    assert requests == []


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (answer(204), ""),
        (answer(200, b"not JSON {", Content_Type="application/json"), "not JSON {"),
        (answer(200, b"<html><h1>Hi</h1>", Content_Type="text/html"), "<html><h1>Hi</h1>"),
        (answer(200, "größe".encode("latin-1"), Content_Type="text/plain; charset=latin-1"), "größe"),
        (answer(200, b"a\x00b", Content_Type="application/json"), "a\x00b"),
        (answer(200, b"\xff\xfe", Content_Type="text/plain; charset=nonsense"), "\ufffd\ufffd"),
    ],
    ids=["204", "invalid JSON", "HTML", "Latin-1", "NUL", "unknown charset"],
)
async def test_whatever_a_good_answer_holds_reaches_the_model_as_text(reply: bytes, text: str) -> None:
    outcome, _ = await asked(saying(reply))
    assert (outcome.text, outcome.error) == (text, "")
    assert "\x00" not in for_model(outcome, 1_000)


@pytest.mark.parametrize(
    ("reply", "error", "told"),
    [
        (answer(500, b'{"why": "no stock"}', Content_Type="application/json"), "http_500", "no stock"),
        (answer(404, b"<html>not here", Content_Type="text/html"), "http_404", "The server answered 404."),
        (answer(302, Location="/orders"), "refused", "redirect"),
        (answer(302, Location="http://10.1.2.3/"), "refused", "10.1.2.3"),
        (answer(200, b"x" * 30_000_000), "too_large", ""),
        (b"this is no HTTP\r\n\r\n", "failed", ""),
        (b"", "failed", ""),
    ],
    ids=["500", "404 in HTML", "redirect loop", "redirect inside", "30 MB", "no HTTP", "closed"],
)
async def test_a_fault_is_one_short_object_that_names_it(reply: bytes, error: str, told: str) -> None:
    outcome, _ = await asked(saying(reply), method="GET")
    assert outcome.error == error
    shown = json.loads(for_model(outcome, 16_000))
    assert shown["error"] == error
    assert told in shown["detail"]
    assert "<html" not in shown["detail"]


async def test_a_server_that_hangs_is_given_up_at_the_tools_time_out() -> None:
    async def hang(_: Asked, writer: asyncio.StreamWriter) -> None:
        await writer.wait_closed()

    outcome, _ = await asked(hang, timeout_seconds=1)
    assert outcome.error == "timeout"


async def test_nobody_listens() -> None:
    async with Outbound(LOOPBACK) as outbound:
        act = HttpRequest(config_of("http://127.0.0.1:9/"), no_secrets, SESSION, outbound)
        assert (await act({})).error == "failed"


async def test_an_address_that_the_operator_did_not_allow_is_refused() -> None:
    async with Outbound() as outbound:
        act = HttpRequest(config_of("http://localhost:9/"), no_secrets, SESSION, outbound)
        assert (await act({})).error == "refused"


@pytest.mark.parametrize("key", ["", "kb-key"])
async def test_a_knowledge_base_of_the_owners_own_is_asked_with_its_key(key: str) -> None:
    async def given() -> str:
        return key

    passages = [{"text": "Saturday: 10 to 16.", "metadata": {"source": "hours.pdf", "page": 2}}]
    async with listening(saying(answer(200, json.dumps(passages).encode()))) as wire, Outbound(LOOPBACK) as outbound:
        search = AddressSearch(f"http://127.0.0.1:{wire.port}/ask?shop=1", given, outbound)
        outcome = await search({"query": "open on Saturday?", "top_k": 99})
    (request,) = wire.requests
    assert request.method == "GET"
    assert parse_qsl(urlsplit(request.target).query) == [("shop", "1"), ("q", "open on Saturday?"), ("top_k", "20")]
    assert request.headers.get("x-api-key", "") == key
    assert json.loads(outcome.text) == passages
