"""What an http tool costs beside a bare httpx request to the same server: both in turn, in one run."""

import json
import time
from dataclasses import dataclass

import httpx

from bench.tool_turns import SCHEMA
from services.agent.metadata import Metadata
from services.agent.tools.arguments import ArgumentSchema
from services.agent.tools.http import HttpRequest, Session
from services.kit.character_definition.tools import HttpConfig
from services.kit.net.outbound import Outbound

_WARM = 20
_TIMEOUT_SECONDS = 5.0
# As long as the worker keeps them, so that both use a connection that is open.
_KEEP_SECONDS = 60.0
_ARGUMENTS = {"delay": 0}
_SESSION = Session("sess-bench", Metadata({}))


@dataclass(frozen=True)
class Overhead:
    """Milliseconds of each request. tool: arguments checked, request built, address judged, answer read."""

    tool_ms: list[float]
    bare_ms: list[float]


async def measure_overhead(url: str, count: int) -> Overhead:
    """Sends `count` requests each way, in turn."""
    schema = ArgumentSchema(SCHEMA, Metadata({}))
    overhead = Overhead([], [])
    body = {**_ARGUMENTS, "_session": {"session_id": _SESSION.session_id, "metadata": {}}}

    async def no_headers() -> dict[str, str]:
        return {}

    async with (
        Outbound("127.0.0.0/8", keepalive_seconds=_KEEP_SECONDS) as outbound,
        httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as client,
    ):
        tool = HttpRequest(HttpConfig.model_construct(url=url), no_headers, _SESSION, outbound)
        for number in range(count + _WARM):
            began = time.perf_counter()
            outcome = await tool(schema.checked(_ARGUMENTS))
            between = time.perf_counter()
            answer = await client.post(url, content=json.dumps(body), headers={"Content-Type": "application/json"})
            ended = time.perf_counter()
            if outcome.error or not answer.is_success:
                raise RuntimeError(f"the server for tools did not answer: {outcome.text}, {answer.status_code}")
            if number >= _WARM:
                overhead.tool_ms.append((between - began) * 1000.0)
                overhead.bare_ms.append((ended - between) * 1000.0)
    return overhead
