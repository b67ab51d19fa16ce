"""What characters holds of one tenant. A new table joins with a line: where its rows go with those of another table
(`on delete cascade`), as `goes_with`, so that an export shows them and a deletion leaves them to that table."""

# ruff: noqa: S608 - what is put into statements are the constants below

import asyncio
import time

from services.characters.media.store import FILE_KEY
from services.kit import account_data, tasks
from services.kit.account_data import Holding
from services.kit.blobs import Blobs
from services.kit.database import Pool

_OF_CHARACTERS = "character_id in (select id from characters where tenant_id = $1)"
# The second part of a document's key is its character.
_DISCARDED = "split_part(file_key, '/', 2) in (select id from characters where tenant_id = $1)"
_FILES_AT_ONCE = 20

# A document that is deleted leaves the key of its file in `discarded_files`.
_DOCUMENTS = (
    Holding("chunks", _OF_CHARACTERS, exported=False),
    Holding("documents", key=("seq",), hidden=frozenset({"seq", "attempts"})),
    Holding("document_events", key=("number",), hidden=frozenset({"number"})),
)
# Holding → its files in the store, which go before its rows do.
_FILES = {
    Holding("media", _OF_CHARACTERS, ("character_id", "name")): FILE_KEY,
    Holding("discarded_files", _DISCARDED, ("file_key",), exported=False): "file_key",
}
_CHARACTERS = (
    Holding("versions", _OF_CHARACTERS, ("character_id", "version"), hidden=frozenset({"secrets", "bytes"})),
    Holding("characters", key=("seq",), hidden=frozenset({"seq"})),
)
HOLDINGS = (*_DOCUMENTS, *_FILES, *_CHARACTERS)


async def delete(pool: Pool, blobs: Blobs, tenant_id: str, seconds: float) -> bool:
    """Deletes the tenant's rows and files, a few at a time; False when time was up before the last.

    Raises: CallboxError `upstream_unavailable` when the store of files is away; what is left is found again.
    """
    until = time.monotonic() + seconds
    return (
        await account_data.delete(pool, _DOCUMENTS, tenant_id, seconds)
        and await _delete_files(pool, blobs, tenant_id, until)
        and await account_data.delete(pool, _CHARACTERS, tenant_id, until - time.monotonic())
    )


async def _delete_files(pool: Pool, blobs: Blobs, tenant_id: str, until: float) -> bool:
    for holding, key in _FILES.items():
        some = f"select {key} from {holding.table} where {holding.where} limit {_FILES_AT_ONCE}"
        while keys := [row[0] for row in await pool.fetch(some, tenant_id)]:
            deleting = [asyncio.create_task(blobs.delete(key), name="delete-file") for key in keys]
            try:
                await asyncio.gather(*deleting)
            finally:
                await tasks.end(*deleting)
            await pool.execute(
                f"delete from {holding.table} where {holding.where} and {key} = any($2)", tenant_id, keys
            )
            if time.monotonic() > until:
                return False
    return True
