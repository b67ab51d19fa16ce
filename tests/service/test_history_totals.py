"""Contract 9 and 10: the totals of history are those of its rows, whatever the filter and whatever becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

import services.sessions
from bench.past import make_past
from deploy.local.settings import ROOT
from services.kit import database
from services.sessions.adapters.database import SCHEMA
from services.sessions.history import totals
from services.sessions.history.filter import Filter
from tests.service.plans.past import TENANT
from tests.service.plans.sessions import FILTERS, SEASON, WHO

if TYPE_CHECKING:
    from services.kit.database import Pool

MIGRATIONS = Path(services.sessions.__file__).parent / "migrations"
SESSIONS, TURNS, OTHERS = 3_000, 12_000, 1_000


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def past(postgres_server: Any) -> AsyncIterator[Pool]:
    """A database with a year of calls."""
    import asyncpg

    admin = await asyncpg.connect(postgres_server.url(), timeout=10)
    await admin.execute('create database "history_totals"', timeout=20)
    url = postgres_server.url("history_totals")
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
    await admin.execute('drop database "history_totals" with (force)', timeout=20)
    await admin.close(timeout=5)


CASES = [
    pytest.param(Filter(**who, **wanted), id=f"{name}: {what}")
    for name, who in WHO.items()
    for what, wanted in FILTERS.items()
]


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
