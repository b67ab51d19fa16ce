"""The history of a call that ends while sessions is away, or whose job is ended. In virtual time, with livekit-agents'
own ending of a job.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents.ipc.job_proc_lazy_main import _JobProc, _ShutdownInfo

from deploy.local.settings import ROOT
from services.agent.call import run
from services.agent.call.casting import Casting
from services.agent.call.conversation import Conversation
from services.agent.call.ending import Ending
from services.agent.call.oversight import beside, end_on_request, end_when_lost
from services.agent.end_requests import EndRequests
from services.agent.history import journal as journals
from services.agent.history.record import KEEP_SECONDS, Record
from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.kit.catalogue_file import CatalogueFile
from services.kit.errors import CallboxError, Code
from tests.fixtures.serverless import EnglishLines, cast, start

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

AWAY_SECONDS = 60.0
# livekit-agents cancels the entry point of a job so long after it has asked it to end.
CANCELLED_AFTER_SECONDS = 15.0
Hold = Callable[["Record"], Awaitable[None]]


class Sessions:
    """What sessions stores. away_seconds: for how long it does not answer."""

    def __init__(self, away_seconds: float) -> None:
        self.stored: list[pb.SessionEvent] = []
        self.fault: CallboxError | None = None
        self.away_for(away_seconds)

    def away_for(self, seconds: float) -> None:
        self._away_until = asyncio.get_running_loop().time() + seconds

    async def append(self, _: object, request: pb.AppendEventsRequest, **__: Any) -> pb.AppendEventsResponse:
        if asyncio.get_running_loop().time() < self._away_until:
            raise CallboxError(Code.UPSTREAM_UNAVAILABLE, "Away.")
        if self.fault is not None:
            raise self.fault
        self.stored += request.events
        return pb.AppendEventsResponse(last_sequence=self.stored[-1].sequence)

    def ends(self) -> list[str]:
        return [pb.EndReason.Name(event.end.reason) for event in self.stored if event.HasField("end")]


@pytest.fixture
def record_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sessions], Record]:
    """Makes the record of a call, whose requests go to a `Sessions`."""

    def make(sessions: Sessions) -> Record:
        monkeypatch.setattr(journals, "call", sessions.append)
        return Record(_Channel(), _Signer(), "sess_1", "worker-1", 0)  # type: ignore[arg-type]

    return make


class _Signer:
    def service_token(self) -> str:
        return "token"


class _Channel(AbstractAsyncContextManager["_Channel"]):
    """A channel on which nothing is called."""

    def unary_unary(self, *_: object, **__: object) -> None: ...

    unary_stream = stream_unary = stream_stream = unary_unary

    async def __aexit__(self, *_: object) -> None: ...


class Job:
    """A job whose entry point is `run_call`, and livekit-agents' own way to end it.

    hold: what the call does in place of a conversation in a room. is_connected: whether the room is.
    """

    is_connected: bool | None = None

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, keys_dir: Path, hold: Hold) -> None:
        settings = AgentSettings(data_dir=folder, keys_dir=keys_dir, catalogue=ROOT / "deploy" / "catalogue.toml")
        SharedState(folder).put_in_force(CatalogueFile(settings.catalogue).current())

        async def claim(*_: object) -> pb.ClaimSessionResponse:
            return pb.ClaimSessionResponse()

        async def converse(*given: object) -> None:
            (record,) = (value for value in given if isinstance(value, Record))
            await hold(record)

        monkeypatch.setattr(AgentSettings, "load", lambda: settings)
        for name in ("setup_logging", "setup_tracing", "bind_contextvars"):
            monkeypatch.setattr(run, name, lambda *_, **__: None)
        monkeypatch.setattr(Casting, "_lines", lambda *_: EnglishLines())
        monkeypatch.setattr(run, "connect", lambda _: _Channel())
        monkeypatch.setattr(run, "_claim", claim)
        monkeypatch.setattr(run, "_converse", converse)
        self._callbacks: list[Callable[[str], Awaitable[None]]] = []
        self._context = SimpleNamespace(
            job=SimpleNamespace(id="job-1"),
            room=SimpleNamespace(on=lambda *_: None),
            connect=self._connect,
            add_shutdown_callback=lambda callback: self._callbacks.append(lambda _: callback()),
            shutdown=lambda _: None,
        )
        self.entry = asyncio.create_task(run.run_call(self._context, "sess_1", "worker-1"))  # type: ignore[arg-type]

    async def _connect(self, **_: object) -> None:
        self.is_connected = False
        await asyncio.sleep(0)
        self.is_connected = True

    async def shut_down(self) -> float:
        """Ends the job as livekit-agents does when its room is gone or its process has to stop.

        Returns after how many seconds the job left its room.
        """
        return await shut_down(self.entry, self._callbacks)


async def shut_down(entry: asyncio.Task[None], callbacks: list[Callable[[str], Awaitable[None]]]) -> float:
    loop = asyncio.get_running_loop()
    began, left = loop.time(), math.inf

    async def nothing(*_: object) -> None: ...

    async def leave() -> None:
        nonlocal left
        left = loop.time() - began

    job = _JobProc(lambda _: None, nothing, None, session_end_timeout=1.0, executor_type=None)  # type: ignore[arg-type]
    job._client = SimpleNamespace(send=nothing)  # type: ignore[assignment]
    job._room = SimpleNamespace(disconnect=leave)  # type: ignore[assignment]
    job._job_ctx = SimpleNamespace(  # type: ignore[assignment]
        _primary_agent_session=None, _on_session_end=nothing, _shutdown_callbacks=callbacks
    )
    job._entrypoint_span_context = None
    await job._shutdown_job(entry, _ShutdownInfo(user_initiated=False, reason="room disconnected"))
    return left


def kept_in(record: Record) -> Callable[[Conversation], object]:
    """Adds a call's questions and its end to a record."""

    def register(conversation: Conversation) -> None:
        add, moments = record.journal.add, conversation.moments
        moments.turn_began.add(lambda turn: add(pb.SessionEvent(turn=pb.Turn(role=pb.ROLE_USER, text=turn.text))))
        moments.ended.add(lambda ended: add(pb.SessionEvent(end=pb.EndEvent(reason=ended.reason))))

    return register


