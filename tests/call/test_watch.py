"""Contract 14.4 and 14.12 (session object, `events/`): a call that is spoken, watched from its start to its end."""

import asyncio

import httpx
import pytest

from caller.caller import Caller
from tests.call.command import callbox_call
from tests.fixtures.sessions import until
from tests.fixtures.stack import StackThread
from tests.http.events import reading

pytestmark = pytest.mark.timeout(180)
QUESTION = "What time do you open on Saturday?"


async def newest(client: httpx.AsyncClient) -> str:
    answer = await client.get("/api/billing/usage/", params={"page_size": 1})
    rows = answer.json()["data"]["sessions"]["data"]
    return str(rows[0]["session_id"]) if rows else ""


async def test_who_watches_reads_what_is_said_while_it_is_said(callbox: StackThread) -> None:
    """Slow: caller and agent speak in real time."""
    headers = {"X-API-Key": callbox.stack.demo["api_key"]}
    async with httpx.AsyncClient(base_url=callbox.stack.base_url, headers=headers) as client:
        before = await newest(client)
        asking = asyncio.create_task(
            asyncio.to_thread(callbox_call, callbox, callbox.character, "--say", QUESTION, "--json"), name="caller"
        )

        async def begun() -> bool:
            return await newest(client) != before

        await until(begun, 60)
        async with reading(client, await newest(client)) as reader:
            asked = await asking
            assert asked.status == 0, asked.err
            await reader.until(lambda r: r.over)
        history = (await client.get(f"/api/billing/sessions/{asked.json['session_id']}/")).json()["data"]

    assert reader.named("turn.final") == history["transcript"]
    assert [turn["role"] for turn in history["transcript"]][:3] == ["assistant", "user", "assistant"]
    states = [state["agent_state"] for state in reader.named("state")]
    assert {"listening", "speaking"} <= set(states)
    names = [event.name for event in reader.events]
    assert names[-1] == "ended"
    # What is not final yet is told before it is, of both sides.
    partials = reader.named("turn.partial")
    assert {partial["role"] for partial in partials} == {"assistant", "user"}
    heard = next(partial for partial in partials if partial["role"] == "user")
    assert heard["turn_index"] == 1
    assert names.index("turn.partial") < len(names) - 1 - names[::-1].index("turn.final")


async def test_a_turn_that_the_end_cuts_short_is_told_before_the_end(callbox: StackThread) -> None:
    headers = {"X-API-Key": callbox.stack.demo["api_key"]}
    greeting = "Hello, this is Lumen Lamps. " * 20
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
