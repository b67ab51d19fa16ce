"""Contract 14.4 and 14.12 (session object, `events/`): a call that is watched and ended in the middle of a turn."""

import asyncio

import httpx
import pytest

from caller.caller import Caller
from tests.fixtures.stack import StackThread
from tests.http.events import reading

pytestmark = pytest.mark.timeout(180)


async def test_a_turn_that_the_end_cuts_short_is_told_before_the_end(callbox: StackThread) -> None:
    headers = {"X-API-Key": callbox.stack.demo["api_key"]}
    greeting = "Hello, this is Lumen Lamps. " * 4
    async with (
        httpx.AsyncClient(base_url=callbox.stack.base_url, headers=headers) as client,
        callbox.sessions() as calls,
    ):
        grant = await calls.start(callbox.character, greeting=greeting)
        async with Caller(grant), reading(client, grant.session_id) as reader:
            await reader.until(lambda r: {"agent_state": "speaking", "status": "active"} in r.named("state"))
            # Something of it is to be heard.
            await asyncio.sleep(1.5)
            await calls.end(grant.session_id)
            await reader.until(lambda r: r.over)
        assert reader.named("state")[-1] == {"status": "ended", "agent_state": None}
        (turn,) = reader.named("turn.final")
        assert turn["interrupted"] is True
        assert greeting.startswith(turn["text"][:20])
        assert reader.events[-1].name == "ended"
        again = await client.get(
            f"/api/agents/sessions/{grant.session_id}/events/", headers={"Last-Event-ID": reader.last_id}
        )
        assert again.status_code == 204, again.text
        history = (await client.get(f"/api/billing/sessions/{grant.session_id}/")).json()["data"]
        assert history["transcript"] == [turn]
