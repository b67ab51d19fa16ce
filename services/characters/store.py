"""Characters in PostgreSQL."""

# ruff: noqa: S608 - what is put into statements are the column lists and conditions below

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

from services.characters.definition import references
from services.characters.definition.field_types import compact
from services.characters.definition.fields import DEFAULTS
from services.characters.definition.versions import Version
from services.kit.database import Pool
from services.kit.errors import validation
from services.kit.ids import new_id

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

ID_PREFIX = "chr"
# What calls of this length may still run on is kept.
CALL_DAYS = 1
# Definitions of one list answer; well below what a gRPC message may hold.
_PAGE_BYTES = 2 * 1024 * 1024
_COLUMNS = (
    "c.seq, c.id, c.slug, c.tenant_id, c.created_by, c.version, c.created_at, v.created_at as updated_at, v.definition"
)
_NEWEST = "characters c join versions v on v.character_id = c.id and v.version = c.version"
_NAME_MAX_CHARACTERS = 100
# A change holds its connection while it is judged; some of the pool's ten are left for calls that start.
_CHANGES_AT_ONCE = 6
_SEARCH_MAX_CHARACTERS = 264


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

    @property
    def etag(self) -> str:
        """What tells this version of this character from every other."""
        return f"{self.id}.{self.version}"


@dataclass(frozen=True, slots=True)
class Kept:
    """One version as it is kept. changed: fields that differ from the version before."""

    character_id: str
    version: int
    created_by: int
    created_at: datetime
    changed: list[str]
    definition: dict[str, Any]
    secrets: dict[str, str] = field(repr=False)

    @property
    def content(self) -> Version:
        """What it consists of."""
        return Version(self.definition, self.secrets, tuple(self.changed))


@dataclass(frozen=True, slots=True)
class Shown:
    """What decides who may see a character."""

    id: str
    slug: str
    version: int
    tenant_id: str
    is_active: bool
    allowed_origins: list[str]


# Makes the version that follows the newest one, or None when nothing changes.
Step: TypeAlias = Callable[[Stored, Version], Awaitable[Version | None]]


