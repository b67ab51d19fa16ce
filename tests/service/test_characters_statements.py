"""Every SQL statement of characters, by its name: it fits the schema, and an index serves it."""

import re
from types import ModuleType

import asyncpg

from services.characters import statements as character_statements
from services.characters.account_data import holdings
from services.characters.knowledge import statements as knowledge_statements
from services.characters.knowledge.database import open_pool
from services.characters.media import statements as media_statements

_FIRST_WORDS = ("delete", "insert", "select", "update", "with")
# Background work once a minute on tables that stay small: files without a document, and the job queue's own tables.
_READS_A_WHOLE_TABLE = {
    "knowledge.LIST_UNUSED_FILES",
    "knowledge.LOCK_DOCUMENTS_WITHOUT_JOB",
    "knowledge.DELETE_OLD_QUEUE_STATISTICS",
}


def statements(prefix: str, module: ModuleType) -> dict[str, str]:
    """The statements of a module by name. Constants that are words or expressions are left out."""
    return {
        f"{prefix}.{name}": value
        for name, value in vars(module).items()
        if isinstance(value, str) and name.isupper() and value.split()[0] in _FIRST_WORDS
    }


STATEMENTS = {
    **statements("characters", character_statements),
    **statements("media", media_statements),
    **statements("knowledge", knowledge_statements),
    **{f"account_data.LIST_FILE_KEYS[{table}]": sql for table, sql in holdings.LIST_FILE_KEYS.items()},
    **{f"account_data.DELETE_FILE_ROWS[{table}]": sql for table, sql in holdings.DELETE_FILE_ROWS.items()},
}


async def test_an_index_serves_every_statement(database_url: str) -> None:
    """Plans for any argument, with sequential scans as a last resort: one that is left has no index."""
    whole: dict[str, str] = {}
    async with await open_pool(database_url, "characters") as pool, pool.acquire() as connection:
        await connection.execute("set enable_seqscan = off; set plan_cache_mode = force_generic_plan")
        for number, (name, sql) in enumerate(STATEMENTS.items()):
            count = max(map(int, re.findall(r"\$(\d+)", sql)), default=0)
            arguments = f"({', '.join(['null'] * count)})" if count else ""
            try:
                await connection.execute(f"prepare s{number} as {sql}")
                plan = "\n".join(row[0] for row in await connection.fetch(f"explain execute s{number} {arguments}"))
            except asyncpg.PostgresError as fault:
                raise AssertionError(f"{name}: {fault}") from fault
            if "Seq Scan" in plan:
                whole[name] = plan
    assert len(STATEMENTS) > 55
    assert whole.keys() == _READS_A_WHOLE_TABLE, "\n\n".join(f"{name}\n{plan}" for name, plan in whole.items())
