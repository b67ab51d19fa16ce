"""The demo's shop and the tool of `booking-bot` that asks it, through the guarded client."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from deploy.local.demo import booking
from deploy.local.demo.shop import HOST, SECRET_HEADER, order, shop_server
from deploy.local.ports import pick_ports
from services.agent.metadata import Metadata
from services.agent.tools.http import HttpRequest, Session
from services.agent.tools.tool import Outcome
from services.kit.character_definition.field_types import ValidationContext
from services.kit.character_definition.tools import HttpConfig
from services.kit.net.outbound import Outbound
from services.kit.net.url_policy import Allowances, url_faults

SECRET = "the-secret-of-this-shop"
ALLOWED = Allowances.parse(f"{HOST}/32")


@asynccontextmanager
async def shop() -> AsyncIterator[int]:
    """A shop that is open; gives its port."""
    port = pick_ports(1)[0]
    server = shop_server(port, SECRET)
    await server.start()
    try:
        yield port
    finally:
        await server.stop()


async def asked(port: int, arguments: dict[str, Any], secret: str = SECRET) -> Outcome:
    """What the tool of `booking-bot` answers."""
    tool = booking.find_order(port, secret)
    config = HttpConfig.model_validate(tool["config"], context=ValidationContext(ALLOWED))

    async def headers() -> Mapping[str, str]:
        return config.headers

    async with Outbound(ALLOWED) as outbound:
        return await HttpRequest(config, headers, Session("session-1", Metadata({})), outbound)(arguments)


async def test_the_tool_finds_an_order() -> None:
    async with shop() as port:
        outcome = await asked(port, {"number": 1001})
    found = json.loads(outcome.text)
    assert (found["number"], found["product"], found["state"]) == (1001, "Aurora floor lamp", "sent")


async def test_the_shop_says_what_is_wrong_with_a_request() -> None:
    async with shop() as port:
        unknown = await asked(port, {"number": 7})
        malformed = [await asked(port, arguments) for arguments in ({}, {"number": "x"}, {"number": "1" * 30})]
        strangers = [await asked(port, {"number": 1001}, secret) for secret in ("", "another", "gänzlich")]
    assert unknown.error == "http_404"
    assert "There is no order 7." in unknown.text
    assert [each.error for each in malformed] == ["http_422"] * 3
    assert [each.error for each in strangers] == ["http_401"] * 3
    assert not any("Aurora" in each.text for each in strangers)


def test_the_day_of_arrival_follows_the_calendar() -> None:
    monday = date(2026, 3, 2)
    sent, delivered = order(1001, monday), order(1003, monday)
    assert sent is not None and sent["arrives_on"] == "Tuesday, 2026-03-03"  # noqa: PT018 - for the type checker
    assert delivered is not None and delivered["arrived_on"] == "Saturday, 2026-02-28"  # noqa: PT018 - the same


def test_what_opens_the_shop_opens_no_other_part() -> None:
    assert url_faults(f"http://{HOST}:8005/orders", ALLOWED) == []
    for host in ("127.0.0.1", "localhost", "127.0.0.81", "[::1]", "[::ffff:127.0.0.80]"):
        assert url_faults(f"http://{host}:8001/", ALLOWED)


def test_the_secret_is_sent_in_the_header_that_the_shop_reads() -> None:
    assert booking.find_order(8005, SECRET)["config"]["headers"] == {SECRET_HEADER: SECRET}
