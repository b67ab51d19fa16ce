"""Contract 5.5, 14.5, 14.6, 14.12: answers to forms over gRPC, on real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import math
from contextlib import asynccontextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
import pytest_asyncio
from callbox.characters.v1 import appearance_pb2, appearance_pb2_grpc
from callbox.sessions.v1 import forms_pb2 as pb
from callbox.sessions.v1 import forms_pb2_grpc, sessions_pb2, webhooks_pb2, webhooks_pb2_grpc
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from services.agent.call.form_storage import FormStorage
from services.agent.tools.forms.filling import Filling
from services.agent.tools.forms.form import forms_of
from services.kit import database
from services.kit.errors import CallboxError, Code
from services.kit.identity import Signer
from services.kit.rpc.client import call, connect
from services.kit.structs import to_struct
from services.sessions.adapters.database import SCHEMA, Connection, Database
from services.sessions.forms import store
from services.sessions.forms.store import FormStore, NewResponse, ResponseFilter, StoredResponse, submitted
from tests.fixtures.post import verified
from tests.fixtures.refusals import refusal
from tests.fixtures.sessions import ORIGIN, SessionsHouse, until
from tests.fixtures.wire import listening, say

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from callbox.sessions.v1.forms_pb2_grpc import FormResponsesServiceAsyncStub

    from services.kit.database import Pool
    from tests.fixtures.postgres import PostgresServer
    from tests.fixtures.redis import RedisServer
    from tests.fixtures.sessions import MakeHouse

_NOTE = {"id": "note", "title": "Note", "fields": [{"name": "text", "type": "textarea", "required": True}]}


class Desk:
    """The stub of form responses in a house whose character has a form."""

    def __init__(self, house: SessionsHouse, stub: FormResponsesServiceAsyncStub) -> None:
        self.house, self.stub = house, stub

    async def submit(self, values: dict[str, Any], *, identity: str = "", **more: Any) -> pb.SubmitFormResponse:
        request = pb.SubmitFormRequest(**{"agent": "support-bot", "form_id": "note", **more}, values=to_struct(values))
        return await call(self.stub.SubmitForm, request, identity=identity or self.house.callers.visitor(ORIGIN))

    async def listed(self, *, identity: str = "", **more: Any) -> pb.ListFormResponsesResponse:
        request = pb.ListFormResponsesRequest(filter=pb.FormResponseFilter(agent="support-bot"), **more)
        return await call(self.stub.ListFormResponses, request, identity=identity or self.house.user)

    async def of_sessions(self, *session_ids: str, identity: str = "") -> list[pb.FormResponse]:
        request = pb.ListSessionFormResponsesRequest(session_ids=session_ids)
        answer = await call(self.stub.ListSessionFormResponses, request, identity=identity or self.house.user)
        return list(answer.responses)


@pytest_asyncio.fixture
async def desk(house: SessionsHouse) -> AsyncIterator[Desk]:
    await house.owner.patch(widget_appearance={"forms": [_NOTE]})
    async with connect(house.settings.listen) as channel:
        yield Desk(house, forms_pb2_grpc.FormResponsesServiceStub(channel))


@asynccontextmanager
async def schema_of(house: SessionsHouse) -> AsyncIterator[Pool]:
    """The schema of sessions, seen from beside."""
    async with await database.open_pool(house.settings.database_url, SCHEMA) as pool:
        yield pool


@pytest_asyncio.fixture
async def pool(house: SessionsHouse) -> AsyncIterator[Pool]:
    """The schema of sessions, seen from beside."""
    async with schema_of(house) as pool:
        yield pool


def new(number: int = 0, **differing: Any) -> NewResponse:
    values: dict[str, Any] = {
        "tenant_id": "ten_x",
        "character_id": "chr_x",
        "character_slug": "x",
        "form_id": "note",
        "session_id": None,
        "body": {"text": str(number)},
        "field_names": ("text",),
        "idempotency_key": None,
        "digest": None,
    }
    return NewResponse(**values | differing)


async def test_who_may_read(desk: Desk) -> None:
    """Contract 5.5 and 14.5: staff everything, the owner one's own, others nothing; a visitor must sign in."""
    stored = (await desk.submit({"text": "hi"})).response
    callers = desk.house.callers
    staff = callers.user(99, "ten_staff", is_staff=True)
    stranger = callers.user(98, "ten_other")
    for identity in (desk.house.user, staff, callers.user(5, desk.house.tenant_id, by_key=True)):
        assert list((await desk.listed(identity=identity)).responses) == [stored]
    await refusal(desk.listed(identity=stranger), Code.NOT_FOUND)
    for identity in (callers.visitor(ORIGIN), callers.service("agent")):
        await refusal(desk.listed(identity=identity), Code.NOT_AUTHENTICATED)
        await refusal(desk.of_sessions("sess_x", identity=identity), Code.NOT_AUTHENTICATED)
    await refusal(desk.submit({"text": "hi"}, identity=callers.service("agent")), Code.PERMISSION_DENIED)
    await refusal(
        desk.submit({"text": "hi"}, identity=callers.visitor("https://other.example")), Code.ORIGIN_NOT_ALLOWED
    )
    await refusal(desk.submit({"text": "hi"}, identity=stranger), Code.NOT_FOUND)


