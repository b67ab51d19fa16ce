"""The files of characters where they are kept: rows in PostgreSQL, content in the store of files."""

# ruff: noqa: S608 - what is put into statements are the constants below

from dataclasses import dataclass

from services.characters.media.kinds import Media, Purpose
from services.characters.store import CALL_DAYS
from services.kit.blobs import Blobs
from services.kit.database import Pool
from services.kit.errors import not_found

# A row's file in the store, as an expression of SQL; `_key` says the same.
FILE_KEY = "'characters/' || character_id || '/' || name"
# A file that no version names may be one whose version is just being made.
_GRACE_HOURS = 1
_UNUSED = f"""select m.character_id, m.name from media m join characters c on c.id = m.character_id
    where (
        c.deleted_at < now() - make_interval(days => {CALL_DAYS})
        or (c.deleted_at is not null or m.created_at < now() - make_interval(hours => {_GRACE_HOURS}))
        and not exists (
            select from versions v where v.character_id = m.character_id and m.name = any(v.media)
        )
    )"""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A file that is kept. deleted: its character is."""

    purpose: Purpose
    media_type: str
    tenant_id: str
    deleted: bool


class Shelf:
    """Keeps files, and takes away those that no version of a character names any more."""

    def __init__(self, pool: Pool, blobs: Blobs) -> None:
        self._pool = pool
        self._blobs = blobs

    async def put(self, character_id: str, user_id: int, media: Media) -> None:
        """Keeps a file of a character; the same content is kept once.

        Raises: CallboxError `not_found` when the character is gone.
        """
        # The row comes first, so that what a failure leaves behind is found and swept away.
        added = await self._pool.execute(
            """insert into media (character_id, name, purpose, media_type, bytes, created_by)
            select id, $2, $3, $4, $5, $6 from characters where id = $1 and deleted_at is null
            on conflict (character_id, name) do update set created_at = now()""",
            character_id,
            media.name,
            str(media.purpose),
            media.media_type,
            len(media.content),
            user_id,
        )
        gone = not_found("Character")
        if added == "INSERT 0 0":
            raise gone
        await self._blobs.put(_key(character_id, media.name), media.content)
        if await self.find(character_id, media.name) is None:
            # Deleted meanwhile with its row: nobody else would find the file.
            await self._blobs.delete(_key(character_id, media.name))
            raise gone

    async def find(self, character_id: str, name: str) -> Shelved | None:
        """What is known of a file, None when there is none."""
        row = await self._pool.fetchrow(
            """select m.purpose, m.media_type, c.tenant_id, c.deleted_at is not null as deleted
            from media m join characters c on c.id = m.character_id where m.character_id = $1 and m.name = $2""",
            character_id,
            name,
        )
        if row is None:
            return None
        return Shelved(Purpose(row["purpose"]), row["media_type"], row["tenant_id"], row["deleted"])

    async def read(self, character_id: str, name: str) -> bytes | None:
        """A file's content."""
        return await self._blobs.get(_key(character_id, name))

    async def sweep(self, limit: int) -> int:
        """Takes away at most `limit` files that nothing names; says how many it took."""
        rows = await self._pool.fetch(f"{_UNUSED} order by m.created_at limit $1", limit)
        taken = 0
        for row in rows:
            taken += await self._take(row["character_id"], row["name"])
        return taken

    async def _take(self, character_id: str, name: str) -> bool:
        async with self._pool.acquire() as connection, connection.transaction():
            # Held until the content is gone: who uploads the same file meanwhile waits, and finds it gone.
            held = await connection.fetchrow(
                f"{_UNUSED} and m.character_id = $1 and m.name = $2 for update of m skip locked", character_id, name
            )
            if held is None:
                return False
            await self._blobs.delete(_key(character_id, name))
            await connection.execute("delete from media where character_id = $1 and name = $2", character_id, name)
            return True


def _key(character_id: str, name: str) -> str:
    return f"characters/{character_id}/{name}"
