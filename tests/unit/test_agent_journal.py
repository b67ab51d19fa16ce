"""The events of a call on their way to sessions: numbered, in order, stored once, kept while sessions is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc

from services.agent.history.journal import Journal
from services.kit.errors import CallboxError, Code
from services.kit.identity import Signer
from services.kit.rpc.client import connect
from services.kit.rpc.server import Server
from services.kit.tasks import end

if TYPE_CHECKING:
    from pathlib import Path


class Sessions(sessions_pb2_grpc.SessionsServiceServicer):
    """Stores events as sessions does: what it has already is passed over. fault: what it answers instead."""

    def __init__(self) -> None:
        self.stored: list[pb.SessionEvent] = []
        self.requests = 0
        self.fault: CallboxError | None = None

    async def AppendEvents(self, request: pb.AppendEventsRequest, _: object) -> pb.AppendEventsResponse:  # noqa: N802
        self.requests += 1
        if self.fault is not None:
            raise self.fault
        assert (request.session_id, request.worker_id) == ("sess_1", "worker-1")
        last = self.stored[-1].sequence if self.stored else 4
        self.stored += [event for event in request.events if event.sequence > last]
        return pb.AppendEventsResponse(last_sequence=self.stored[-1].sequence)


def storing() -> Sessions:
    return Sessions()  # type: ignore[abstract]  # the journal asks for nothing but AppendEvents


@asynccontextmanager
async def writing(keys_dir: Path, sessions: Sessions) -> AsyncIterator[Journal]:
    server = Server("127.0.0.1:0", keys_dir)
    sessions_pb2_grpc.add_SessionsServiceServicer_to_server(sessions, server.grpc)
    await server.start([])
    async with connect(f"127.0.0.1:{server.port}") as channel:
        stub = sessions_pb2_grpc.SessionsServiceStub(channel)
        journal = Journal(stub, Signer(keys_dir, "agent"), "sess_1", "worker-1", 4)
        task = asyncio.create_task(journal.run(), name="journal")
        try:
            yield journal
        finally:
            await end(task)
    await server.stop(1)


def turn(text: str) -> pb.SessionEvent:
    return pb.SessionEvent(turn=pb.Turn(role=pb.ROLE_USER, text=text))


async def test_events_are_numbered_behind_the_last_one_and_stored_in_order(keys_dir: Path) -> None:
    sessions = storing()
    async with writing(keys_dir, sessions) as journal:
        for number in range(250):
            journal.add(turn(f"turn {number}"))
        assert await journal.drain(30.0)
    assert [event.sequence for event in sessions.stored] == list(range(5, 255))
    assert [event.turn.text for event in sessions.stored] == [f"turn {number}" for number in range(250)]
    assert all(event.occur_time.seconds for event in sessions.stored)
    assert sessions.requests == 3, "at most 100 events go at once"


async def test_an_event_that_is_too_large_is_cut_and_the_history_goes_on(keys_dir: Path) -> None:
    sessions = storing()
    called = pb.ToolEvent(name="find_order", result_preview="r" * 3_000_000)
    called.arguments.update({"note": "x" * 3_000_000})
    async with writing(keys_dir, sessions) as journal:
        journal.add(turn("before"))
        journal.add(turn("é" * 5_000_000))
        journal.add(pb.SessionEvent(tool=called))
        journal.add(turn("after"))
        assert await journal.drain(30.0)
    before, large, tool, after = sessions.stored
    assert (before.turn.text, after.turn.text) == ("before", "after")
    assert large.turn.text == "é" * 65_535 + "…"
    assert (tool.tool.name, tool.tool.arguments_omitted, len(tool.tool.result_preview)) == ("find_order", True, 65_536)


async def test_many_large_events_go_in_several_messages(keys_dir: Path) -> None:
    sessions = storing()
    async with writing(keys_dir, sessions) as journal:
        for number in range(30):
            journal.add(turn(f"{number} " + "x" * 400_000))
        assert await journal.drain(30.0)
    assert [event.turn.text.split()[0] for event in sessions.stored] == [str(number) for number in range(30)]


async def test_events_are_kept_while_sessions_is_away_and_sent_when_it_is_back(keys_dir: Path) -> None:
    sessions = storing()
    sessions.fault = CallboxError(Code.UPSTREAM_UNAVAILABLE, "Away.")
    async with writing(keys_dir, sessions) as journal:
        journal.add(turn("one"))
        journal.add(turn("two"))
        assert not await journal.drain(0.5)
        sessions.fault = None
        journal.add(turn("three"))
        assert await journal.drain(30.0)
    assert [event.turn.text for event in sessions.stored] == ["one", "two", "three"]


async def test_a_journal_that_sessions_refuses_sends_no_more(keys_dir: Path) -> None:
    sessions = storing()
    sessions.fault = CallboxError(Code.CONFLICT, "Another worker carries this call.")
    async with writing(keys_dir, sessions) as journal:
        journal.add(turn("one"))
        assert not await journal.drain(5.0)
        assert journal.lost.is_set()
        assert not journal.taken
        asked = sessions.requests
        journal.add(turn("two"))
        await asyncio.sleep(0)
        assert not await journal.drain(0.2)
        assert sessions.requests == asked


async def test_a_journal_knows_that_another_worker_has_taken_the_call(keys_dir: Path) -> None:
    sessions = storing()
    sessions.fault = CallboxError(Code.SESSION_TAKEN, "Another worker carries this session.")
    async with writing(keys_dir, sessions) as journal:
        journal.add(turn("one"))
        async with asyncio.timeout(30.0):
            await journal.lost.wait()
        assert journal.taken
