"""Contract 9 and 10 at size: no query of history reads a whole table, whatever the filter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

import services.sessions
from bench.past import Tenant, make_past
from deploy.local.settings import ROOT
from services.kit import database
from services.sessions.adapters.database import SCHEMA
from services.sessions.forms import store
from services.sessions.history import reader, totals
from services.sessions.history.filter import Filter

if TYPE_CHECKING:
    from services.kit.database import Pool

MIGRATIONS = Path(services.sessions.__file__).parent / "migrations"
TENANT = Tenant("ten_busy", 7)
# Enough that reading an index is cheaper than reading a table, as it is at any larger size.
SESSIONS, TURNS, OTHERS = 12_000, 60_000, 4_000
WATCHED = {"sessions", "turns", "events", "form_responses"}
NOW = datetime.now(UTC)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def past(postgres_server: Any) -> AsyncIterator[Pool]:
    """A database with a busy past."""
    import asyncpg

    admin = await asyncpg.connect(postgres_server.url(), timeout=10)
    await admin.execute('create database "history_plans"', timeout=20)
    url = postgres_server.url("history_plans")
    await database.migrate(url, SCHEMA, MIGRATIONS)
    await make_past(url, SCHEMA, TENANT, SESSIONS, TURNS, OTHERS)
    async with await database.open_pool(url, SCHEMA) as pool:
        # Some calls are under way.
        await pool.execute(
            "update sessions set status = 'active', end_reason = null where id in (select max(id) - n * 37 "
            "from sessions, generate_series(1, 40) n group by n)"
        )
        await pool.execute("vacuum analyze sessions")
        yield pool
    await admin.execute('drop database "history_plans" with (force)', timeout=20)
    await admin.close(timeout=5)


ONE_DAY: dict[str, Any] = {"start": NOW - timedelta(days=40), "end": NOW - timedelta(days=39)}
SEASON: dict[str, Any] = {"start": NOW - timedelta(days=200, hours=3), "end": NOW - timedelta(days=20, hours=5)}
FILTERS: dict[str, dict[str, Any]] = {
    "everything": {},
    "character": {"character_slug": "survey-bot"},
    "end reason": {"end_reason": "agent_lost"},
    "the most frequent end reason": {"end_reason": "client_left"},
    "origin": {"origin": "https://shop.example:8443"},
    "ended": {"status": "ended"},
    "under way": {"status": "active"},
    "a day": ONE_DAY,
    "a season": SEASON,
    "since": {"start": NOW - timedelta(hours=30)},
    "until": {"end": NOW - timedelta(days=300)},
    "character in a season": {"character_slug": "sales-bot", **SEASON},
    "origin and reason": {"origin": "https://shop.example", "end_reason": "idle_timeout"},
    "all at once": {
        "character_slug": "support-bot", "end_reason": "client_left", "origin": "https://shop.example",
        "status": "ended", **SEASON,
    },
}  # fmt: skip
WHO: dict[str, dict[str, Any]] = {
    "owner": {"tenant_id": TENANT.tenant_id, "owner_id": TENANT.owner_id},
    "owner of little": {"tenant_id": "ten_other3", "owner_id": 1_000_003},
    "staff, one tenant": {"tenant_id": TENANT.tenant_id},
    "staff, all": {},
}
CASES = [
    pytest.param(Filter(**who, **wanted), id=f"{name}: {what}")
    for name, who in WHO.items()
    for what, wanted in FILTERS.items()
]


@pytest.mark.parametrize("wanted", CASES)
@pytest.mark.asyncio(loop_scope="module")
async def test_no_list_reads_a_whole_table(past: Pool, wanted: Filter) -> None:
    after = (NOW - timedelta(days=100), SESSIONS // 2)
    await holds(past, *reader.page(wanted, 51, None, 0))
    await holds(past, *reader.page(wanted, 51, None, 600))
    await holds(past, *reader.page(wanted, 201, after, 0))
    await holds(past, *totals.statement(wanted))


@pytest.mark.asyncio(loop_scope="module")
async def test_no_reading_of_sessions_reads_a_whole_table(past: Pool) -> None:
    numbers = [row["id"] for row in await past.fetch("select id from sessions order by id desc limit 200")]
    await holds(past, reader.SESSION, ["sess_past" + "0" * 19])
    for some in (numbers[:1], numbers[:50], numbers):
        await holds(past, reader.TURNS, [some])
        await holds(past, reader.TURN_BODIES, [some])
        await holds(past, reader.TOOL_CALLS, [some])
    await past.execute(
        "insert into form_responses (tenant_id, character_id, character_slug, form_id, session_id, body, field_names) "
        "select tenant_id, 'chr_past', character_slug, 'note', session_id, '{}', array['text'] from sessions"
    )
    await past.execute("analyze form_responses")
    await holds(past, store.OF_SESSIONS, [["sess_past" + "0" * 19], None, store.MAX_OF_SESSION])


@pytest.mark.asyncio(loop_scope="module")
async def test_a_scan_would_be_seen(past: Pool) -> None:
    with pytest.raises(AssertionError, match="sessions"):
        await holds(past, "select sum(llm_input_tokens) from sessions where llm_model <> $1", ["x"])


@pytest.mark.parametrize("wanted", CASES)
@pytest.mark.asyncio(loop_scope="module")
async def test_totals_are_those_of_the_rows(past: Pool, wanted: Filter) -> None:
    """Contract 9 and 14.1: totals cover the filter, to the last token."""
    await adds_up(past, wanted)


@pytest.mark.asyncio(loop_scope="module")
async def test_totals_follow_whatever_becomes_of_a_session(past: Pool) -> None:
    """Contract 9: an end, usage that came after it, another name and a removal all count at once."""
    owner = Filter(tenant_id=TENANT.tenant_id, owner_id=TENANT.owner_id)
    some = f"tenant_id = '{TENANT.tenant_id}' and id %"
    for statement in (
        f"update sessions set status = 'ended', end_reason = 'error' where {some} 1 = 0 and status = 'active'",
        f"update sessions set tts_characters = tts_characters + 5, stt_audio_seconds = stt_audio_seconds + 0.1 "
        f"where {some} 11 = 0",
        f"update sessions set llm_input_tokens = 2 where {some} 13 = 0",
        f"update sessions set origin_url = 'HTTPS://user@New.example:443/x?y' where {some} 17 = 0",
        f"delete from sessions where {some} 7 = 0",
    ):
        await past.execute(statement)
        for wanted in (owner, replace(owner, **SEASON), replace(owner, origin="https://new.example"), Filter()):
            await adds_up(past, wanted)
    await past.execute("delete from sessions where tenant_id = 'ten_other5'")
    assert await past.fetchval("select count(*) from totals where tenant_id = 'ten_other5' or session_count <= 0") == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_calls_that_end_at_once_wait_for_each_other_in_one_order(past: Pool) -> None:
    """Contract 9: totals stay exact, and nobody is refused, when calls of one day end while others are deleted."""
    newest = f"select id from sessions where tenant_id = '{TENANT.tenant_id}' order by create_time desc limit 300"
    ids = [row["id"] for row in await past.fetch(newest)]
    await past.execute("update sessions set status = 'active', end_reason = null where id = any($1)", ids)
    ends = [
        past.execute("update sessions set status = 'ended', end_reason = 'client_left' where id = $1", number)
        for number in ids[::2]
    ]
    # The others are over already and share days and months with those that end.
    await past.execute("update sessions set status = 'ended', end_reason = 'client_left' where id = any($1)", ids[1::2])
    gone = past.execute("delete from sessions where id = any($1)", ids[1::2])
    await asyncio.gather(*ends, gone)
    await adds_up(past, Filter(tenant_id=TENANT.tenant_id, owner_id=TENANT.owner_id))
    await adds_up(past, Filter())


@pytest.mark.asyncio(loop_scope="module")
async def test_totals_are_built_anew_as_the_operator_is_told(past: Pool) -> None:
    told = (ROOT / "docs" / "operations.md").read_text()
    statements = next(line.strip() for line in told.splitlines() if "truncate totals" in line)
    await past.execute("update totals set session_count = 1")
    await past.execute(statements)
    await adds_up(past, Filter())
    await adds_up(past, Filter(tenant_id=TENANT.tenant_id, owner_id=TENANT.owner_id, **SEASON))


async def adds_up(pool: Pool, wanted: Filter) -> None:
    arguments: list[object] = []
    where = wanted.where(arguments)
    row = await pool.fetchrow(
        f"""
        select count(*) as size, coalesce(sum(llm_input_tokens), 0)::bigint as llm_input_tokens,
            coalesce(sum(llm_output_tokens), 0)::bigint as llm_output_tokens,
            coalesce(sum(round(stt_audio_seconds * 1000000)), 0)::bigint as stt_audio_micros,
            coalesce(sum(tts_characters), 0)::bigint as tts_characters,
            coalesce(sum(turn_count), 0)::bigint as turn_count,
            coalesce(sum(interruption_count), 0)::bigint as interruption_count
        from sessions where {where}
        """,
        *arguments,
    )
    assert row is not None
    async with pool.acquire() as connection:
        size, usage = await totals.read(connection, wanted)
    assert (size, usage.llm_input_tokens, usage.llm_output_tokens) == (
        row["size"],
        row["llm_input_tokens"],
        row["llm_output_tokens"],
    )
    assert (usage.tts_characters, usage.turn_count) == (row["tts_characters"], row["turn_count"])
    assert usage.interruption_count == row["interruption_count"]
    assert usage.stt_audio_seconds == row["stt_audio_micros"] / 1e6


async def holds(pool: Pool, statement: str, arguments: list[object]) -> None:
    """Fails when the plan reads one of the large tables from end to end."""
    plan = json.loads(await pool.fetchval(f"explain (format json) {statement}", *arguments))
    whole = [node for node in nodes(plan[0]["Plan"]) if node["Node Type"] == "Seq Scan"]
    assert not [node["Relation Name"] for node in whole if node["Relation Name"] in WATCHED], json.dumps(plan, indent=1)


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan] + [node for child in plan.get("Plans", ()) for node in nodes(child)]