async def test_the_agent_of_a_call_stores_an_answer_for_that_call_once(desk: Desk) -> None:
    """Contract 5.4: a form that was filled by voice alone is stored as that of a page, validated by the form of now."""
    async with desk.house.worker():
        session_id = (await desk.house.begin()).session.session_id
    async with connect(desk.house.settings.listen) as channel:
        (form,) = forms_of({"widget_appearance": {"forms": [_NOTE]}})
        character_id = (await desk.house.read(session_id)).character_id
        storage = FormStorage(channel, Signer(desk.house.settings.keys_dir, "agent"), session_id, character_id)
        filling = Filling(form, 1, 0.0)
        filling.set("text", "by voice", 0.0)
        assert [await storage(filling, "key.1") for _ in range(2)] == [None, None]
        (stored,) = await desk.of_sessions(session_id)
        assert stored.values == to_struct({"text": "by voice"})
        # A character that took the call over has forms of its own; a visitor's page may not name a foreign call.
        colleague = await desk.house.owner.create("colleague", widget_appearance={"forms": [_NOTE]})
        signer = Signer(desk.house.settings.keys_dir, "agent")
        assert await FormStorage(channel, signer, session_id, colleague.id)(filling, "key.1") is None
        assert len(await desk.of_sessions(session_id)) == 2
        by_owner = desk.submit({"text": "a"}, agent="colleague", session_id=session_id, identity=desk.house.user)
        await refusal(by_owner, Code.VALIDATION_FAILED)
        # The form is changed in the console while the call goes on.
        changed = [{"name": "rating", "type": "number", "required": True}]
        await desk.house.owner.patch(widget_appearance={"forms": [{**_NOTE, "fields": changed}]})
        refused = await storage(filling, "key.2")
        assert refused is not None
        assert "has been changed since this call began" in refused.message
        assert refused.errors == {"text": "is not a field of this form; leave it out", "rating": "is required"}
        await desk.house.owner.patch(widget_appearance={"forms": []})
        gone = await storage(filling, "key.3")
        assert gone is not None
        assert (gone.code, gone.errors) == ("not_found", {})
    assert len(await desk.of_sessions(session_id)) == 2


@pytest.mark.own_stack("restarts sessions")
async def test_an_answer_is_stored_once_although_sessions_restarts_meanwhile(desk: Desk) -> None:
    async with desk.house.worker():
        session_id = (await desk.house.begin()).session.session_id
    character_id = (await desk.house.read(session_id)).character_id
    (form,) = forms_of({"widget_appearance": {"forms": [_NOTE]}})
    filling = Filling(form, 1, 0.0)
    filling.set("text", "by voice", 0.0)
    async with connect(desk.house.settings.listen) as channel:
        storage = FormStorage(channel, Signer(desk.house.settings.keys_dir, "agent"), session_id, character_id)
        await desk.house.stop()
        async with asyncio.TaskGroup() as tasks:
            stored = tasks.create_task(storage(filling, "key.1"))
            await asyncio.sleep(1.0)
            await desk.house.start()
        assert stored.result() is None
        (found,) = await desk.of_sessions(session_id)
        assert found.values == to_struct({"text": "by voice"})
        await desk.house.stop()
        refused = await storage(filling, "key.2")
        assert refused is not None
        assert refused.code == "upstream_unavailable"


