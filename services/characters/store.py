"""Characters and their versions in PostgreSQL."""

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

from services.characters import statements
from services.characters.definition import references
from services.characters.definition.validation import DEFAULTS
from services.characters.definition.versions import Version
from services.kit.character_definition.field_types import compact_json
from services.kit.database import Pool
from services.kit.errors import validation
from services.kit.ids import new_id

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

ID_PREFIX = "chr"
# Length of the longest call. What a call may still use is kept that long.
CALL_DAYS = 1
# Bytes of the definitions in one page of a list; well below what a gRPC message may hold.
_PAGE_BYTES = 2 * 1024 * 1024
_NAME_MAX_CHARACTERS = 100
# A change holds a connection of the pool's ten while it is validated. The others are left for calls that start.
_CHANGES_AT_ONCE = 6
_SEARCH_MAX_CHARACTERS = 264


@dataclass(frozen=True, slots=True)
class StoredCharacter:
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
        """The entity tag of this version."""
        return f"{self.id}.{self.version}"


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version of a character. changed: fields that differ from the version before."""

    character_id: str
    version: int
    created_by: int
    created_at: datetime
    changed: list[str]
    definition: dict[str, Any]
    secrets: dict[str, str] = field(repr=False)

    @property
    def content(self) -> Version:
        """What a new version is made from."""
        return Version(self.definition, self.secrets, tuple(self.changed))


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What decides who may use a character."""

    id: str
    slug: str
    version: int
    tenant_id: str
    is_active: bool
    allowed_origins: list[str]


# Makes a new version from the newest one, or None when nothing changes.
MakeVersion: TypeAlias = Callable[[StoredCharacter, Version], Awaitable[Version | None]]


