"""How a call goes on, as its worker tells it: only the newest, at a pace, and never in the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NoReturn

import pytest
from callbox.sessions.v1 import live_pb2, live_pb2_grpc
from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.history import live
from services.kit.errors import CallboxError, Code
from services.kit.identity import Signer
from services.kit.rpc.client import connect
from services.kit.rpc.server import Server
from services.kit.tasks import end

if TYPE_CHECKING:
    from pathlib import Path


class Ears(live_pb2_grpc.LiveServiceServicer):
    """Takes what a worker tells. told: all of it; watched: what it is answered; away: refuses."""

    def __init__(self) -> None:
        self.told: list[live_pb2.PublishLiveRequest] = []
        self.watched = True
        self.away = False
        self.news = asyncio.Condition()

    async def PublishLive(self, request: live_pb2.PublishLiveRequest, _: object) -> live_pb2.PublishLiveResponse:  # noqa: N802
        self.told.append(request)
        async with self.news:
            self.news.notify_all()
        if self.away:
            raise CallboxError(Code.UPSTREAM_UNAVAILABLE, "Away.")
        return live_pb2.PublishLiveResponse(watched=self.watched)

    async def WatchSession(self, request: live_pb2.WatchSessionRequest, _: object) -> NoReturn:  # type: ignore[override]  # noqa: N802
        raise CallboxError(Code.INVALID_REQUEST, "Nobody watches here.")

    async def until(self, count: int) -> None:
        async with asyncio.timeout(30), self.news:
            await self.news.wait_for(lambda: len(self.told) >= count)


@asynccontextmanager
async def telling(keys_dir: Path, ears: Ears) -> AsyncIterator[live.Live]:
    server = Server("127.0.0.1:0", keys_dir)
    live_pb2_grpc.add_LiveServiceServicer_to_server(ears, server.grpc)
    await server.start([])
    async with connect(f"127.0.0.1:{server.port}") as channel:
        stub = live_pb2_grpc.LiveServiceStub(channel)
        teller = live.Live(stub, Signer(keys_dir, "agent"), "sess_1", "worker-1")
        task = asyncio.create_task(teller.run(), name="live")
        try:
            yield teller
        finally:
            await end(task)
    await server.stop(1)


async def test_only_the_newest_is_told_and_not_too_often(keys_dir: Path) -> None:
    ears = Ears()
    async with telling(keys_dir, ears) as teller:
        began = asyncio.get_running_loop().time()
        for number in range(200):
            teller.partial(pb.ROLE_USER, f"word {number}", 4)
            teller.state("listening" if number % 2 else "thinking")
            await asyncio.sleep(0.005)
        seconds = asyncio.get_running_loop().time() - began
        await ears.until(1)
        assert len(ears.told) <= seconds / 0.2 + 2
        last = ears.told[-1].update
        assert last.agent_state in (live_pb2.AGENT_STATE_LISTENING, live_pb2.AGENT_STATE_THINKING)
        assert [(said.role, said.turn_index) for said in last.partials] == [(pb.ROLE_USER, 4)]
        assert (ears.told[-1].session_id, ears.told[-1].worker_id) == ("sess_1", "worker-1")


async def test_what_is_final_is_not_told_as_partial_and_words_of_others_are_no_state(keys_dir: Path) -> None:
    ears = Ears()
    async with telling(keys_dir, ears) as teller:
        teller.partial(pb.ROLE_USER, "Hello", 0)
        teller.partial(pb.ROLE_ASSISTANT, "x" * 5_000, 1)
        teller.final(pb.ROLE_USER)
        teller.state("initializing")
        await ears.until(1)
        (said,) = ears.told[0].update.partials
        assert (said.role, len(said.text)) == (pb.ROLE_ASSISTANT, 4_000)
        assert ears.told[0].update.agent_state == live_pb2.AGENT_STATE_UNSPECIFIED


async def test_while_nobody_watches_or_sessions_is_away_it_is_told_seldom(
    keys_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_UNWATCHED_SECONDS", 60.0)
    monkeypatch.setattr(live, "_AWAY_SECONDS", 60.0)
    for away in (False, True):
        ears = Ears()
        ears.watched, ears.away = False, away
        async with telling(keys_dir, ears) as teller:
            teller.state("listening")
            await ears.until(1)
            teller.partial(pb.ROLE_USER, "Hello", 0)
            await asyncio.sleep(0.5)
            assert len(ears.told) == 1