async def test_a_call_that_ends_while_sessions_is_away_for_a_minute_is_stored_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keys_dir: Path
) -> None:
    sessions = Sessions(0.0)
    monkeypatch.setattr(journals, "call", sessions.append)
    hung_up = asyncio.Event()

    async def hold(record: Record) -> None:
        call = await start(cast(lambda _: "Fine."), register=kept_in(record))
        sessions.away_for(AWAY_SECONDS)
        await call.asks("How are you?")
        hung_up.set()
        await call.ends()

    job = Job(monkeypatch, tmp_path, keys_dir, hold)
    async with asyncio.timeout(60.0):
        await hung_up.wait()
    await job.shut_down()
    assert [event.turn.text for event in sessions.stored if event.HasField("turn")] == ["How are you?"]
    assert sessions.ends() == ["END_REASON_CLIENT_LEFT"]


async def test_nothing_waits_between_connecting_the_room_and_listening_to_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keys_dir: Path
) -> None:
    """What a client sends in between would be lost."""
    seen: list[bool | None] = []

    async def hold(_: Record) -> None:
        seen.append(job.is_connected)

    job = Job(monkeypatch, tmp_path, keys_dir, hold)
    await job.entry
    await job.shut_down()
    # It has begun and is not done.
    assert seen == [False]


async def test_a_call_that_the_shutdown_of_its_worker_cuts_off_is_stored_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keys_dir: Path
) -> None:
    sessions = Sessions(AWAY_SECONDS)
    monkeypatch.setattr(journals, "call", sessions.append)

    async def hold(record: Record) -> None:
        await (await start(cast(lambda _: "Fine."), register=kept_in(record))).running

    job = Job(monkeypatch, tmp_path, keys_dir, hold)
    await asyncio.sleep(10.0)
    left_after = await job.shut_down()
    assert job.entry.cancelled()
    assert left_after == pytest.approx(CANCELLED_AFTER_SECONDS, abs=1.0), "the room does not wait for the history"
    assert sessions.ends() == ["END_REASON_AGENT_LOST"]


async def test_events_are_given_up_when_sessions_stays_away(record_of: Callable[[Sessions], Record]) -> None:
    sessions = Sessions(3600.0)
    record = record_of(sessions)
    record.journal.add(pb.SessionEvent(end=pb.EndEvent(reason=pb.END_REASON_CLIENT_LEFT)))
    began = asyncio.get_running_loop().time()
    await record.close()
    assert asyncio.get_running_loop().time() - began == pytest.approx(KEEP_SECONDS)
    assert sessions.stored == []


@pytest.mark.parametrize(
    ("code", "reason"),
    [(Code.SESSION_TAKEN, pb.END_REASON_ENDED_BY_API), (Code.NOT_FOUND, pb.END_REASON_ERROR)],
)
async def test_a_call_ends_when_sessions_refuses_its_events(
    record_of: Callable[[Sessions], Record], code: Code, reason: pb.EndReason.ValueType
) -> None:
    sessions = Sessions(0.0)
    sessions.fault = CallboxError(code, "No.")
    record, ending = record_of(sessions), Ending()
    async with beside(end_when_lost(record.journal, ending)):
        record.journal.add(pb.SessionEvent())
        assert await ending.reason == reason
    await record.close()


async def test_a_call_ends_when_its_worker_asks_for_it(tmp_path: Path) -> None:
    requests, ending = EndRequests(tmp_path), Ending()
    async with beside(end_on_request(requests, "job-1", ending)):
        requests.put({"job-2": pb.END_REASON_AGENT_LOST})
        await asyncio.sleep(5.0)
        assert not ending.reason.done()
        requests.put({"job-1": pb.END_REASON_AGENT_LOST})
        async with asyncio.timeout(1.0):
            assert await ending.reason == pb.END_REASON_AGENT_LOST


async def test_a_part_that_fails_beside_a_call_ends_it_loudly() -> None:
    async def fails() -> None:
        raise ValueError("broken")

    with pytest.raises(ExceptionGroup) as caught:
        async with beside(fails()):
            await asyncio.sleep(600.0)
    assert caught.group_contains(ValueError, match="broken")


async def test_a_journal_that_breaks_ends_the_call_and_says_so(
    record_of: Callable[[Sessions], Record], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ValueError("broken")

    record, ending = record_of(Sessions(0.0)), Ending()
    monkeypatch.setattr(journals, "call", broken)
    async with beside(end_when_lost(record.journal, ending)):
        record.journal.add(pb.SessionEvent())
        assert await ending.reason == pb.END_REASON_ERROR
    await record.close()
    assert "a part of the record failed" in capsys.readouterr().out