class CharacterStore:
    """Reads and writes characters and their versions."""

    def __init__(self, pool: Pool, versions_kept: int) -> None:
        """versions_kept: of each character, beside those that a call may still use."""
        self._pool = pool
        self._versions_kept = versions_kept
        self._changes = asyncio.Semaphore(_CHANGES_AT_ONCE)

    async def create(self, tenant_id: str, user_id: int, version: Version) -> StoredCharacter | None:
        """Creates a character; None when its slug is taken.

        Raises: CallboxError `validation_failed` when it refers to a character or file that its owner does not have.
        """
        character_id = new_id(ID_PREFIX)
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(
                    statements.INSERT_CHARACTER,
                    character_id,
                    version.definition["slug"],
                    tenant_id,
                    user_id,
                    _search_text(version.definition),
                )
                await _check_references(connection, tenant_id, character_id, version.definition, {})
                await _insert_version(connection, character_id, 1, user_id, version)
                return _character(await connection.fetchrow(statements.READ_CHARACTER, character_id))
        except asyncpg.UniqueViolationError:
            return None

    async def find(self, slug_or_id: str) -> StoredCharacter | None:
        """The character with this slug or identity, unless it is deleted."""
        if not _may_exist(slug_or_id):
            return None
        statement = statements.FIND_BY_ID if _is_id(slug_or_id) else statements.FIND_BY_SLUG
        return _character(await self._pool.fetchrow(statement, slug_or_id))

    async def find_access_rules(self, slug_or_id: str) -> AccessRules | None:
        """What decides who may use a character; None when there is none, or it is deleted."""
        if not _may_exist(slug_or_id):
            return None
        by_id, by_slug = statements.FIND_ACCESS_RULES_BY_ID, statements.FIND_ACCESS_RULES_BY_SLUG
        row = await self._pool.fetchrow(by_id if _is_id(slug_or_id) else by_slug, slug_or_id)
        return None if row is None else AccessRules(**row)

    async def appearance(self, character_id: str, version: int) -> dict[str, Any]:
        """The appearance overrides of one version."""
        overrides: dict[str, Any] | None = await self._pool.fetchval(statements.READ_APPEARANCE, character_id, version)
        return overrides or {}

    async def page(
        self, tenant_id: str, below: int, limit: int, *, query: str = "", skip: int = 0
    ) -> tuple[list[StoredCharacter], bool]:
        """A tenant's characters with `seq` below a bound, newest first, and whether there are more.

        query: text that the slug or the name contains, in any case. The page ends before `limit` where the definitions
        would make too large an answer.
        """
        rows = await self._pool.fetch(
            statements.LIST_CHARACTERS, tenant_id, below, folded(query), skip, limit, _PAGE_BYTES
        )
        characters = [character for row in rows if (character := _character(row)) is not None]
        return characters, bool(rows and rows[-1]["more"])

    async def count(self, tenant_id: str, query: str = "") -> int:
        """The number of a tenant's characters whose slug or name contains a text."""
        number: int = await self._pool.fetchval(statements.COUNT_CHARACTERS, tenant_id, folded(query))
        return number

    async def update(
        self,
        slug_or_id: str,
        may_change: Callable[[str], bool],
        user_id: int,
        make_version: MakeVersion,
    ) -> StoredCharacter | None:
        """Adds the version that `make_version` makes from the newest one. Updates of one character wait for each other.

        may_change: whether the caller may change a character of this tenant. None when there is no such character.
        Raises: whatever `make_version` raises, and CallboxError `validation_failed` when the new version refers to a
        character or file that the owner does not have and that the version before did not refer to.
        """
        if not _may_exist(slug_or_id):
            return None
        lock = statements.LOCK_BY_ID if _is_id(slug_or_id) else statements.LOCK_BY_SLUG
        async with self._changes, self._pool.acquire() as connection, connection.transaction():
            locked = await connection.fetchrow(lock, slug_or_id)
            if locked is None or not may_change(locked["tenant_id"]):
                return None
            row = await connection.fetchrow(statements.READ_CHARACTER_WITH_SECRETS, locked["id"])
            character = _character(row)
            assert row is not None
            assert character is not None
            version = await make_version(character, Version(character.definition, row["secrets"]))
            if version is None:
                return character
            number = character.version + 1
            await _check_references(
                connection, character.tenant_id, character.id, version.definition, character.definition
            )
            await _insert_version(connection, character.id, number, user_id, version)
            await connection.execute(statements.SET_NEWEST_VERSION, character.id, _search_text(version.definition))
            if number > self._versions_kept:
                oldest_kept = number - self._versions_kept
                await connection.execute(statements.DELETE_OLD_VERSIONS, character.id, oldest_kept, CALL_DAYS)
            return _character(await connection.fetchrow(statements.READ_CHARACTER, character.id))

    async def delete(self, character_id: str, version: int | None = None) -> bool:
        """Deletes a character but keeps its history; False when it was gone.

        version: deletes only if this is the newest.
        """
        return await self._pool.execute(statements.DELETE_CHARACTER, character_id, version) != "UPDATE 0"

    async def versions(self, character_id: str, below: int, limit: int, skip: int = 0) -> list[asyncpg.Record]:
        """A character's versions with numbers below a bound, newest first: version, created_at, created_by, changed."""
        return await self._pool.fetch(statements.LIST_VERSIONS, character_id, below, limit, skip)

    async def count_versions(self, character_id: str) -> int:
        """The number of a character's versions that are kept."""
        number: int = await self._pool.fetchval(statements.COUNT_VERSIONS, character_id)
        return number

    async def version(self, character_id: str, number: int) -> StoredVersion | None:
        """One version, None when it is not kept."""
        row = await self._pool.fetchrow(statements.READ_VERSION, character_id, number)
        return None if row is None else StoredVersion(**{**row, "definition": _completed(row["definition"])})

    async def secrets(self, character_id: str, version: int) -> dict[str, str] | None:
        """The encrypted secrets of one version, also of a deleted character; None when there is no such version."""
        if not _may_exist(character_id):
            return None
        secrets: dict[str, str] | None = await self._pool.fetchval(statements.READ_SECRETS, character_id, version)
        return secrets

    async def encrypted_secrets(self, after: tuple[str, int], limit: int) -> list[tuple[str, int, dict[str, str]]]:
        """Versions that have secrets, in order, after one of them: character, number, encrypted secrets."""
        rows = await self._pool.fetch(statements.LIST_SECRETS, *after, limit)
        return [(row["character_id"], row["version"], row["secrets"]) for row in rows]

    async def replace_secrets(
        self, character_id: str, version: int, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        """Replaces the encrypted secrets of one version, unless they have changed since they were read."""
        await self._pool.execute(statements.REPLACE_SECRETS, character_id, version, dict(before), dict(after))


def folded(text: str) -> str:
    """The text in the form in which searches compare it."""
    return unicodedata.normalize("NFC", text).casefold()


def _search_text(definition: Mapping[str, Any]) -> str:
    return folded(f"{definition['slug']} {definition['name']}")[:_SEARCH_MAX_CHARACTERS]


async def _check_references(
    connection: "Connection",
    tenant_id: str,
    character_id: str,
    definition: Mapping[str, Any],
    before: Mapping[str, Any],
) -> None:
    """Refuses references to what the owner does not have. Handoffs of the version before pass: a target may be gone."""
    slugs = references.handoff_slugs(definition)
    new = set(slugs.values()) - set(references.handoff_slugs(before).values() if before else ())
    known = await _existing(connection, statements.FIND_SLUGS_OF_TENANT, tenant_id, new)
    faults = {
        path: [f"{slug!r} is not the slug of a character of the same owner"]
        for path, slug in slugs.items()
        if slug in new - known
    }
    files = references.media_names(definition, character_id)
    kept = await _existing(connection, statements.LOCK_MEDIA, character_id, files.values())
    faults |= {
        path: ["is not the address of a file that was uploaded for this character"]
        for path, name in files.items()
        if name not in kept
    }
    if faults:
        raise validation(faults)


async def _existing(connection: "Connection", statement: str, owner: str, names: Iterable[str]) -> set[str]:
    wanted = list(names)
    return {row[0] for row in await connection.fetch(statement, owner, wanted)} if wanted else set()


async def _insert_version(
    connection: "Connection", character_id: str, number: int, user_id: int, version: Version
) -> None:
    await connection.execute(
        statements.INSERT_VERSION,
        character_id,
        number,
        version.definition,
        dict(version.secrets),
        version.changed,
        len(compact_json(version.definition).encode()),
        list(references.media_names(version.definition, character_id).values()),
        user_id,
    )


def _is_id(slug_or_id: str) -> bool:
    # No slug has an underscore, every identity has one.
    return "_" in slug_or_id


def _may_exist(slug_or_id: str) -> bool:
    return len(slug_or_id) <= _NAME_MAX_CHARACTERS and slug_or_id.isprintable()


def _character(row: asyncpg.Record | None) -> StoredCharacter | None:
    if row is None:
        return None
    values = {name: row[name] for name in StoredCharacter.__slots__}
    return StoredCharacter(**values | {"definition": _completed(row["definition"])})


def _completed(definition: Mapping[str, Any]) -> dict[str, Any]:
    # A field that is newer than the version has its default; a field that is no longer documented is left out.
    return {name: definition.get(name, default) for name, default in DEFAULTS.items()}
