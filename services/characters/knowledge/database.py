"""The connection pool of the knowledge base, which knows pgvector's types."""

import asyncpg
from pgvector.asyncpg import register_vector

from services.kit.database import COMMAND_SECONDS, Pool

_CONNECT_SECONDS = 5.0
_POOL_MAX = 8
_IDLE_SECONDS = 300.0
_VECTOR_SCHEMA = """select quote_ident(nspname) from pg_extension
    join pg_namespace on pg_namespace.oid = extnamespace where extname = 'vector'"""


async def open_pool(url: str, schema: str) -> Pool:
    """A pool whose connections find the tables of `schema` and the types of pgvector.

    JSON stays text, as the job queue needs it. The schema must be migrated.
    """
    connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS, command_timeout=COMMAND_SECONDS)
    try:
        where = await connection.fetchval(_VECTOR_SCHEMA)
    finally:
        await connection.close(timeout=_CONNECT_SECONDS)

    async def prepare(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        await register_vector(connection, schema=where.strip('"'))

    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=_POOL_MAX,
        timeout=_CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        max_inactive_connection_lifetime=_IDLE_SECONDS,
        server_settings={"search_path": f"{schema}, {where}", "jit": "off"},
        init=prepare,
    )