async def test_the_answers_of_calls_are_read_together(desk: Desk) -> None:
    """Contract 10 (own): what was filled in during a call, oldest first, for its history."""
    async with desk.house.worker(slots=9):
        first, second = [(await desk.house.begin()).session.session_id for _ in range(2)]
    told = [(await desk.submit({"text": str(n)}, session_id=(first, second)[n % 2])).response for n in range(4)]
    await desk.submit({"text": "outside of calls"})
    assert await desk.of_sessions(first) == told[::2]
    assert await desk.of_sessions(second, first, "sess_unknown", "\0", "x" * 9999) == told
    assert await desk.of_sessions() == []
    assert await desk.of_sessions(first, identity=desk.house.callers.user(9, "ten_other")) == []
    assert len(await desk.of_sessions(first, identity=desk.house.callers.user(9, "ten_s", is_staff=True))) == 2
    await refusal(desk.of_sessions(*["sess_x"] * 201), Code.VALIDATION_FAILED)


async def test_an_idempotency_key_lives_for_a_day(desk: Desk, pool: Pool) -> None:
    """Contract 14.6, 14.12: `Idempotency-Key` is honoured for 24 hours, then free."""
    first = await desk.submit({"text": "a"}, idempotency_key="k")
    assert (await desk.submit({"text": "a"}, idempotency_key="k")).replayed
    await refusal(desk.submit({"text": "b"}, idempotency_key="k"), Code.CONFLICT)
    await pool.execute("update form_responses set create_time = create_time - interval '23 hours'")
    assert (await desk.submit({"text": "a"}, idempotency_key="k")).replayed
    await pool.execute("update form_responses set create_time = create_time - interval '2 hours'")
    again = await desk.submit({"text": "b"}, idempotency_key="k")
    assert not again.replayed
    assert again.response.id != first.response.id
    assert (await desk.listed()).total_size == 2


