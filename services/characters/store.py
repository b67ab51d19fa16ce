"""Characters in PostgreSQL."""

# ruff: noqa: S608 - what is put into statements are the column lists and conditions below

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from services.characters.definition import DEFAULTS
from services.characters.parts import compact
from services.characters.versions import Version
from services.kit.database import Pool
from services.kit.ids import new_id

ID_PREFIX = "chr"
# Definitions of one list answer; well below what a gRPC message may hold.
_PAGE_BYTES = 2 * 1024 * 1024
_COLUMNS = (
    "c.seq, c.id, c.slug, c.tenant_id, c.created_by, c.version, c.created_at, v.created_at as updated_at, v.definition"
)
_NEWEST = "characters c join versions v on v.character_id = c.id and v.version = c.version"
_NAME_MAX_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Stored:
    """A character at its newest version."""

    seq: int
    id: str
    slug: str
    tenant_id: str
    created_by: int
    version: int
    created_at: datetime
    updated_at: datetime
    definition: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """What decides who may see a character."""

    id: str
    slug: str
    version: int
    tenant_id: str
    is_active: bool
    allowed_origins: list[str]


class Store:
    """Reads and writes the schema of characters."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, tenant_id: str, user_id: int, version: Version) -> Stored | None:
        """Makes a character; None when its slug is taken."""
        character_id = new_id(ID_PREFIX)
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(
                    "insert into characters (id, slug, tenant_id, created_by, version) values ($1, $2, $3, $4, 1)",
                    character_id,
                    version.definition["slug"],
                    tenant_id,
                    user_id,
                )
                await _add_version(connection, character_id, 1, user_id, version)
                return _stored(
                    await connection.fetchrow(f"select {_COLUMNS} from {_NEWEST} where c.id = $1", character_id)
                )
        except asyncpg.UniqueViolationError:
            return None

    async def find(self, slug_or_id: str) -> Stored | None:
        """The character of this slug or identity that is not deleted."""
        if not _may_exist(slug_or_id):
            return None
        statement = f"select {_COLUMNS} from {_NEWEST} where {_named(slug_or_id)} and c.deleted_at is null"
        return _stored(await self._pool.fetchrow(statement, slug_or_id))

    async def shown(self, slug_or_id: str) -> Shown | None:
        """What decides who may see a character that is not deleted."""
        if not _may_exist(slug_or_id):
            return None
        row = await self._pool.fetchrow(
            f"""select c.id, c.slug, c.version, c.tenant_id,
                coalesce((v.definition -> 'is_active')::boolean, true) as is_active,
                coalesce(v.definition -> 'allowed_origins', '[]') as allowed_origins
            from {_NEWEST} where {_named(slug_or_id)} and c.deleted_at is null""",
            slug_or_id,
        )
        return None if row is None else Shown(**row)

    async def appearance(self, character_id: str, version: int) -> dict[str, Any]:
        """The overrides of the appearance in one version."""
        overrides: dict[str, Any] | None = await self._pool.fetchval(
            "select definition -> 'widget_appearance' from versions where character_id = $1 and version = $2",
            character_id,
            version,
        )
        return overrides or {}

    async def page(self, tenant_id: str, below: int, limit: int) -> tuple[list[Stored], bool]:
        """Characters of a tenant, newest first, with `seq` below a bound, and whether there are more.

        Ends before `limit` where the definitions would make too big an answer.
        """
        rows = await self._pool.fetch(
            f"""select * from (
                select {_COLUMNS}, sum(v.bytes) over newest_first - v.bytes as bytes_before,
                    lead(c.seq) over newest_first is not null as more
                from {_NEWEST} where c.tenant_id = $1 and c.seq < $2 and c.deleted_at is null
                window newest_first as (order by c.seq desc) order by c.seq desc limit $3
            ) page where bytes_before < $4 order by seq desc""",
            tenant_id,
            below,
            limit,
            _PAGE_BYTES,
        )
        characters = [stored for row in rows if (stored := _stored(row)) is not None]
        return characters, bool(rows and rows[-1]["more"])

    async def change(
        self,
        slug_or_id: str,
        may_change: Callable[[str], bool],
        user_id: int,
        step: Callable[[Version], Version | None],
    ) -> Stored | None:
        """Puts the version that `step` makes of the newest one behind it; of changes at once each builds on the other.

        may_change: says whether the caller may change a character of this tenant. None when there is no such character.
        """
        if not _may_exist(slug_or_id):
            return None
        async with self._pool.acquire() as connection, connection.transaction():
            # Locked first and read second: a join would lock the row but show the version from before the wait.
            lock = f"select c.id, c.tenant_id from characters c where {_named(slug_or_id)} and c.deleted_at is null"
            character = await connection.fetchrow(f"{lock} for update", slug_or_id)
            if character is None or not may_change(character["tenant_id"]):
                return None
            newest = f"select {_COLUMNS}, v.secrets from {_NEWEST} where c.id = $1"
            row = await connection.fetchrow(newest, character["id"])
            stored = _stored(row)
            assert row is not None
            assert stored is not None
            following = step(Version(stored.definition, row["secrets"]))
            if following is None:
                return stored
            await _add_version(connection, stored.id, stored.version + 1, user_id, following)
            await connection.execute("update characters set version = version + 1 where id = $1", stored.id)
            return _stored(await connection.fetchrow(newest, stored.id))

    async def delete(self, character_id: str) -> bool:
        """Takes a character away and keeps its history; False when it was gone."""
        status = await self._pool.execute(
            "update characters set deleted_at = now() where id = $1 and deleted_at is null", character_id
        )
        return status != "UPDATE 0"

    async def versions(self, character_id: str, below: int, limit: int) -> list[asyncpg.Record]:
        """version, created_at, created_by, changed of a character's versions, newest first, numbered below a bound."""
        return await self._pool.fetch(
            """select version, created_at, created_by, changed from versions
            where character_id = $1 and version < $2 order by version desc limit $3""",
            character_id,
            below,
            limit,
        )

    async def secrets(self, character_id: str, version: int) -> dict[str, str] | None:
        """The encrypted secrets of one version, also of a deleted character; None for an unknown one."""
        if not _may_exist(character_id):
            return None
        secrets: dict[str, str] | None = await self._pool.fetchval(
            "select secrets from versions where character_id = $1 and version = $2", character_id, version
        )
        return secrets


async def _add_version(
    connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]",
    character_id: str,
    number: int,
    user_id: int,
    version: Version,
) -> None:
    await connection.execute(
        """insert into versions (character_id, version, definition, secrets, changed, bytes, created_by)
        values ($1, $2, $3, $4, $5, $6, $7)""",
        character_id,
        number,
        version.definition,
        dict(version.secrets),
        version.changed,
        len(compact(version.definition).encode()),
        user_id,
    )


def _named(slug_or_id: str) -> str:
    # No slug has an underscore, every identity has one.
    return "c.id = $1" if "_" in slug_or_id else "c.slug = $1"


def _may_exist(slug_or_id: str) -> bool:
    return len(slug_or_id) <= _NAME_MAX_CHARACTERS and slug_or_id.isprintable()


def _stored(row: asyncpg.Record | None) -> Stored | None:
    if row is None:
        return None
    values = {name: row[name] for name in Stored.__slots__}
    # A version stored before a field existed has its default.
    return Stored(**values | {"definition": DEFAULTS | row["definition"]})
