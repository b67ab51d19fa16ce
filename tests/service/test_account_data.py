"""Contract 14.2 (own): every table of a service is deleted and exported with the tenant it belongs to."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from callbox.accounts.v1 import user_data_pb2 as accounts_pb
from callbox.accounts.v1.user_data_pb2_grpc import UserDataServiceStub as AccountsData
from callbox.characters.v1 import user_data_pb2 as characters_pb
from callbox.characters.v1.user_data_pb2_grpc import UserDataServiceStub as CharactersData
from callbox.sessions.v1 import forms_pb2, forms_pb2_grpc, user_data_pb2_grpc, webhooks_pb2, webhooks_pb2_grpc
from callbox.sessions.v1 import user_data_pb2 as sessions_pb
from google.protobuf import json_format

from services.accounts import account_data as accounts_data
from services.characters.account_data import holdings as characters_data
from services.kit.account_data import Holding
from services.kit.errors import Code
from services.kit.rpc.client import call, connect
from services.sessions.account_data import tables as sessions_data
from tests.fixtures.characters import Owner
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    import grpc
    from callbox.characters.v1.characters_pb2_grpc import CharactersServiceAsyncStub

    from tests.fixtures.identities import Callers
    from tests.fixtures.sessions import SessionsHouse

# Of the installation, of nobody in it.
_COMMON = {
    "accounts": {"schema_version", "signing_keys"},
    "characters": {"schema_version"},
    "sessions": {"schema_version", "webhook_sources"},
}
# Never shown, and deleted with their user.
_UNSHOWN = {"accounts": {"refresh_families"}}


@pytest.mark.parametrize(
    ("schema", "holdings"),
    [
        ("accounts", accounts_data.HOLDINGS),
        ("characters", characters_data.HOLDINGS),
        ("sessions", sessions_data.HOLDINGS),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_every_table_is_held(database_url: str, schema: str, holdings: tuple[Holding, ...]) -> None:
    connection = await asyncpg.connect(database_url)
    tables = {
        row["table_name"]
        for row in await connection.fetch(
            "select table_name from information_schema.tables where table_schema = $1 and table_type = 'BASE TABLE'",
            schema,
        )
        if not row["table_name"].startswith("pgqueuer")
    }
    expected = tables - _COMMON[schema] - _UNSHOWN.get(schema, set())
    missing = expected - {holding.table for holding in holdings}
    assert not missing, f"add a Holding for {missing} to the HOLDINGS of {schema}, or say here that it is nobody's"
    assert {holding.table for holding in holdings} <= tables
    for holding in holdings:
        columns = {
            row["column_name"]
            for row in await connection.fetch(
                "select column_name from information_schema.columns where table_schema = $1 and table_name = $2",
                schema,
                holding.table,
            )
        }
        assert holding.hidden <= columns, holding.table
        unique = await connection.fetch(
            """select array_agg(a.attname::text) as columns from pg_index i
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
            where i.indrelid = $1::text::regclass and i.indisunique and i.indpred is null group by i.indexrelid""",
            f"{schema}.{holding.table}",
        )
        assert set(holding.key) in [set(row["columns"]) for row in unique], f"{holding.table} has no such key"
        if holding.goes_with:
            cascades = await connection.fetchval(
                """select count(*) from pg_constraint where contype = 'f' and confdeltype = 'c'
                and conrelid = $1::text::regclass and confrelid = $2::text::regclass""",
                f"{schema}.{holding.table}",
                f"{schema}.{holding.goes_with}",
            )
            assert cascades, f"{holding.table} stays when {holding.goes_with} goes"
    await connection.close()


async def test_all_that_sessions_holds_of_a_tenant_is_taken_along_and_goes(house: SessionsHouse) -> None:
    """Contract 14.2 (own): calls, answers to forms, webhooks and keys; no secret is shown, others keep theirs."""
    form = {"id": "note", "title": "Note", "fields": [{"name": "text", "type": "text"}]}
    await house.owner.patch(widget_appearance={"forms": [form]})
    async with connect(house.settings.listen) as channel, house.worker():
        hooks = webhooks_pb2_grpc.WebhooksServiceStub(channel)
        new_hook = webhooks_pb2.CreateWebhookRequest(url="https://hooks.invalid/", is_active=True)
        made = await call(hooks.CreateWebhook, new_hook, identity=house.user)
        await call(hooks.RotateWebhookSecret, webhooks_pb2.RotateWebhookSecretRequest(id=made.id), identity=house.user)
        await call(hooks.CreateWebhook, new_hook, identity=house.callers.user(98, "ten_other"))
        session_id = (await house.begin(idempotency_key="start-key")).session.session_id
        answer = forms_pb2.SubmitFormRequest(
            agent="support-bot", form_id="note", session_id=session_id, idempotency_key="form-key"
        )
        answer.values.update({"text": "mine"})
        await call(forms_pb2_grpc.FormResponsesServiceStub(channel).SubmitForm, answer, identity=house.user)
        await house.end(session_id)
        full = await rows_of(house.settings.database_url)
        assert set(full) >= {
            "sessions", "totals", "start_keys", "form_responses",
            "webhook_endpoints", "webhook_messages", "webhook_deliveries",
        }  # fmt: skip

        stub, token, found = user_data_pb2_grpc.UserDataServiceStub(channel), "", dict[str, list[Any]]()
        while True:
            request = sessions_pb.ExportUserDataRequest(page_token=token)
            page = await call(stub.ExportUserData, request, identity=house.user)
            found.setdefault(page.collection, []).extend(json_format.MessageToDict(item) for item in page.items)
            token = page.next_page_token
            if not token:
                break
        assert {name: len(items) for name, items in found.items()} == {
            "sessions": 1, "turns": 0, "events": 0, "form_responses": 1,
            "webhook_endpoints": 1, "webhook_messages": 2, "webhook_deliveries": 2,
        }  # fmt: skip
        assert found["form_responses"][0]["body"] == {"text": "mine"}
        assert found["webhook_endpoints"][0]["url"] == "https://hooks.invalid/"
        for collection, hidden in (("webhook_endpoints", "secret"), ("form_responses", "idempotency_key")):
            assert not [name for name in found[collection][0] if hidden in name and name != "previous_secret_until"]

        done = False
        while not done:
            done = (await call(stub.DeleteUserData, sessions_pb.DeleteUserDataRequest(), identity=house.user)).done
        assert await rows_of(house.settings.database_url) == {"webhook_endpoints": 1}


@pytest.mark.parametrize(
    ("schema", "holdings"),
    [("accounts", accounts_data.HOLDINGS), ("sessions", sessions_data.HOLDINGS)],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_the_rows_of_a_tenant_are_found_by_an_index(
    database_url: str, schema: str, holdings: tuple[Holding, ...]
) -> None:
    connection = await asyncpg.connect(database_url, server_settings={"search_path": schema})
    # Then a whole table is read only where there is no other way.
    await connection.execute("set enable_seqscan = off")
    for holding in holdings:
        plan = await connection.fetch(f"explain select 1 from {holding.table} where {holding.where}", "ten_x")
        text = "\n".join(row[0] for row in plan)
        assert "Seq Scan" not in text, text
    await connection.close()


async def rows_of(database_url: str) -> dict[str, int]:
    """How many rows the tables of sessions have, those of nobody and empty ones left out."""
    connection = await asyncpg.connect(database_url)
    tables = await connection.fetch(
        "select table_name from information_schema.tables where table_schema = 'sessions' and table_type = 'BASE TABLE'"
    )
    names = {row["table_name"] for row in tables} - _COMMON["sessions"]
    counts = {name: await connection.fetchval(f"select count(*) from sessions.{name}") for name in names}
    await connection.close()
    return {name: count for name, count in counts.items() if count}


def token_of(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


_AFTER: tuple[Any, ...] = ("text", 2**70, 1.5, None, [], "nul\x00")


@pytest.mark.parametrize(
    "token",
    [
        *("!", "x" * 100, token_of(), token_of(-1), token_of(99), token_of("a"), token_of(None), token_of(True)),
        *(token_of(1, after) for after in _AFTER),
        *(token_of(0, 1, 2, 3), token_of(0, "chr_x", 2**40), token_of(0, 5, 5)),
    ],
)
async def test_a_page_token_that_no_page_gave_out_is_refused(
    characters_channel: grpc.aio.Channel, callers: Callers, token: str
) -> None:
    stub = CharactersData(characters_channel)
    request = characters_pb.ExportUserDataRequest(page_token=token)
    error = await refusal(call(stub.ExportUserData, request, identity=callers.user()), Code.INVALID_REQUEST)
    assert "token" in error.message


async def test_a_big_export_comes_in_pages(
    characters_channel: grpc.aio.Channel, characters: CharactersServiceAsyncStub, callers: Callers
) -> None:
    owner = Owner(characters, callers.user())
    for number in range(6):
        await owner.create(f"bot-{number}", system_prompt="p" * 60_000, description=f"{number}" * 400)
        for change in range(5):
            await owner.patch(f"bot-{number}", greeting=f"Hello {change}!")
    stub, token, pages = CharactersData(characters_channel), "", []
    while True:
        request = characters_pb.ExportUserDataRequest(page_token=token)
        page = await call(stub.ExportUserData, request, identity=owner.token)
        pages.append(page)
        token = page.next_page_token
        if not token:
            break
    versions = [item for page in pages if page.collection == "versions" for item in page.items]
    assert len({(item["character_id"], item["version"]) for item in versions}) == len(versions) == 36
    assert len(pages) > 2
    assert all(page.ByteSize() < 2_000_000 for page in pages)
    assert [len(page.items) for page in pages if page.collection == "characters"] == [6]


async def test_data_is_that_of_the_user_who_asks(
    accounts_channel: grpc.aio.Channel, characters_channel: grpc.aio.Channel, callers: Callers
) -> None:
    for stub, messages in (
        (AccountsData(accounts_channel), accounts_pb),
        (CharactersData(characters_channel), characters_pb),
    ):
        asked: Any = stub
        for token in (callers.visitor("https://acme.com"), callers.service("gateway")):
            for attempt in (
                call(asked.ExportUserData, messages.ExportUserDataRequest(), identity=token),
                call(asked.DeleteUserData, messages.DeleteUserDataRequest(), identity=token),
            ):
                await refusal(attempt, Code.NOT_AUTHENTICATED)


@pytest.mark.own_stack("reads and writes rows")
async def test_a_user_is_deleted_only_after_it_was_begun(
    accounts_channel: grpc.aio.Channel, callers: Callers, database_url: str
) -> None:
    """An identity alone, an API key's among them, deletes nobody."""
    from callbox.accounts.v1 import accounts_pb2
    from callbox.accounts.v1.accounts_pb2_grpc import AccountsServiceStub

    request = accounts_pb2.SignUpRequest(email="ada@callbox.local", password="correct horse battery")
    made = await call(AccountsServiceStub(accounts_channel).SignUp, request)
    token = callers.user(made.user.id, made.user.tenant_id)
    await call(AccountsData(accounts_channel).DeleteUserData, accounts_pb.DeleteUserDataRequest(), identity=token)
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("select count(*) from accounts.users") == 1
    await connection.close()
