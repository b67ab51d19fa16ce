"""Contract 9 and 10 at size, and every other query: none reads a whole large table, deletions included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from services.kit import database
from tests.service.plans import accounts, characters, past, sessions
from tests.service.plans.watch import LARGE_ROWS, SERVICES, Sizes, Watch, outline, read_whole, senders

if TYPE_CHECKING:
    from services.kit.database import Pool
    from tests.fixtures.postgres import PostgresServer

WAIT_SECONDS = 20.0
# (function, large table) → why it may be read from end to end.
MAY_READ_WHOLE = {
    ("accounts/store.py:Store.add_user", "users"): "it stops at the first user that there is",
    (
        "characters/media/store.py:MediaStore.delete_unused",
        "media",
    ): "nothing but the versions says whether a file is in use",
    ("characters/media/store.py:MediaStore.delete_unused", "characters"): "as above",
}
# Functions that no statement comes from, though their class sends some → why.
SEND_NOTHING: dict[str, str] = {
    "characters/media/store.py:MediaStore.read": "the content of files is in the store of files",
}


@dataclass(frozen=True)
class Seen:
    """What was seen of one service with a busy past.

    unindexed: foreign keys without an index. scanned: rows that were read of each table by reading it from end to end,
    by whatever read it.
    """

    service: str
    watch: Watch
    sizes: Sizes
    unindexed: list[str]
    scanned: dict[str, int]


async def _see(service: str, server: PostgresServer, folder: Path) -> Seen:
    """Calls every function of a service that sends statements."""
    watch = Watch()
    async with _database(server, f"plans_{service}") as url:
        await database.migrate(url, service, SERVICES / service / "migrations")
        async with await database.open_pool(url, service) as pool:
            await past.fill(service, url, pool)
            sizes = await Sizes.of(pool)
            unindexed = [row["name"] for row in await pool.fetch(FOREIGN_KEYS_WITHOUT_INDEX)]
        await _counted(url, "select pg_stat_reset()")
        async with await database.open_pool(url, service) as pool:
            with pytest.MonkeyPatch.context() as patch:
                watch.begin(patch)
                await _use(service, url, pool, folder)
            await watch.explain_cursors(pool)
        scans = await _counted(url, "select relname, seq_tup_read from pg_stat_user_tables")
        return Seen(service, watch, sizes, unindexed, {row["relname"]: row["seq_tup_read"] for row in scans})


async def _use(service: str, url: str, pool: Pool, folder: Path) -> None:
    if service == "accounts":
        await accounts.use(pool, folder)
    elif service == "characters":
        await characters.use(pool, url, service, folder)
    else:
        await sessions.use(pool)


async def _counted(url: str, statement: str) -> list[asyncpg.Record]:
    """Runs a statement on the counts of the server, once every other connection has ended and is counted."""
    connection = await asyncpg.connect(url, timeout=10)
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while await connection.fetchval(others):
                await asyncio.sleep(0.02)
        return await connection.fetch(statement)
    finally:
        await connection.close(timeout=5)


@asynccontextmanager
async def _database(server: PostgresServer, name: str) -> AsyncIterator[str]:
    admin = await asyncpg.connect(server.url(), timeout=10)
    try:
        await admin.execute(f'create database "{name}"', timeout=20)
        yield server.url(name)
        await admin.execute(f'drop database "{name}" with (force)', timeout=20)
    finally:
        await admin.close(timeout=5)


# What a deletion of the referenced row would have to look for by reading the whole table.
FOREIGN_KEYS_WITHOUT_INDEX = """
    select conrelid::regclass || ' (' || conname || ')' as name from pg_constraint c
    where contype = 'f' and connamespace = current_schema()::regnamespace and not exists (
        select from pg_index i where i.indrelid = c.conrelid and i.indpred is null
            and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
    )
"""


@pytest.mark.parametrize("service", ["accounts", "characters", "sessions"])
async def test_every_statement_has_a_plan_that_reads_no_large_table_whole(
    service: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """All that is said of a service, in one test.

    Slow: its busy past has tens of thousands of rows, and each of its statements is explained.
    """
    seen = await _see(service, postgres_server, tmp_path)
    every_function_that_sends_statements_was_called(seen)
    every_table_is_large_or_said_to_be_small(seen)
    assert seen.unindexed == [], "every foreign key has an index"
    assert len(seen.watch.statements) > 20
    assert [each.text for each in seen.watch.statements.values() if not each.plans] == [], "every statement has a plan"
    no_statement_reads_a_whole_large_table(seen)
    no_large_table_is_read_whole_by_triggers_and_foreign_keys(seen)
    a_plan_that_reads_a_whole_table_is_seen(seen)


def every_function_that_sends_statements_was_called(seen: Seen) -> None:
    """A new one has to be called in `plans/<service>.py`."""
    assert senders(seen.service) - seen.watch.called == {
        name for name in SEND_NOTHING if name.startswith(f"{seen.service}/")
    }


def every_table_is_large_or_said_to_be_small(seen: Seen) -> None:
    small = {table for table, rows in seen.sizes.tables.items() if rows < LARGE_ROWS}
    assert small == past.SMALL_TABLES.keys() & seen.sizes.tables.keys()


def no_statement_reads_a_whole_large_table(seen: Seen) -> None:
    faults = []
    for statement in seen.watch.statements.values():
        allowed = {table for function, table in MAY_READ_WHOLE if function in statement.sent_by}
        for plan in statement.plans:
            if whole := set(read_whole(plan, seen.sizes)) - allowed:
                tables = ", ".join(sorted(whole))
                text = " ".join(statement.text.split())
                faults.append(f"{statement.sent_by[0]} reads all of {tables}: {text}\n{outline(plan)}")
                break
    assert not faults, "\n\n".join(["", *faults])


def no_large_table_is_read_whole_by_triggers_and_foreign_keys(seen: Seen) -> None:
    """What has no plan of its own: PostgreSQL counts the rows that it reads without an index."""
    allowed = {table for function, table in MAY_READ_WHOLE if function.startswith(f"{seen.service}/")}
    large = {table: rows for table, rows in seen.sizes.tables.items() if rows >= LARGE_ROWS}
    assert {table for table, rows in large.items() if seen.scanned[table] >= rows} <= allowed


def a_plan_that_reads_a_whole_table_is_seen(seen: Seen) -> None:
    """The judge of plans would notice one in the schema of this service."""
    large = max(seen.sizes.tables, key=lambda table: seen.sizes.tables[table])
    scan = {"Node Type": "Seq Scan", "Relation Name": large, "Plan Rows": 1}
    walk = {"Node Type": "Index Scan", "Relation Name": large, "Index Name": f"{large}_pkey", "Plan Rows": 1}
    for node in (scan, walk):
        assert list(read_whole({"Node Type": "Aggregate", "Plan Rows": 1, "Plans": [node]}, seen.sizes)) == [large]
    assert list(read_whole({"Node Type": "Limit", "Plan Rows": 1, "Plans": [walk]}, seen.sizes)) == []
    assert list(read_whole({**walk, "Index Cond": "(id = 1)"}, seen.sizes)) == []