async def test_of_the_same_answers_at_once_one_is_stored(desk: Desk) -> None:
    """Contract 14.6: the same key and answer, sent together."""
    answers = await asyncio.gather(*(desk.submit({"text": "a"}, idempotency_key="k") for _ in range(12)))
    assert len({answer.response.id for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    outcomes = await asyncio.gather(
        *(desk.submit({"text": str(n)}, idempotency_key="other") for n in range(6)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, CallboxError)]
    assert (len(refused), {error.code for error in refused}) == (5, {Code.CONFLICT})


async def test_whoever_is_told_of_an_answer_stands_or_falls_with_it(pool: Pool) -> None:
    """Contract 14.11: what is sent of an answer is written in the transaction that stores it."""
    told: list[StoredResponse] = []

    async def listen(connection: Connection, stored: StoredResponse) -> None:
        await connection.execute("create table told (id bigint)")
        await connection.execute("insert into told values ($1)", stored.id)
        told.append(stored)

    async def fail(connection: Connection, stored: StoredResponse) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await FormStore(Database(pool), [listen, fail]).add(new(idempotency_key="k", digest=b"x"))
    assert len(told) == 1
    assert await pool.fetchval("select count(*) from form_responses") == 0
    assert await pool.fetchval("select to_regclass('told')") is None
    kept = await FormStore(Database(pool), [listen]).add(new(idempotency_key="k", digest=b"x"))
    assert kept == told[1]
    data = submitted(kept)
    assert json.loads(json.dumps(data)) == data
    assert (data["form_id"], data["character_slug"], data["values"]) == ("note", "x", {"text": "0"})
    assert await pool.fetchval("select id from told") == kept.id


async def test_an_answer_is_told_to_webhooks_or_is_not_stored(make_house: MakeHouse) -> None:
    """Contract 14.11: `form.submitted`, once for each answer and in the transaction that stores it."""
    house = await make_house(outbound_allow="127.0.0.0/8", webhook_poll_seconds=0.1)
    await house.owner.patch(widget_appearance={"forms": [_NOTE]})
    async with (
        connect(house.settings.listen) as channel,
        listening(say) as wire,
        house.worker(),
        schema_of(house) as pool,
    ):
        desk = Desk(house, forms_pb2_grpc.FormResponsesServiceStub(channel))
        hooks = webhooks_pb2_grpc.WebhooksServiceStub(channel)
        request = webhooks_pb2.CreateWebhookRequest(
            url=f"http://127.0.0.1:{wire.port}/", events=["form.submitted"], is_active=True
        )
        webhook = await call(hooks.CreateWebhook, request, identity=house.user)
        session_id = (await house.begin()).session.session_id
        stored = (await desk.submit({"text": "hi"}, session_id=session_id, idempotency_key="k")).response
        assert (await desk.submit({"text": "hi"}, session_id=session_id, idempotency_key="k")).replayed
        await refusal(desk.submit({"text": ""}), Code.VALIDATION_FAILED)

        # It fails when all is written, at the commit.
        await pool.execute(
            "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$"
        )
        await pool.execute(
            "create constraint trigger refused after insert on form_responses deferrable initially deferred "
            "for each row execute function refuse()"
        )
        with pytest.raises(CallboxError):
            await desk.submit({"text": "lost"})
        await pool.execute("drop trigger refused on form_responses")
        assert await pool.fetchval("select count(*) from webhook_messages") == 1
        last = (await desk.submit({"text": "again"})).response

        async def both() -> bool:
            return len(wire.requests) >= 2

        await until(both)
        messages = sorted((verified(asked, webhook.secret) for asked in wire.requests), key=lambda m: m["data"]["id"])
        assert [message["type"] for message in messages] == ["form.submitted"] * 2
        assert messages[0]["data"] == {
            "id": stored.id,
            "character_slug": "support-bot",
            "form_id": "note",
            "session_id": session_id,
            "values": {"text": "hi"},
            "created_at": stored.create_time.ToDatetime(UTC).isoformat().replace("+00:00", "Z"),
        }
        assert (messages[1]["data"]["id"], messages[1]["data"]["session_id"]) == (last.id, None)


async def test_the_history_of_a_call_has_its_answers(desk: Desk) -> None:
    """Contract 10 (own): answers to forms stand in the detail of their call, and in no list."""
    async with desk.house.worker(slots=9):
        first, second = [(await desk.house.begin()).session.session_id for _ in range(2)]
    told = [(await desk.submit({"text": str(n)}, session_id=first)).response for n in range(3)]
    await desk.submit({"text": "elsewhere"})
    assert list((await desk.house.read(first)).form_responses) == told
    assert not (await desk.house.read(second)).form_responses
    request = sessions_pb2.ListSessionsRequest(view=sessions_pb2.SESSION_VIEW_FULL)
    listed = await call(desk.house.sessions.ListSessions, request, identity=desk.house.user)
    assert [len(session.form_responses) for session in listed.sessions] == [0, 0]


async def test_pages_follow_one_another(desk: Desk) -> None:
    """Contract 14.6: newest first; a token goes on where the page before ended, whatever was added since."""
    ids = [(await desk.submit({"text": str(n)})).response.id for n in range(5)][::-1]
    first = await desk.listed(page_size=2)
    assert ([response.id for response in first.responses], first.total_size) == (ids[:2], 5)
    await desk.submit({"text": "later"})
    second = await desk.listed(page_size=2, page_token=first.next_page_token)
    assert [response.id for response in second.responses] == ids[2:4]
    third = await desk.listed(page_size=2, page_token=second.next_page_token)
    assert ([response.id for response in third.responses], third.next_page_token) == (ids[4:], "")
    assert [response.id for response in (await desk.listed(page_size=2, skip=4)).responses] == ids[3:]


async def test_nonsense_is_refused_and_never_an_internal_fault(desk: Desk) -> None:
    """Contract 14.1: what protobuf allows and JSON or PostgreSQL does not."""
    deep = Value(string_value="x")
    for _ in range(40):
        deep = Value(list_value=ListValue(values=[deep]))
    for value in (
        Value(number_value=math.nan),
        Value(number_value=math.inf),
        Value(string_value="a\0b"),
        Value(),
        Value(struct_value=Struct()),
        deep,
    ):
        request = pb.SubmitFormRequest(agent="support-bot", form_id="note", values=Struct(fields={"text": value}))
        await refusal(
            call(desk.stub.SubmitForm, request, identity=desk.house.callers.visitor(ORIGIN)), Code.VALIDATION_FAILED
        )
    await refusal(desk.submit({"a\0b": 1}), Code.VALIDATION_FAILED)
    await refusal(desk.submit({"text": "x"}, session_id="\0"), Code.VALIDATION_FAILED)
    await refusal(desk.submit({"text": "x"}, session_id="sess_" + "x" * 100_000), Code.VALIDATION_FAILED)
    await refusal(desk.submit({"text": "x"}, idempotency_key="\n"), Code.VALIDATION_FAILED)
    for more in ({"agent": "\0"}, {"agent": ""}, {"form_id": "\0"}, {"form_id": ""}, {"form_id": "x" * 10_000}):
        await refusal(desk.submit({"text": "x"}, **more), Code.NOT_FOUND)
    await refusal(desk.listed(page_size=-1), Code.VALIDATION_FAILED)
    await refusal(desk.listed(skip=-1), Code.VALIDATION_FAILED)
    await refusal(desk.listed(page_token="nonsense"), Code.INVALID_REQUEST)
    for asked in (pb.FormResponseFilter(), pb.FormResponseFilter(agent="\0")):
        request_list = pb.ListFormResponsesRequest(filter=asked)
        await refusal(call(desk.stub.ListFormResponses, request_list, identity=desk.house.user), Code.NOT_FOUND)
    none = pb.FormResponseFilter(agent="support-bot", form_id="\0", session_id="\0")
    listed = await call(desk.stub.ListFormResponses, pb.ListFormResponsesRequest(filter=none), identity=desk.house.user)
    assert listed == pb.ListFormResponsesResponse()
    columns = await call(desk.stub.ListFormColumns, pb.ListFormColumnsRequest(filter=none), identity=desk.house.user)
    assert list(columns.names) == []


async def test_answers_have_a_largest_size(desk: Desk) -> None:
    """Contract 14.12: beyond 131,072 bytes all values together are refused."""
    fields = [{"name": f"f{n}", "type": "textarea"} for n in range(20)]
    await desk.house.owner.patch(widget_appearance={"forms": [{**_NOTE, "fields": fields}]})
    error = await refusal(desk.submit({f"f{n}": "x" * 10_000 for n in range(20)}), Code.VALIDATION_FAILED)
    assert list(error.fields) == ["values"]
    assert (await desk.submit({f"f{n}": "x" * 10_000 for n in range(12)})).response.id


async def test_no_list_reads_the_whole_table(pool: Pool) -> None:
    """The queries of lists go by an index, each filter by its own."""
    await pool.execute(
        "insert into form_responses (tenant_id, character_id, character_slug, form_id, session_id, body, field_names) "
        "select 'ten_' || n % 50, 'chr_' || n % 50, 'a', 'form' || n % 7, 'sess_' || n % 5000, '{}', array['text'] "
        "from generate_series(1, 40000) n"
    )
    await pool.execute("analyze form_responses")
    plans: list[str] = []
    wanted = (
        ResponseFilter("chr_7"),
        ResponseFilter("chr_7", "form3"),
        ResponseFilter("chr_7", "form3", "sess_7"),
        ResponseFilter("chr_7", "", "sess_7"),
    )
    async with pool.acquire() as connection:
        for one in wanted:
            for statement, arguments in (
                store.page(one, 99_999_999, 0, 51),
                store.count(one),
                store.field_names(one),
                (store.OF_SESSIONS, [["sess_1", "sess_2"], None, store.MAX_OF_SESSIONS]),
                ("delete from form_responses where tenant_id = $1", ["ten_1"]),
            ):
                plan = await connection.fetch(f"explain {statement}", *arguments)
                plans.append("\n".join(row[0] for row in plan))
    assert not [plan for plan in plans if "Seq Scan" in plan]
    assert await FormStore(Database(pool)).count(wanted[0]) == 800


@pytest.mark.own_stack("stops PostgreSQL")
async def test_a_database_that_is_gone_is_told_and_stores_nothing(desk: Desk, postgres_server: PostgresServer) -> None:
    """Contract 14.1: 503 with when to come back; nothing half written, and back by itself."""
    kept = (await desk.submit({"text": "before"})).response
    postgres_server.stop()
    try:
        error = await refusal(desk.submit({"text": "during"}), Code.UPSTREAM_UNAVAILABLE)
        assert error.retry_after_seconds
        await refusal(desk.listed(), Code.UPSTREAM_UNAVAILABLE)
    finally:
        postgres_server.start()
    assert list((await desk.listed()).responses) == [kept]
    assert (await desk.submit({"text": "after"})).response.id > kept.id


async def test_visitors_send_at_most_so_many(make_house: MakeHouse, redis_server: RedisServer) -> None:
    """Contract 14.1: 429 `rate_limited` with when to come back, by address and by character; never for the owner."""
    house = await make_house(form_rate_by_address="3 per 1 hour", form_rate_by_character="5 per 1 hour")
    await house.owner.patch(widget_appearance={"forms": [_NOTE]})
    async with connect(house.settings.listen) as channel:
        desk = Desk(house, forms_pb2_grpc.FormResponsesServiceStub(channel))
        for n in range(3):
            await desk.submit({"text": str(n)}, client_address=f"2001:db8::{n}")
        error = await refusal(desk.submit({"text": "x"}, client_address="2001:db8::9"), Code.RATE_LIMITED)
        assert error.retry_after_seconds
        for address in ("192.0.2.1", ""):
            await desk.submit({"text": "x"}, client_address=address)
        await refusal(desk.submit({"text": "x"}, client_address="192.0.2.2"), Code.RATE_LIMITED)
        assert (await desk.submit({"text": "x"}, identity=house.user, client_address="2001:db8::1")).response.id
        redis_server.stop()
        try:
            assert (await desk.submit({"text": "while Redis is away"})).response.id
        finally:
            redis_server.start()


async def test_the_schema_is_checked_by_the_database_too(pool: Pool) -> None:
    """Two answers of one character never share an idempotency key; those of two characters may."""
    forms = FormStore(Database(pool))
    assert await forms.add(new(idempotency_key="k", digest=b"1"))
    assert await forms.add(new(idempotency_key="k", digest=b"1")) is None
    assert await forms.add(new(idempotency_key="k", digest=b"1", character_id="chr_y"))
    with pytest.raises(asyncpg.UniqueViolationError):
        await pool.execute("update form_responses set character_id = 'chr_x'")


async def test_what_a_page_is_shown_of_a_character(house: SessionsHouse) -> None:
    """Contract 4 and 14.12: one document for each version, to visitors of listed pages, the owner and services."""
    async with connect(house.settings.characters_address) as channel:
        stub = appearance_pb2_grpc.AppearanceServiceStub(channel)

        async def read(identity: str, agent: str = "support-bot") -> appearance_pb2.Appearance:
            request = appearance_pb2.GetAppearanceRequest(agent=agent)
            return await call(stub.GetAppearance, request, identity=identity)

        first = await read(house.user)
        assert await read(house.callers.visitor(ORIGIN)) == first
        assert await read(house.callers.service("agent")) == first
        await house.owner.patch(widget_appearance={"name": "Shop"})
        second = await read(house.user)
        assert second.digest != first.digest
        await house.owner.patch(greeting="Another version, the same look")
        assert await read(house.user) == second
        await refusal(read(house.callers.visitor("https://other.example")), Code.ORIGIN_NOT_ALLOWED)
        await refusal(read(house.callers.visitor()), Code.ORIGIN_NOT_ALLOWED)
        await refusal(read(house.callers.user(7, "ten_other")), Code.NOT_FOUND)
        for agent in ("", "nobody", "\0", "x" * 10_000, "chr_unknown"):
            await refusal(read(house.user, agent), Code.NOT_FOUND)
        request = appearance_pb2.ResolveFormRequest(agent="support-bot", form_id="\0")
        await refusal(call(stub.ResolveForm, request, identity=house.user), Code.NOT_FOUND)