class Store:
    """Reads and writes the schema of characters."""

    def __init__(self, pool: Pool, versions_kept: int) -> None:
        """versions_kept: of each character, beside those that calls may still run on."""
        self._pool = pool
        self._versions_kept = versions_kept
        self._changing = asyncio.Semaphore(_CHANGES_AT_ONCE)

    async def add(self, tenant_id: str, user_id: int, version: Version) -> Stored | None:
        """Makes a character; None when its slug is taken.

        Raises: CallboxError `validation_failed` when it names a character or file that its owner does not have.
        """
        character_id = new_id(ID_PREFIX)
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(
                    "insert into characters (id, slug, tenant_id, created_by, version, search) "
                    "values ($1, $2, $3, $4, 1, $5)",
                    character_id,
                    version.definition["slug"],
                    tenant_id,
                    user_id,
                    _searched(version.definition),
                )
                await _refuse_unknown(connection, tenant_id, character_id, version.definition, {})
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

    async def page(
        self, tenant_id: str, below: int, limit: int, *, query: str = "", skip: int = 0
    ) -> tuple[list[Stored], bool]:
        """A tenant's characters, newest first, with `seq` below a bound, and whether there are more.

        query: only those whose slug or name holds this text, in any case. Ends before `limit` where the definitions
        would make too big an answer.
        """
        rows = await self._pool.fetch(
            f"""with chosen as (
                select seq from characters where tenant_id = $1 and seq < $2 and deleted_at is null
                    and strpos(search, $3) > 0
                order by seq desc offset $4 limit $5 + 1
            )
            select * from (
                select {_COLUMNS}, sum(v.bytes) over newest_first - v.bytes as bytes_before,
                    row_number() over newest_first as place, lead(c.seq) over newest_first is not null as more
                from chosen join characters c using (seq) join versions v
                    on v.character_id = c.id and v.version = c.version
                window newest_first as (order by c.seq desc)
            ) page where bytes_before < $6 and place <= $5 order by seq desc""",
            tenant_id,
            below,
            folded(query),
            skip,
            limit,
            _PAGE_BYTES,
        )
        characters = [stored for row in rows if (stored := _stored(row)) is not None]
        return characters, bool(rows and rows[-1]["more"])

    async def count(self, tenant_id: str, query: str = "") -> int:
        """A tenant's characters whose slug or name holds a text."""
        number: int = await self._pool.fetchval(
            "select count(*) from characters where tenant_id = $1 and deleted_at is null and strpos(search, $2) > 0",
            tenant_id,
            folded(query),
        )
        return number

    async def change(
        self,
        slug_or_id: str,
        may_change: Callable[[str], bool],
        user_id: int,
        step: Step,
    ) -> Stored | None:
        """Puts the version that `step` makes of the newest one behind it; of changes at once each builds on the other.

        may_change: says whether the caller may change a character of this tenant. None when there is no such character.
        Raises: whatever `step` raises, and CallboxError `validation_failed` when the new version names a character or
        file that the owner does not have and that the version before did not name.
        """
        if not _may_exist(slug_or_id):
            return None
        async with self._changing, self._pool.acquire() as connection, connection.transaction():
            # Locked first and read second: a join would lock the row but show the version from before the wait.
            lock = f"select c.id, c.tenant_id from characters c where {_named(slug_or_id)} and c.deleted_at is null"
            character = await connection.fetchrow(f"{lock} for no key update", slug_or_id)
            if character is None or not may_change(character["tenant_id"]):
                return None
            newest = f"select {_COLUMNS}, v.secrets from {_NEWEST} where c.id = $1"
            row = await connection.fetchrow(newest, character["id"])
            stored = _stored(row)
            assert row is not None
            assert stored is not None
            following = await step(stored, Version(stored.definition, row["secrets"]))
            if following is None:
                return stored
            await _refuse_unknown(connection, stored.tenant_id, stored.id, following.definition, stored.definition)
            await _add_version(connection, stored.id, stored.version + 1, user_id, following)
            await connection.execute(
                "update characters set version = version + 1, search = $2 where id = $1",
                stored.id,
                _searched(following.definition),
            )
            await self._prune(connection, stored.id, stored.version + 1)
            return _stored(await connection.fetchrow(newest, stored.id))

    async def delete(self, character_id: str, version: int | None = None) -> bool:
        """Takes a character away and keeps its history; False when it was gone.

        version: only if this is its newest.
        """
        status = await self._pool.execute(
            """update characters set deleted_at = now()
            where id = $1 and deleted_at is null and version = coalesce($2, version)""",
            character_id,
            version,
        )
        return status != "UPDATE 0"

    async def versions(self, character_id: str, below: int, limit: int, skip: int = 0) -> list[asyncpg.Record]:
        """version, created_at, created_by, changed of a character's versions, newest first, numbered below a bound."""
        return await self._pool.fetch(
            """select version, created_at, created_by, changed from versions
            where character_id = $1 and version < $2 order by version desc offset $4 limit $3""",
            character_id,
            below,
            limit,
            skip,
        )

    async def count_versions(self, character_id: str) -> int:
        """Versions of a character that are kept."""
        number: int = await self._pool.fetchval("select count(*) from versions where character_id = $1", character_id)
        return number

    async def version(self, character_id: str, number: int) -> Kept | None:
        """One version, None when it is not kept."""
        row = await self._pool.fetchrow(
            """select character_id, version, created_by, created_at, changed, definition, secrets
            from versions where character_id = $1 and version = $2""",
            character_id,
            number,
        )
        return None if row is None else Kept(**{**row, "definition": _whole(row["definition"])})

    async def secrets(self, character_id: str, version: int) -> dict[str, str] | None:
        """The encrypted secrets of one version, also of a deleted character; None for an unknown one."""
        if not _may_exist(character_id):
            return None
        secrets: dict[str, str] | None = await self._pool.fetchval(
            "select secrets from versions where character_id = $1 and version = $2", character_id, version
        )
        return secrets

    async def sealed(self, after: tuple[str, int], limit: int) -> list[tuple[str, int, dict[str, str]]]:
        """Character, number and sealed secrets of versions that have some, behind one of them in their order."""
        rows = await self._pool.fetch(
            """select character_id, version, secrets from versions
            where (character_id, version) > ($1, $2) and secrets <> '{}' order by character_id, version limit $3""",
            *after,
            limit,
        )
        return [(row["character_id"], row["version"], row["secrets"]) for row in rows]

    async def replace_sealed(
        self, character_id: str, version: int, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        """Replaces the sealed secrets of one version, unless they are no longer what they were."""
        await self._pool.execute(
            "update versions set secrets = $4 where character_id = $1 and version = $2 and secrets = $3",
            character_id,
            version,
            dict(before),
            dict(after),
        )

    async def _prune(self, connection: "Connection", character_id: str, newest: int) -> None:
        if newest <= self._versions_kept:
            return
        # What was the newest version a day ago may have a call on it that began with it then.
        await connection.execute(
            """delete from versions where character_id = $1 and version <= $2 and version < (
                select max(version) from versions
                where character_id = $1 and created_at < now() - make_interval(days => $3)
            )""",
            character_id,
            newest - self._versions_kept,
            CALL_DAYS,
        )


def folded(text: str) -> str:
    """The text as searches compare it."""
    return unicodedata.normalize("NFC", text).casefold()


def _searched(definition: Mapping[str, Any]) -> str:
    return folded(f"{definition['slug']} {definition['name']}")[:_SEARCH_MAX_CHARACTERS]


async def _refuse_unknown(
    connection: "Connection",
    tenant_id: str,
    character_id: str,
    definition: Mapping[str, Any],
    before: Mapping[str, Any],
) -> None:
    """Judges what a definition names outside it, but not what it named before: that may have gone since."""
    slugs = references.handoffs(definition)
    new = set(slugs.values()) - set(references.handoffs(before).values() if before else ())
    known = await _known(
        connection,
        "select slug from characters where tenant_id = $1 and slug = any($2) and deleted_at is null",
        tenant_id,
        new,
    )
    faults = {
        path: [f"{slug!r} is not the slug of a character of the same owner"]
        for path, slug in slugs.items()
        if slug in new - known
    }
    files = references.media(definition, character_id)
    # Locked, so that no file is swept away that a new version names again.
    kept = await _known(
        connection,
        "select name from media where character_id = $1 and name = any($2) for share",
        character_id,
        files.values(),
    )
    faults |= {
        path: ["is not the address of a file that was uploaded for this character"]
        for path, name in files.items()
        if name not in kept
    }
    if faults:
        raise validation(faults)


async def _known(connection: "Connection", statement: str, owner: str, names: Iterable[str]) -> set[str]:
    wanted = list(names)
    return {row[0] for row in await connection.fetch(statement, owner, wanted)} if wanted else set()


async def _add_version(
    connection: "Connection", character_id: str, number: int, user_id: int, version: Version
) -> None:
    await connection.execute(
        """insert into versions (character_id, version, definition, secrets, changed, bytes, media, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        character_id,
        number,
        version.definition,
        dict(version.secrets),
        version.changed,
        len(compact(version.definition).encode()),
        list(references.media(version.definition, character_id).values()),
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
    return Stored(**values | {"definition": _whole(row["definition"])})


def _whole(definition: Mapping[str, Any]) -> dict[str, Any]:
    # A version stored before a field existed has its default; a field that is kept no longer is left out.
    return {name: definition.get(name, default) for name, default in DEFAULTS.items()}
