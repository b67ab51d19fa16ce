"""The fallback language models: which model is asked after which fault, and when it is asked again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import httpx2
import pytest

from services.agent.fallback_models import Fallback, chosen
from services.agent.thinking.fallback import FallbackTransport

# Seconds of these tests pass in the event loop alone.
pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

SECOND = Fallback("https://second.test/api/v1", "second", "key-2")


class Server:
    """A model server. answer: its status and headers, or the fault that is raised."""

    def __init__(self, answer: httpx2.Response | Exception | None = None) -> None:
        self.answer = answer
        self.asked: list[httpx2.Request] = []

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._handle)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or httpx2.Response(200)


async def ask(transport: FallbackTransport) -> httpx2.Response:
    request = httpx2.Request(
        "POST",
        "http://first.test/v1/chat/completions",
        headers={"authorization": "Bearer key-1"},
        json={"model": "first", "stream": True},
    )
    return await transport.handle_async_request(request)


def refuses(status: int, **headers: str) -> Callable[[], httpx2.Response]:
    return lambda: httpx2.Response(status, headers={name.replace("_", "-"): text for name, text in headers.items()})


@pytest.mark.parametrize(
    "fault",
    [
        *(refuses(status) for status in (401, 403, 404, 408, 429, 500, 503)),
        lambda: httpx2.ConnectError("down"),
        lambda: httpx2.ReadTimeout("late"),
    ],
)
async def test_a_fault_asks_the_next_model_under_its_own_name_and_key(
    fault: Callable[[], httpx2.Response | Exception],
) -> None:
    first, second = Server(fault()), Server()
    transport = FallbackTransport(first.transport, [(SECOND, second.transport)])
    assert (await ask(transport)).status_code == 200
    (request,) = second.asked
    assert str(request.url) == "https://second.test/api/v1/chat/completions"
    assert request.headers["host"] == "second.test"
    assert request.headers["authorization"] == "Bearer key-2"
    assert json.loads(request.content) == {"model": "second", "stream": True}
    # While it rests, the first model costs no time.
    await ask(transport)
    assert len(first.asked) == 1
    await asyncio.sleep(11.0)
    await ask(transport)
    assert len(first.asked) == 2


async def test_a_key_is_not_sent_to_a_fallback_without_one() -> None:
    second = Server()
    keyless = Fallback("http://second.test/v1", "second")
    await ask(FallbackTransport(Server(refuses(500)()).transport, [(keyless, second.transport)]))
    assert "authorization" not in second.asked[0].headers


@pytest.mark.parametrize("status", [200, 400, 422])
async def test_an_answer_and_a_faulty_request_ask_no_other_model(status: int) -> None:
    second = Server()
    transport = FallbackTransport(Server(refuses(status)()).transport, [(SECOND, second.transport)])
    assert (await ask(transport)).status_code == status
    assert not second.asked


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        (b'{"error": {"code": "content_filter", "status": 400}}', True),
        (b'{"error": {"code": "context_length_exceeded"}}', False),
        (b'{"error": "content_filter"}', False),
        (b'{"error": null}', False),
        (b"[]", False),
        (b"no JSON", False),
    ],
)
async def test_a_question_that_a_filter_refuses_is_put_to_the_next_model(body: bytes, asks: bool) -> None:
    first, second = Server(httpx2.Response(400, content=body)), Server()
    transport = FallbackTransport(first.transport, [(SECOND, second.transport)])
    answer = await ask(transport)
    assert (answer.status_code, len(second.asked)) == ((200, 1) if asks else (400, 0))
    assert asks or await answer.aread() == body
    # The model did not fail: it is still the first to be asked.
    await ask(transport)
    assert len(first.asked) == 2


async def test_a_model_is_not_asked_before_its_retry_after() -> None:
    only = Server(refuses(429, retry_after="30")())
    transport = FallbackTransport(only.transport)
    assert (await ask(transport)).status_code == 429
    await asyncio.sleep(29.0)
    with pytest.raises(httpx2.ConnectError):
        await ask(transport)
    assert len(only.asked) == 1
    await asyncio.sleep(2.0)
    await ask(transport)
    assert len(only.asked) == 2


@pytest.mark.parametrize("header", ["", "soon", "-5", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_a_retry_after_that_is_no_number_is_ignored(header: str) -> None:
    only = Server(refuses(429, retry_after=header)())
    transport = FallbackTransport(only.transport)
    await ask(transport)
    await ask(transport)
    assert len(only.asked) == 2


async def test_the_last_fault_is_told_when_every_model_fails() -> None:
    first, second = Server(httpx2.ConnectError("down")), Server(refuses(503)())
    transport = FallbackTransport(first.transport, [(SECOND, second.transport)])
    assert (await ask(transport)).status_code == 503
    # Both are resting, so both are asked again.
    await ask(transport)
    assert (len(first.asked), len(second.asked)) == (2, 2)


async def test_the_setting_is_read() -> None:
    assert Fallback.parse("") == ()
    read = Fallback.parse("https://a.test/v1/ one secret, http://b:8000/v1 two")
    assert read == (Fallback("https://a.test/v1", "one", "secret"), Fallback("http://b:8000/v1", "two"))
    assert "secret" not in repr(read)


@pytest.mark.parametrize(
    "entries", ["https://a.test/v1", "a.test/v1 one", "https://a.test/v1 one secret more", "http://a/v1 m," * 5]
)
async def test_a_setting_that_cannot_be_read_is_refused_without_showing_a_key(entries: str) -> None:
    with pytest.raises(ValueError, match="fallback model") as refused:
        Fallback.parse(entries)
    assert "secret" not in str(refused.value)


async def test_a_character_chooses_among_the_configured_models_alone() -> None:
    one, two, two_elsewhere = (Fallback(f"https://{host}.test/v1", name) for host, name in ("a1", "b2", "c2"))
    configured = (one, two, two_elsewhere)
    assert chosen(["2", "1"], configured) == (two, two_elsewhere, one)
