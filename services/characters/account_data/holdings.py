"""The tables with rows of a tenant, and how they and their files are deleted.

A new table joins with a line. Where its rows go with those of another table (`on delete cascade`) it names that table
as `goes_with`: an export shows the rows, and a deletion leaves them to that table.
"""

# ruff: noqa: S608 - the parts of statements are the constants below

import asyncio
import time

from services.characters.media.statements import FILE_KEY
from services.kit import account_data, tasks
from services.kit.account_data import Holding
from services.kit.blobs import Blobs
from services.kit.database import Pool

_OF_CHARACTERS = "character_id in (select id from characters where tenant_id = $1)"
# The second part of a document's key is its character.
_DISCARDED = "split_part(file_key, '/', 2) in (select id from characters where tenant_id = $1)"
_FILES_AT_ONCE = 20

# A deleted document leaves the key of its file in `discarded_files`.
_DOCUMENTS = (
    Holding("chunks", _OF_CHARACTERS, exported=False),
    Holding("documents", key=("seq",), hidden=frozenset({"seq", "attempts"})),
    Holding("document_events", key=("number",), hidden=frozenset({"number"})),
)
# Holding → SQL expression of the key of a row's file. Files are deleted before their rows.
_FILES = {
    Holding("media", _OF_CHARACTERS, ("character_id", "name")): FILE_KEY,
    Holding("discarded_files", _DISCARDED, ("file_key",), exported=False): "file_key",
}
_CHARACTERS = (
    Holding("versions", _OF_CHARACTERS, ("character_id", "version"), hidden=frozenset({"secrets", "bytes"})),
    Holding("characters", key=("seq",), hidden=frozenset({"seq"})),
)
HOLDINGS = (*_DOCUMENTS, *_FILES, *_CHARACTERS)

# Statements by table: some keys of files of a tenant, and the deletion of the rows of some keys.
LIST_FILE_KEYS = {
    holding.table: f"select {key} from {holding.table} where {holding.where} limit {_FILES_AT_ONCE}"
    for holding, key in _FILES.items()
}
DELETE_FILE_ROWS = {
    holding.table: f"delete from {holding.table} where {holding.where} and {key} = any($2)"
    for holding, key in _FILES.items()
}


async def delete(pool: Pool, blobs: Blobs, tenant_id: str, seconds: float) -> bool:
    """Deletes the tenant's rows and files, a few at a time; False when time was up before the last.

    Raises: CallboxError `upstream_unavailable` when the store of files is away. The next deletion finds what is left.
    """
    deadline = time.monotonic() + seconds
    return (
        await account_data.delete(pool, _DOCUMENTS, tenant_id, seconds)
        and await _delete_files(pool, blobs, tenant_id, deadline)
        and await account_data.delete(pool, _CHARACTERS, tenant_id, deadline - time.monotonic())
    )


async def _delete_files(pool: Pool, blobs: Blobs, tenant_id: str, deadline: float) -> bool:
    for table, list_keys in LIST_FILE_KEYS.items():
        while keys := [row[0] for row in await pool.fetch(list_keys, tenant_id)]:
            deleting = [asyncio.create_task(blobs.delete(key), name="delete-file") for key in keys]
            try:
                await asyncio.gather(*deleting)
            finally:
                await tasks.end(*deleting)
            await pool.execute(DELETE_FILE_ROWS[table], tenant_id, keys)
            if time.monotonic() > deadline:
                return False
    return True
