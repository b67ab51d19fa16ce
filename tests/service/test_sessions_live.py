"""Contract 14.12 (session object): calls watched over gRPC, what is final from PostgreSQL, the rest from Redis."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from callbox.sessions.v1 import forms_pb2, forms_pb2_grpc, live_pb2, live_pb2_grpc
from callbox.sessions.v1 import sessions_pb2 as pb

from deploy.local.ports import pick_ports
from services.kit.errors import CallboxError, Code
from services.kit.rpc.client import call, connect, stream
from services.sessions.app import running
from tests.fixtures.refusals import refusal
from tests.fixtures.sessions import MakeHouse, SessionsHouse, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.fixtures.callers import DirectedWorker
    from tests.fixtures.redis import RedisServer

SECONDS = 10.0


class Watcher:
    """Reads a stream in a task. told: everything that came. error: what ended it before its end."""

    def __init__(self, house: SessionsHouse, address: str, session_id: str, after: int, identity: str) -> None:
        self.told: list[live_pb2.WatchSessionResponse] = []
        self.error: CallboxError | None = None
        self._ask = house, address, session_id, after, identity
        self._news = asyncio.Condition()

    async def read(self) -> None:
        house, address, session_id, after, identity = self._ask
        async with connect(address) as channel:
            request = live_pb2.WatchSessionRequest(session_id=session_id, after_sequence=after)
            method = live_pb2_grpc.LiveServiceStub(channel).WatchSession
            answers = stream(method, request, identity=identity or house.user, deadline_seconds=60)
            try:
                async with aclosing(answers):
                    async for told in answers:
                        self.told.append(told)
                        async with self._news:
                            self._news.notify_all()
            except CallboxError as error:
                self.error = error
        async with self._news:
            self._news.notify_all()

    async def until(self, fits: Any) -> None:
        """Waits until what was told fits."""
        try:
            async with asyncio.timeout(SECONDS), self._news:
                await self._news.wait_for(lambda: fits(self))
        except TimeoutError:
            raise AssertionError(f"told: {self.told}, {self.error}") from None

    @property
    def texts(self) -> list[str]:
        """Of the turns that are final."""
        return [told.event.turn.text for told in self.told if told.event.HasField("turn")]

    @property
    def is_over(self) -> bool:
        return bool(self.told) and self.told[-1].HasField("ended")


@asynccontextmanager
async def watching(
    house: SessionsHouse, session_id: str, after: int = 0, *, identity: str = "", address: str = ""
) -> AsyncIterator[Watcher]:
    watcher = Watcher(house, address or house.settings.listen, session_id, after, identity)
    task = asyncio.create_task(watcher.read(), name="watcher")
    try:
        yield watcher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def forms_of(watcher: Watcher) -> list[pb.FormEvent]:
    return [told.form for told in watcher.told if told.HasField("form")]


async def claimed(house: SessionsHouse, worker: DirectedWorker) -> str:
    session_id = (await house.begin()).session.session_id
    await until_claimed(worker, session_id)
    return session_id


async def until_claimed(worker: DirectedWorker, session_id: str) -> None:
    async def is_claimed() -> bool:
        return session_id in worker.claims

    await until(is_claimed)


def turn(sequence: int, text: str) -> pb.SessionEvent:
    said = pb.Turn(turn_index=sequence - 1, role=pb.ROLE_USER, text=text)
    return pb.SessionEvent(sequence=sequence, turn=said)


async def publish(
    house: SessionsHouse, worker: DirectedWorker, session_id: str, update: live_pb2.LiveUpdate
) -> live_pb2.PublishLiveResponse:
    async with connect(house.settings.listen) as channel:
        request = live_pb2.PublishLiveRequest(session_id=session_id, worker_id=worker.worker_id, update=update)
        method = live_pb2_grpc.LiveServiceStub(channel).PublishLive
        return await call(method, request, identity=house.callers.service("agent"))


def partial(index: int, text: str) -> live_pb2.LiveUpdate:
    said = live_pb2.PartialTurn(turn_index=index, role=pb.ROLE_USER, text=text)
    return live_pb2.LiveUpdate(agent_state=live_pb2.AGENT_STATE_LISTENING, partials=[said])


async def test_a_call_is_told_as_it_goes_on_and_to_its_end(house: SessionsHouse) -> None:
    async with house.worker(joins=True) as worker:
        session_id = await claimed(house, worker)
        assert not (await publish(house, worker, session_id, partial(0, "He"))).watched
        async with watching(house, session_id) as watcher:
            await watcher.until(lambda w: w.told)
            first = watcher.told[0].state
            # What the agent does was told before anybody watched.
            assert (first.status, first.agent_state) == (pb.SESSION_STATUS_CREATED, live_pb2.AGENT_STATE_LISTENING)

            assert (await publish(house, worker, session_id, partial(0, "Hello th"))).watched
            await watcher.until(lambda w: any(told.partial.text == "Hello th" for told in w.told))
            await worker.tell(session_id, turn(1, "Hello there."), pb.SessionEvent(sequence=2, usage=pb.Usage()))
            await watcher.until(lambda w: w.texts == ["Hello there."])
            # It comes after its own turn and says nothing any more.
            await publish(house, worker, session_id, partial(0, "Hello there"))
            error = pb.SessionEvent(sequence=3, error=pb.ErrorEvent(code="llm_error", message="It was away."))
            form = pb.FormEvent(form_id="book-demo", action=pb.FORM_ACTION_OPENED)
            await worker.tell(session_id, error, pb.SessionEvent(sequence=4, form=form))
            await watcher.until(lambda w: w.told[-1].event.form == form)
            await worker.tell(
                session_id,
                turn(5, "Bye."),
                pb.SessionEvent(sequence=6, end=pb.EndEvent(reason=pb.END_REASON_AGENT_ENDED)),
            )
            await watcher.until(lambda w: w.is_over)
        kinds = [told.event.WhichOneof("event") or told.WhichOneof("what") for told in watcher.told]
        assert kinds == ["state", "partial", "turn", "error", "form", "state", "turn", "ended"]
        assert [told.sequence for told in watcher.told] == [0, 0, 1, 3, 4, 4, 5, 6]
        assert watcher.told[-1].ended.end_reason == pb.END_REASON_AGENT_ENDED

        async with watching(house, session_id, after=1) as again:
            await again.until(lambda w: w.is_over)
        assert [told.sequence for told in again.told] == [3, 4, 5, 6]


async def test_an_answer_that_came_over_http_is_told_to_who_watches(house: SessionsHouse) -> None:
    """Contract 14.12: a `form` event once an answer of the call is stored, at whichever process one watches."""
    fields = [{"name": "text", "type": "text", "required": True}]
    await house.owner.patch(widget_appearance={"forms": [{"id": "note", "title": "Note", "fields": fields}]})
    second = house.settings.model_copy(
        update={f"{name}listen": f"127.0.0.1:{pick_ports(1)[0]}" for name in ("", "ops_")}
    )
    async with house.worker(slots=2) as worker, connect(house.settings.listen) as channel, running(second):
        session_id, other = await claimed(house, worker), await claimed(house, worker)
        stub = forms_pb2_grpc.FormResponsesServiceStub(channel)

        async def submit(text: str, of: str = session_id) -> None:
            request = forms_pb2.SubmitFormRequest(
                agent="support-bot", form_id="note", session_id=of, idempotency_key=text
            )
            request.values.update({"text": text})
            await call(stub.SubmitForm, request, identity=house.user)

        async with (
            watching(house, session_id) as here,
            watching(house, session_id, address=second.listen) as there,
            watching(house, other) as elsewhere,
        ):
            for watcher in (here, there, elsewhere):
                await watcher.until(lambda w: w.told)
            await worker.tell(session_id, turn(1, "I fill it in."))
            await submit("one")
            # Not stored once more, and not told.
            await submit("one")
            await submit("two")
            await submit("three", other)
            for watcher, count in ((here, 2), (there, 2), (elsewhere, 1)):
                await watcher.until(lambda w, count=count: len(forms_of(w)) >= count)
            await worker.tell(session_id, turn(2, "Done."))
            for watcher in (here, there):
                await watcher.until(lambda w: w.texts == ["I fill it in.", "Done."])
            assert [len(forms_of(watcher)) for watcher in (here, there, elsewhere)] == [2, 2, 1]
            told = forms_of(here)[0]
            assert (told.form_id, told.action, told.start_seconds) == ("note", pb.FORM_ACTION_SUBMITTED, 0.0)


async def test_a_submission_is_told_once_though_sessions_and_the_worker_tell_of_it(house: SessionsHouse) -> None:
    fields = [{"name": "text", "type": "text", "required": True}]
    await house.owner.patch(widget_appearance={"forms": [{"id": "note", "title": "Note", "fields": fields}]})
    submitted = pb.FormEvent(form_id="note", action=pb.FORM_ACTION_SUBMITTED, start_seconds=5.0)
    async with house.worker() as worker, connect(house.settings.listen) as channel:
        session_id = await claimed(house, worker)
        stub = forms_pb2_grpc.FormResponsesServiceStub(channel)

        async def submit() -> None:
            request = forms_pb2.SubmitFormRequest(agent="support-bot", form_id="note", session_id=session_id)
            request.values.update({"text": "one"})
            await call(stub.SubmitForm, request, identity=house.user)

        async with watching(house, session_id) as watcher:
            await watcher.until(lambda w: w.told)
            await submit()
            await watcher.until(lambda w: len(forms_of(w)) == 1)
            await worker.tell(session_id, pb.SessionEvent(sequence=1, form=submitted), turn(2, "Done."))
            await watcher.until(lambda w: w.texts == ["Done."])
            # The other way round: the worker is faster.
            await worker.tell(session_id, pb.SessionEvent(sequence=3, form=submitted))
            await watcher.until(lambda w: w.told[-1].event.form == submitted)
            await submit()
            # A submission that only the worker tells of: the form has an address of its own.
            await worker.tell(session_id, pb.SessionEvent(sequence=4, form=submitted), turn(5, "Bye."))
            await watcher.until(lambda w: w.texts == ["Done.", "Bye."])
            events = [told.event.form for told in watcher.told if told.event.HasField("form")]
            assert (len(forms_of(watcher)), len(events)) == (1, 2)


async def test_a_worker_tells_of_forms_by_events_alone(house: SessionsHouse) -> None:
    async with house.worker() as worker:
        session_id = await claimed(house, worker)
        async with watching(house, session_id) as watcher:
            await watcher.until(lambda w: w.told)
            update = partial(0, "Hello")
            update.forms.add(form_id="note", action=pb.FORM_ACTION_SUBMITTED)
            await publish(house, worker, session_id, update)
            await watcher.until(lambda w: w.told[-1].partial.text == "Hello")
            assert not forms_of(watcher)


async def test_more_events_than_one_look_has_come_each_once_and_in_order(house: SessionsHouse) -> None:
    async with house.worker() as worker:
        session_id = await claimed(house, worker)
        for start in (1, 101, 201):
            await worker.tell(session_id, *(turn(number, f"{number}") for number in range(start, start + 100)))
        async with watching(house, session_id) as watcher:
            await watcher.until(lambda w: len(w.texts) == 300)
            await worker.tell(session_id, *(turn(number, f"{number}") for number in range(301, 351)))
            await watcher.until(lambda w: len(w.texts) == 350)
        assert watcher.texts == [f"{number}" for number in range(1, 351)]


async def test_a_call_ended_by_api_is_told_to_the_end_when_its_worker_has_said_its_last(house: SessionsHouse) -> None:
    async with house.worker() as worker:
        started = await house.begin()
        session_id = started.session.session_id
        async with house.join(started), watching(house, session_id) as watcher:
            await watcher.until(lambda w: w.told and w.told[-1].state.status == pb.SESSION_STATUS_ACTIVE)
            # A worker that has not taken the call yet has no last word.
            await until_claimed(worker, session_id)
            await house.end(session_id)
            await watcher.until(lambda w: w.told[-1].state.status == pb.SESSION_STATUS_ENDED)
            late = pb.SessionEvent(sequence=2, end=pb.EndEvent(reason=pb.END_REASON_ENDED_BY_API))
            await worker.tell(session_id, turn(1, "And th"), late)
            await watcher.until(lambda w: w.is_over)
        assert watcher.texts == ["And th"]


async def test_a_worker_that_says_no_last_word_is_not_waited_for(house: SessionsHouse) -> None:
    async with house.worker() as worker:
        started = await house.begin()
        async with house.join(started), watching(house, started.session.session_id) as watcher:
            await watcher.until(lambda w: w.told and w.told[-1].state.status == pb.SESSION_STATUS_ACTIVE)
            await until_claimed(worker, started.session.session_id)
            await house.end(started.session.session_id)
            await watcher.until(lambda w: w.is_over)


async def test_what_was_told_at_one_process_is_heard_at_another(house: SessionsHouse) -> None:
    listen = f"127.0.0.1:{pick_ports(1)[0]}"
    twin = house.settings.model_copy(update={"listen": listen, "ops_listen": "127.0.0.1:0"})
    async with running(twin), house.worker() as worker:
        session_id = await claimed(house, worker)
        async with watching(house, session_id, address=listen) as watcher:
            await watcher.until(lambda w: w.told)
            began = asyncio.get_running_loop().time()
            await worker.tell(session_id, turn(1, "Over there."))
            await watcher.until(lambda w: w.texts == ["Over there."])
            assert asyncio.get_running_loop().time() - began < 1.0
            await publish(house, worker, session_id, partial(1, "And"))
            await watcher.until(lambda w: w.told[-1].partial.text == "And")


@pytest.mark.own_stack("stops or empties Redis")
async def test_redis_away_and_empty_again_loses_no_final_event(house: SessionsHouse, redis_server: RedisServer) -> None:
    async with house.worker() as worker:
        session_id = await claimed(house, worker)
        async with watching(house, session_id) as watcher:
            await watcher.until(lambda w: w.told)
            redis_server.stop()
            try:
                await worker.tell(session_id, turn(1, "Nobody carries this."))
                await watcher.until(lambda w: w.texts == ["Nobody carries this."])
                await refusal(publish(house, worker, session_id, partial(1, "x")), Code.UPSTREAM_UNAVAILABLE)
                async with watching(house, session_id) as second:
                    await second.until(lambda w: w.texts == ["Nobody carries this."])
            finally:
                redis_server.start()

            async def heard() -> bool:
                await publish(house, worker, session_id, partial(1, "Back"))
                return bool(watcher.told[-1].partial.text == "Back")

            await until(heard)
            await worker.tell(session_id, turn(2, "Back again."))
            await watcher.until(lambda w: w.texts == ["Nobody carries this.", "Back again."])
        assert watcher.error is None


@pytest.mark.own_stack("stops the sessions service")
async def test_a_restart_of_the_service_ends_a_stream_at_once_and_the_next_goes_on(house: SessionsHouse) -> None:
    async with house.worker() as worker:
        session_id = await claimed(house, worker)
        async with watching(house, session_id) as watcher:
            await worker.tell(session_id, turn(1, "One."))
            await watcher.until(lambda w: w.texts == ["One."])
            await house.stop()
            await watcher.until(lambda w: w.error is not None)
            assert watcher.error is not None
            assert watcher.error.code is Code.UPSTREAM_UNAVAILABLE
        await house.start()

        async def told() -> bool:
            with contextlib.suppress(CallboxError):
                return await worker.tell(session_id, turn(2, "Two.")) == 2
            return False

        await until(told)
        async with watching(house, session_id, after=watcher.told[-1].sequence) as again:
            await again.until(lambda w: w.texts == ["Two."])


async def test_who_may_watch_and_who_may_tell(make_house: MakeHouse) -> None:
    house = await make_house(streams_per_tenant=2)
    callers = house.callers
    async with house.worker() as worker:
        session_id = await claimed(house, worker)
        for identity, code in (
            (callers.user(77, "ten_other"), Code.NOT_FOUND),
            (callers.visitor("https://shop.example"), Code.NOT_AUTHENTICATED),
            (callers.service("agent"), Code.NOT_AUTHENTICATED),
        ):
            async with watching(house, session_id, identity=identity) as watcher:
                await watcher.until(lambda w: w.error)
                assert watcher.error is not None
                assert watcher.error.code is code
        for unknown in ("sess_unknown", "", "\0", "x" * 500):
            async with watching(house, unknown) as watcher:
                await watcher.until(lambda w: w.error)
                assert watcher.error is not None
                assert watcher.error.code is Code.NOT_FOUND
        async with watching(house, session_id) as one, watching(house, session_id) as two:
            await one.until(lambda w: w.told)
            await two.until(lambda w: w.told)
            async with watching(house, session_id) as three:
                await three.until(lambda w: w.error)
                assert three.error is not None
                assert three.error.code is Code.RATE_LIMITED
                assert three.error.retry_after_seconds
        async with watching(house, session_id) as freed:
            await freed.until(lambda w: w.told or w.error)
            assert freed.error is None

        async with connect(house.settings.listen) as channel, house.worker() as other:
            method = live_pb2_grpc.LiveServiceStub(channel).PublishLive
            request = live_pb2.PublishLiveRequest(session_id=session_id, worker_id=other.worker_id)
            await refusal(call(method, request, identity=callers.service("agent")), Code.SESSION_TAKEN)
            await refusal(call(method, request, identity=house.user), Code.PERMISSION_DENIED)
