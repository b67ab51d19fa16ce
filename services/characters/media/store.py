"""Uploaded files of characters: rows in PostgreSQL, content in the store of files."""

from dataclasses import dataclass

from services.characters.media import statements
from services.characters.media.validation import MediaFile, Purpose
from services.kit.blobs import Blobs
from services.kit.database import Pool
from services.kit.errors import not_found


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A file that is kept. deleted: whether its character is."""

    purpose: Purpose
    media_type: str
    tenant_id: str
    deleted: bool


class MediaStore:
    """Keeps files, and deletes those that no version of a character uses any more."""

    def __init__(self, pool: Pool, blobs: Blobs) -> None:
        self._pool = pool
        self._blobs = blobs

    async def put(self, character_id: str, user_id: int, file: MediaFile) -> None:
        """Keeps a file of a character; the same content is kept once.

        Raises: CallboxError `not_found` when the character is gone.
        """
        # The row comes first, so that the cleanup finds a file whose upload failed half-way.
        added = await self._pool.execute(
            statements.INSERT,
            character_id,
            file.name,
            str(file.purpose),
            file.media_type,
            len(file.content),
            user_id,
        )
        gone = not_found("Character")
        if added == "INSERT 0 0":
            raise gone
        await self._blobs.put(file_key(character_id, file.name), file.content)
        if await self.find(character_id, file.name) is None:
            # The row was deleted meanwhile, and without a row no cleanup finds the file.
            await self._blobs.delete(file_key(character_id, file.name))
            raise gone

    async def find(self, character_id: str, name: str) -> StoredMedia | None:
        """The row of a file, None when there is none."""
        row = await self._pool.fetchrow(statements.FIND, character_id, name)
        if row is None:
            return None
        return StoredMedia(Purpose(row["purpose"]), row["media_type"], row["tenant_id"], row["deleted"])

    async def read(self, character_id: str, name: str) -> bytes | None:
        """The content of a file."""
        return await self._blobs.get(file_key(character_id, name))

    async def delete_unused(self, limit: int) -> int:
        """Deletes at most `limit` files that no version uses; returns how many."""
        rows = await self._pool.fetch(statements.LIST_UNUSED, limit)
        deleted = 0
        for row in rows:
            deleted += await self._delete_if_unused(row["character_id"], row["name"])
        return deleted

    async def _delete_if_unused(self, character_id: str, name: str) -> bool:
        async with self._pool.acquire() as connection, connection.transaction():
            # Locked until the content is deleted: an upload of the same file waits, and then makes a new row.
            locked = await connection.fetchrow(statements.LOCK_UNUSED, character_id, name)
            if locked is None:
                return False
            await self._blobs.delete(file_key(character_id, name))
            await connection.execute(statements.DELETE, character_id, name)
            return True


def file_key(character_id: str, name: str) -> str:
    """The key of a file in the store of files."""
    return f"characters/{character_id}/{name}"
