"""A question asked aloud from the terminal, and all that can be read about its call while it goes on and afterwards."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.call.command import Run, callbox_call
from tests.fixtures.sessions import until
from tests.fixtures.stack import StackThread
from tests.http.events import Event, reading

QUESTION = "What time do you open on Saturday?"
# Synthesis of the question, start of the call, greeting, question and answer.
_SECONDS = 90.0
_BEGUN_SECONDS = 60.0


@dataclass(frozen=True)
class Asked:
    """The call.

    recording: WAV with the caller left and the agent right. history: of the session. events: what a client read that
    watched the call. metrics: page of the worker during the call. told: what `make run` printed since the start.
    """

    run: Run
    recording: Path
    history: dict[str, Any]
    events: list[Event]
    metrics: str
    told: str

    @property
    def session_id(self) -> str:
        """Id of the session."""
        session_id: str = self.run.json["session_id"]
        return session_id


def ask(callbox: StackThread, recording: Path) -> Asked:
    """Asks the question."""
    return callbox.wait(_ask(callbox, recording), _SECONDS)


async def _ask(callbox: StackThread, recording: Path) -> Asked:
    told = callbox.stack.lines.path("callbox")
    already = len(told.read_text())
    headers = {"X-API-Key": callbox.stack.demo["api_key"]}
    async with httpx.AsyncClient(base_url=callbox.stack.base_url, headers=headers) as client:
        before = await _newest(client)
        words = (callbox.character, "--say", QUESTION, "--json", "--save", str(recording))
        asking = asyncio.create_task(asyncio.to_thread(callbox_call, callbox, *words), name="caller")

        async def begun() -> bool:
            return await _newest(client) != before

        await until(begun, _BEGUN_SECONDS)
        async with reading(client, await _newest(client)) as reader:
            metrics = await _metrics_during_call(callbox)
            run = await asking
            assert run.status == 0, run.err
            await reader.until(lambda r: r.over)
        history = (await client.get(f"/api/billing/sessions/{run.json['session_id']}/")).json()["data"]

    async def ended() -> bool:
        return f"call {run.json['session_id']} ended" in told.read_text()[already:]

    await until(ended)
    return Asked(run, recording, history, reader.events, metrics, told.read_text()[already:])


async def _newest(client: httpx.AsyncClient) -> str:
    answer = await client.get("/api/billing/usage/", params={"page_size": 1})
    rows = answer.json()["data"]["sessions"]["data"]
    return str(rows[0]["session_id"]) if rows else ""


async def _metrics_during_call(callbox: StackThread) -> str:
    """The worker's page when it counts one call, whose audio has begun."""
    page = ""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{callbox.stack.settings.agent_ops_port}") as client:

        async def begun() -> bool:
            nonlocal page
            page = (await client.get("/metrics")).text
            return metric(page, "callbox_worker_calls") == 1 and "callbox_audio_backlog_frames{" in page

        await until(begun)
    return page


def metric(page: str, name: str) -> float:
    """The value of a metric without labels."""
    (line,) = [line for line in page.splitlines() if line.startswith(f"{name} ")]
    return float(line.removeprefix(f"{name} "))
