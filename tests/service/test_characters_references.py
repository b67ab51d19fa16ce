"""Contract 14.5: handing over goes to characters of the same owner, and lists are searched and paged."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from callbox.characters.v1 import characters_pb2 as pb
from callbox.characters.v1.characters_pb2_grpc import CharactersServiceStub

from services.characters.app import running
from services.characters.settings import CharactersSettings
from services.kit.errors import Code
from services.kit.rpc.client import call, connect
from services.kit.settings import SettingsError
from tests.fixtures.characters import Owner
from tests.fixtures.refusals import refusal
from tests.fixtures.stopwatch import Stopwatch

if TYPE_CHECKING:
    from callbox.characters.v1.characters_pb2_grpc import CharactersServiceAsyncStub

    from tests.fixtures.identities import Callers


@pytest.fixture
def owner(characters: CharactersServiceAsyncStub, callers: Callers) -> Owner:
    return Owner(characters, callers.user())


@pytest.fixture
def stranger(characters: CharactersServiceAsyncStub, callers: Callers) -> Owner:
    return Owner(characters, callers.user(2, "ten_two"))


def to(*slugs: str) -> dict[str, Any]:
    return {"handoff_targets": [{"slug": slug} for slug in slugs]}


async def test_a_handoff_goes_to_a_character_of_the_same_owner(owner: Owner, stranger: Owner, callers: Callers) -> None:
    await owner.create("sales")
    await stranger.create("foreign")
    made = await owner.create(**to("sales"))
    for slugs, faulty in ((("sales", "foreign"), "1"), (("nobody",), "0")):
        for attempt in (owner.create("other", **to(*slugs)), owner.patch(**to(*slugs))):
            error = await refusal(attempt, Code.VALIDATION_FAILED)
            assert set(error.fields) == {f"handoff_targets.{faulty}.slug"}
    staff = Owner(owner.stub, callers.user(9, "ten_nine", is_staff=True))
    await refusal(staff.patch(**to("foreign")), Code.VALIDATION_FAILED)
    assert await owner.get() == made
    assert await owner.slugs() == ["support-bot", "sales"]


async def test_a_target_that_went_away_does_not_stand_in_the_way_of_other_changes(owner: Owner) -> None:
    await owner.create("sales")
    await owner.create(**to("sales"))
    await owner.delete("sales")
    changed = await owner.patch(greeting="Hi")
    assert changed.version == 2
    await owner.patch(handoff_targets=None)
    error = await refusal(owner.patch(**to("sales")), Code.VALIDATION_FAILED)
    assert set(error.fields) == {"handoff_targets.0.slug"}
    await refusal(owner.restore(1), Code.VALIDATION_FAILED)


async def test_lists_are_searched_by_slug_and_name_in_any_case(owner: Owner, stranger: Owner) -> None:
    for slug, name in (
        ("shop-bot", "Shop"),
        ("cust-42-bot", "Kundendienst STRASSE"),
        ("emoji", "🤖 Helfer 👩🏽‍💻"),
        ("rtl", "مساعد المتجر"),
        ("accent", "Café Cre\u0300me"),
        ("percent", "100% _off_"),
    ):
        await owner.create(slug, name=name)
    await stranger.create("shop-two")
    for query, found in {
        "SHOP": ["shop-bot"],
        "42-B": ["cust-42-bot"],
        "straße": ["cust-42-bot"],
        "🤖": ["emoji"],
        "👩🏽‍💻": ["emoji"],
        "المتجر": ["rtl"],
        "CAFÉ CRÈME": ["accent"],
        "%": ["percent"],
        "_": ["percent"],
        "bot": ["cust-42-bot", "shop-bot"],
        "nothing": [],
        "'; drop table characters; --": [],
    }.items():
        assert await owner.page(query=query) == (found, len(found)), query
    assert await owner.page(query="o", page_size=2, skip=1) == (["emoji", "cust-42-bot"], 4)
    await owner.patch("shop-bot", name="Renamed")
    assert (await owner.page(query="renamed"))[0] == ["shop-bot"]
    await owner.delete("shop-bot")
    assert await owner.page(query="renamed") == ([], 0)
    for query in ("x" * 201, "a\x00b"):
        await refusal(owner.page(query=query), Code.VALIDATION_FAILED)
    await refusal(owner.page(skip=-1), Code.VALIDATION_FAILED)


async def test_pages_by_number_have_the_total_of_all(owner: Owner) -> None:
    for number in range(7):
        await owner.create(f"bot-{number}")
    assert await owner.page(page_size=3, skip=3) == (["bot-3", "bot-2", "bot-1"], 7)
    assert await owner.page(page_size=3, skip=6) == (["bot-0"], 7)
    assert await owner.page(page_size=3, skip=9) == ([], 7)


@pytest.mark.own_stack("reads and writes rows")
async def test_a_list_reads_its_own_part_of_the_index(owner: Owner, database_url: str) -> None:
    """Searching, counting and paging go over the index of the tenant, whoever else is there."""
    await owner.create("needle-bot")
    connection = await asyncpg.connect(database_url)
    await connection.execute("set search_path to characters")
    await connection.execute("""
        insert into characters (id, slug, tenant_id, created_by, version, search)
        select 'chr_' || n, 'bot-' || n, 'ten_' || n % 50, 1, 1, 'bot-' || n || ' some name of it'
        from generate_series(1, 20000) n
    """)
    await connection.execute("vacuum analyze characters")
    plans = [
        await connection.fetch(f"explain {statement}", "ten_7", "needle")
        for statement in (
            "select count(*) from characters where tenant_id = $1 and deleted_at is null and strpos(search, $2) > 0",
            "select seq from characters where tenant_id = $1 and seq < 99999 and deleted_at is null "
            "and strpos(search, $2) > 0 order by seq desc offset 0 limit 51",
        )
    ]
    await connection.close()
    for plan in plans:
        text = "\n".join(row[0] for row in plan)
        assert (
            "Index Only Scan using characters_of_tenant" in text or "Bitmap Index Scan on characters_of_tenant" in text
        )
        assert "Seq Scan" not in text


async def test_search_goes_on_over_pages(owner: Owner) -> None:
    for number in range(5):
        await owner.create(f"bot-{number}")
        await owner.create(f"other-{number}")
    request = pb.ListCharactersRequest(query="bot", page_size=2)
    first = await call(owner.stub.ListCharacters, request, identity=owner.token)
    request = pb.ListCharactersRequest(query="bot", page_size=9, page_token=first.next_page_token)
    second = await call(owner.stub.ListCharacters, request, identity=owner.token)
    assert [c.slug for c in (*first.characters, *second.characters)] == [f"bot-{n}" for n in range(4, -1, -1)]


async def test_the_operator_may_list_private_addresses(
    database_url: str, keys_dir: Path, tmp_path: Path, callers: Callers
) -> None:
    """Contract 14.9: refused unless the operator lists them."""
    settings = CharactersSettings(
        database_url=database_url, keys_dir=keys_dir, data_dir=tmp_path, outbound_allow="10.1.0.0/16, *.internal"
    )
    tool = {"name": "a", "kind": "http", "description": "d"}
    async with running(settings) as server, connect(f"127.0.0.1:{server.port}") as channel:
        owner = Owner(CharactersServiceStub(channel), callers.user())
        await owner.create(tools=[{**tool, "config": {"url": "http://10.1.2.3/"}}])
        error = await refusal(
            owner.patch(tools=[{**tool, "config": {"url": "http://10.2.2.3/"}}]), Code.VALIDATION_FAILED
        )
        assert set(error.fields) == {"tools.0.config.url"}
    with pytest.raises(SettingsError, match="CALLBOX_OUTBOUND_ALLOW"):
        CharactersSettings.load({"CALLBOX_DATABASE_URL": database_url, "CALLBOX_OUTBOUND_ALLOW": "no network/33"})


async def test_a_large_change_holds_up_no_call(owner: Owner) -> None:
    """Definitions that take half a second to judge leave room for whoever resolves a character meanwhile."""
    await owner.create()
    schema = {"type": "object", "properties": {f"p{n}": {"type": "string", "enum": ["a"]} for n in range(1300)}}
    tools = [
        {"name": f"t{n}", "kind": "kb", "description": "d", "input_schema": schema, "config": {}} for n in range(4)
    ]
    changes = [asyncio.ensure_future(owner.patch(tools=tools[: n + 1])) for n in range(3, -1, -1)]
    waits = []
    while not all(change.done() for change in changes):
        watch = Stopwatch()
        await owner.resolve()
        waits.append(watch.seconds())
    await asyncio.gather(*changes)
    waits.sort()
    assert len(waits) > 5
    assert waits[len(waits) // 2] < 1.0
