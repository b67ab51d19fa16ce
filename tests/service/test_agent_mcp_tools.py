"""Contract 7.5 and 14.8: tools of MCP servers, against servers made with the official library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.local.ports import pick_ports
from services.agent.metadata import Metadata
from services.agent.tools.definition import tools_of
from services.agent.tools.mcp.server import Server
from services.agent.tools.mcp.servers import McpServers, ReadHeaders
from services.kit.errors import CallboxError, Code
from services.kit.net.outbound import Outbound
from services.kit.net.url_policy import Allowances
from tests.fixtures.mcp_server import serving
from tests.fixtures.outbound import LOOPBACK
from tests.fixtures.stopwatch import Stopwatch
from tests.fixtures.wire import Asked, answer, listening

ALLOWED = Allowances.parse(LOOPBACK)
SESSION_TRANSPORTS = ["streamable_http", "sse"]
INFO = {"name": "shop", "version": "1"}
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}
TRANSPORTS = [*SESSION_TRANSPORTS, "http_json"]


async def as_stored(_: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    return headers


@asynccontextmanager
async def connected(
    url: str,
    transport: str = "streamable_http",
    *,
    session_headers: Mapping[str, str] | None = None,
    read: ReadHeaders = as_stored,
    **config: Any,
) -> AsyncIterator[Server]:
    """The server of a character, as a call opens and closes it."""
    definition = {
        "mcp_servers": [{"name": "shop", "url": url, "transport": transport, **config}],
        "tools": [{"kind": "mcp", "config": {"server_name": "shop"}}],
    }
    async with Outbound(ALLOWED, keepalive_seconds=5.0) as outbound:
        servers = McpServers(outbound, ALLOWED, session_headers or {}, Metadata({"user": "u7"}))
        try:
            yield servers.of("char_1", definition, read)["shop"]
        finally:
            watch = Stopwatch()
            await servers.close()
            assert watch.seconds() < 3


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("transport", SESSION_TRANSPORTS)
async def test_a_tool_answers_over_one_connection(transport: str, legacy: bool) -> None:
    async with serving(transport, legacy=legacy) as seen:
        async with connected(seen.url, transport) as server:
            outcomes = await asyncio.gather(*(server.call("add", {"a": n, "b": 1}) for n in range(3)))
            assert [(each.text, each.error) for each in outcomes] == [("1", ""), ("2", ""), ("3", "")]
            assert server.schema("add") is not None
        assert seen.methods.count("tools/list") == 1
        assert seen.methods.count("initialize") <= 1
        assert seen.http.count("GET") == (1 if transport == "sse" else 0)
        # A session is ended on the server.
        assert seen.http.count("DELETE") == (1 if legacy and transport == "streamable_http" else 0)


@pytest.mark.parametrize("transport", SESSION_TRANSPORTS)
async def test_results_reach_the_model_as_text(transport: str) -> None:
    async with serving(transport) as seen, connected(seen.url, transport) as server:
        structured = await server.call("size_of", {"name": "ring"})
        assert json.loads(structured.text) == {"name": "ring", "size": 7}
        assert (await server.call("picture", {})).text == "A red dot.\n[an image that is not shown]"
        failed = await server.call("fail", {"reason": "out of stock"})
        assert failed.error == "tool_error"
        assert "out of stock" in failed.text
        unknown = await server.call("nothing_like_it", {})
        assert unknown.error == "tool_error"
        invalid = await server.call("add", {"a": "no number"})
        assert invalid.error == "tool_error"


@pytest.mark.parametrize("transport", SESSION_TRANSPORTS)
async def test_headers_of_the_session_replace_those_of_the_character(transport: str) -> None:
    own = {"Authorization": "Bearer of-the-character", "X-Team": "red", "X-User": "{{metadata.user}}"}
    session = {"authorization": "Bearer of-{{metadata.user}}"}
    async with serving(transport) as seen:
        async with connected(seen.url, transport, headers=own, session_headers=session) as server:
            assert (await server.call("add", {"a": 1, "b": 1})).text == "2"
        headers = seen.headers["tools/call"]
    assert (headers["authorization"], headers["x-team"], headers["x-user"]) == ("Bearer of-u7", "red", "u7")
    assert headers["user-agent"] == "Callbox/1.0"


@pytest.mark.parametrize("transport", SESSION_TRANSPORTS)
async def test_a_server_that_is_down_at_the_start_is_used_once_it_is_up(transport: str) -> None:
    port = pick_ports(1)[0]
    path = "sse" if transport == "sse" else "mcp"
    async with connected(f"http://127.0.0.1:{port}/{path}", transport) as server:
        watch = Stopwatch()
        for _ in range(3):
            outcome = await server.call("add", {"a": 1, "b": 1})
            assert outcome.error == "unavailable"
        assert watch.seconds() < 3
        async with serving(transport, port=port):
            assert (await server.call("add", {"a": 1, "b": 1})).text == "2"


# The library's server leaves streams open when it is killed.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <function MemoryObject")
@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("transport", SESSION_TRANSPORTS)
async def test_a_server_that_was_killed_is_used_again_when_it_is_back(transport: str, legacy: bool) -> None:
    port = pick_ports(1)[0]
    async with serving(transport, port=port, legacy=legacy) as seen:
        connection = connected(seen.url, transport)
        server = await connection.__aenter__()
        assert (await server.call("add", {"a": 1, "b": 1})).text == "2"
    try:
        assert (await server.call("add", {"a": 1, "b": 1})).error == "unavailable"
        # It has forgotten the session, as a server that closes an idle one has.
        async with serving(transport, port=port, legacy=legacy) as seen:
            outcomes = await asyncio.gather(*(server.call("add", {"a": n, "b": 1}) for n in range(5)))
            assert [each.text for each in outcomes] == ["1", "2", "3", "4", "5"]
            assert seen.methods.count("initialize") <= 1
            await connection.__aexit__(None, None, None)
    except BaseException:
        await connection.__aexit__(None, None, None)
        raise


@pytest.mark.parametrize("transport", SESSION_TRANSPORTS)
async def test_a_tool_that_hangs_ends_at_the_time_out_of_its_server(transport: str) -> None:
    async with serving(transport) as seen, connected(seen.url, transport, timeout_seconds=2) as server:
        watch = Stopwatch()
        slow, quick = await asyncio.gather(server.call("sleep", {"seconds": 20}), server.call("add", {"a": 1, "b": 1}))
        assert (slow.error, quick.text) == ("timeout", "2")
        assert watch.seconds() < 4
        assert (await server.call("add", {"a": 2, "b": 1})).text == "3"


async def test_answers_that_the_server_sends_as_posts_of_json() -> None:
    results = {
        "tools/list": {"tools": [{"name": "add", "inputSchema": {"type": "object", "properties": {"a": {}}}}]},
        "tools/call": {"content": [{"type": "text", "text": "2"}]},
    }
    replies = [
        lambda asked: answer(200, reply(asked, result=results[json.loads(asked.body)["method"]])),
        lambda asked: answer(200, reply(asked, error={"code": -32602, "message": "no such tool"})),
        lambda asked: answer(503, b"busy"),
        lambda asked: answer(200, b"<p>hello"),
        lambda asked: answer(200, reply(asked, result={"content": 7})),
        lambda asked: answer(200, b"x" * 3_000_000),
    ]

    async def handle(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(replies[0](asked))

    async with listening(handle) as wire:
        url = f"http://127.0.0.1:{wire.port}/rpc"
        async with connected(url, "http_json", headers={"X-Team": "red"}, session_headers={"x-team": "blue"}) as server:
            async with asyncio.timeout(10):
                while server.schema("add") is None:
                    await asyncio.sleep(0.01)
            outcomes = [await server.call("add", {"a": 1})]
            for _ in range(5):
                replies.pop(0)
                outcomes.append(await server.call("add", {"a": 1}))
        last = wire.requests[-1]
    assert (last.headers["x-team"], last.headers["content-type"]) == ("blue", "application/json")
    sent = json.loads(last.body)
    assert (sent["method"], sent["params"]) == ("tools/call", {"name": "add", "arguments": {"a": 1}})
    assert outcomes[0].text == "2"
    assert "no such tool" in outcomes[1].text
    errors = [each.error for each in outcomes]
    assert errors == ["", "tool_error", "http_503", "invalid_answer", "invalid_answer", "too_large"]


def reply(asked: Asked, **content: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": json.loads(asked.body)["id"], **content}).encode()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_redirect_to_a_private_address_is_refused(transport: str) -> None:
    async def handle(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(307, Location="http://10.1.2.3/mcp"))

    async with listening(handle) as wire, connected(f"http://127.0.0.1:{wire.port}/", transport) as server:
        outcome = await server.call("add", {"a": 1})
    assert outcome.error == "refused"
    assert "10.1.2.3" in outcome.text


async def test_a_server_that_takes_connections_and_says_nothing_delays_only_its_tool() -> None:
    async def handle(_: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async def error_over(port: int, transport: str) -> str:
        async with connected(f"http://127.0.0.1:{port}/", transport, timeout_seconds=2) as server:
            watch = Stopwatch()
            outcome = await server.call("add", {"a": 1})
            assert watch.seconds() < 4
        return outcome.error

    async with listening(handle) as wire:
        errors = await asyncio.gather(*(error_over(wire.port, transport) for transport in TRANSPORTS))
    assert set(errors) <= {"timeout", "unavailable"}


@pytest.mark.parametrize("transport", SESSION_TRANSPORTS)
async def test_a_very_large_answer_is_refused_without_being_kept(transport: str) -> None:
    async with serving(transport) as seen, connected(seen.url, transport) as server:
        assert (await server.call("add", {"a": 1, "b": 1})).text == "2"
        outcome = await server.call("large", {"megabytes": 30 if transport == "streamable_http" else 5})
        assert outcome.error == ("too_large" if transport == "streamable_http" else "unavailable")
        assert (await server.call("add", {"a": 1, "b": 1})).text == "2"


async def test_a_server_whose_secrets_cannot_be_read_is_away() -> None:
    async def away(_: str, headers: Mapping[str, str]) -> Mapping[str, str]:
        raise CallboxError(Code.UPSTREAM_UNAVAILABLE, "Away.")

    for transport in TRANSPORTS:
        async with serving() as seen, connected(seen.url, transport, read=away) as server:
            assert (await server.call("add", {"a": 1, "b": 1})).error == "unavailable"
            assert seen.methods == []


async def test_a_fault_is_told_to_the_call_that_met_it() -> None:
    async with serving() as seen, connected(seen.url) as server:
        calls = [server.call("large", {"megabytes": 5}), server.call("fail", {"reason": "sold out"})]
        calls += [server.call("sleep", {"seconds": 0.3}), server.call("large", {"megabytes": 4})]
        outcomes = await asyncio.gather(*calls)
    assert [each.error for each in outcomes] == ["too_large", "tool_error", "", "too_large"]


async def test_an_event_stream_outlives_the_time_out_of_a_call() -> None:
    async with serving("sse") as seen, connected(seen.url, "sse", timeout_seconds=2) as server:
        assert (await server.call("add", {"a": 1, "b": 1})).text == "2"
        await asyncio.sleep(2.2)
        assert (await server.call("add", {"a": 1, "b": 2})).text == "3"
        assert seen.methods.count("GET") == 1


async def test_answers_that_break_off_again_and_again_end() -> None:
    async def handle(asked: Asked, writer: asyncio.StreamWriter) -> None:
        method = json.loads(asked.body)["method"] if asked.body else "GET"
        if method in ("initialize", "tools/list"):
            result = {"tools": []} if method == "tools/list" else {**HELLO, "serverInfo": INFO}
            body = reply(asked, result=result)
            writer.write(answer(200, body, Content_Type="application/json", Mcp_Session_Id="s1"))
        elif method == "tools/call" or asked.method == "GET":
            writer.write(answer(200, b"id: 1\nretry: 0\ndata:\n\n", Content_Type="text/event-stream"))
        else:
            writer.write(answer(202 if "notifications" in method else 400))

    async with listening(handle) as wire, connected(f"http://127.0.0.1:{wire.port}/", timeout_seconds=10) as server:
        assert (await server.call("add", {"a": 1})).error == "unavailable"
    assert 10 < sum(asked.method == "GET" for asked in wire.requests) <= 100


async def test_a_server_that_says_nothing_at_the_end_does_not_hold_up_the_end() -> None:
    async def handle(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.method == "DELETE":
            await asyncio.sleep(30)
        method = json.loads(asked.body)["method"]
        results = {
            "initialize": {**HELLO, "serverInfo": INFO},
            "tools/list": {"tools": []},
            "tools/call": {"content": [{"type": "text", "text": "2"}]},
        }
        if method in results:
            body = reply(asked, result=results[method])
            writer.write(answer(200, body, Content_Type="application/json", Mcp_Session_Id="s1"))
        else:
            writer.write(answer(202 if "notifications" in method else 400))

    async with listening(handle) as wire:
        async with connected(f"http://127.0.0.1:{wire.port}/") as server:
            assert (await server.call("add", {"a": 1})).text == "2"
        assert wire.requests[-1].method == "DELETE"


async def test_a_server_that_never_keeps_a_connection_is_not_asked_without_end() -> None:
    async def handle(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200, b"event: endpoint\ndata: /posts\n\n", Content_Type="text/event-stream"))

    async with listening(handle) as wire, connected(f"http://127.0.0.1:{wire.port}/", "sse") as server:
        await asyncio.sleep(1.5)
        assert (await server.call("add", {"a": 1})).error == "unavailable"
        assert wire.requests[0].method == "GET"
        assert len(wire.requests) < 12


async def test_a_status_that_refuses_reaches_the_model() -> None:
    async def handle(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(401, b"who are you?"))

    for transport in TRANSPORTS:
        async with listening(handle) as wire, connected(f"http://127.0.0.1:{wire.port}/", transport) as server:
            outcome = await server.call("add", {"a": 1})
            assert (outcome.error, "who are you?" in outcome.text) == ("http_401", True), transport


async def test_an_answer_that_is_no_protocol_is_a_failure() -> None:
    for body, kind in ((b"hello", "text/plain"), (b"{", "application/json"), (b"data: {\n\n", "text/event-stream")):

        async def handle(_: Asked, writer: asyncio.StreamWriter, body: bytes = body, kind: str = kind) -> None:
            writer.write(answer(200, body, Content_Type=kind))

        for transport in TRANSPORTS:
            async with (
                listening(handle) as wire,
                connected(f"http://127.0.0.1:{wire.port}/", transport, timeout_seconds=2) as server,
            ):
                assert (await server.call("add", {"a": 1})).error, (body, transport)


async def test_a_character_has_the_tools_of_its_active_servers_and_one_connection_to_each() -> None:
    def tool(name: str, server: str, **more: Any) -> dict[str, Any]:
        config = {"server_name": server, "tool_name": "add"}
        return {"name": name, "kind": "mcp", "description": "Adds.", "config": config, **more}

    async with serving() as seen, serving() as unused, Outbound(ALLOWED) as outbound:
        servers = [
            {"name": "shop", "url": seen.url},
            {"name": "off", "url": unused.url, "is_active": False},
            {"name": "nobody's", "url": unused.url},
        ]
        tools = [tool("one", "shop"), tool("two", "shop"), tool("three", "off"), tool("four", "shop", is_active=False)]
        definition = {"mcp_servers": servers, "tools": tools}
        opened = McpServers(outbound, ALLOWED, {}, Metadata({}))
        found = opened.of("char_1", definition, as_stored)
        # A handoff leads back to the character.
        assert opened.of("char_1", definition, as_stored) == found
        # Of the surroundings, MCP tools need their servers and the metadata.
        session = SimpleNamespace(metadata=Metadata({}))
        around: Any = SimpleNamespace(allowed=ALLOWED, mcp_servers=found, session=session)
        one, two = tools_of(definition, around)
        assert (one.name, two.name) == ("one", "two")
        assert (await asyncio.gather(one.act({"a": 1, "b": 1}), two.act({"a": 1, "b": 2})))[1].text == "3"
        assert one.listed_schema is not None
        assert one.listed_schema() is not None
        await opened.close()
    assert seen.methods.count("tools/list") == 1
    assert unused.methods == []
