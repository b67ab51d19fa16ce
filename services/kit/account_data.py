"""What a service holds of one tenant, table by table: deleted in steps, exported in pages.

A service lists its tables as `Holding`s, and new ones join with a line each.
"""

import base64
import binascii
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
from google.protobuf.struct_pb2 import Struct

from services.kit.database import Pool
from services.kit.errors import CallboxError, Code
from services.kit.structs import EXACT

# Rows that one statement deletes, with all that goes with them.
_DELETE_ROWS = 200
_EXPORT_ROWS = 500
_EXPORT_BYTES = 1_000_000
_PREFETCH_ROWS = 50


@dataclass(frozen=True)
class Holding:
    """A table with rows of tenants.

    table: also the name of the collection in an export. where: which rows are the tenant's, whose id is `$1`. key: the
    columns of its primary key, or another unique index. hidden: columns that no export shows; bytes are never shown.
    goes_with: another table, whose rows take these along when they are deleted (`on delete cascade`).
    exported: False leaves it out of exports.
    """

    table: str
    where: str = "tenant_id = $1"
    key: tuple[str, ...] = ("id",)
    hidden: frozenset[str] = frozenset()
    goes_with: str = ""
    exported: bool = True


@dataclass(frozen=True)
class Page:
    """Rows of one collection. token: of the next page, empty on the last."""

    collection: str
    items: list[dict[str, Any]]
    token: str

    def structs(self) -> list[Struct]:
        """The items as they travel."""
        structs = [Struct() for _ in self.items]
        for struct, item in zip(structs, self.items, strict=True):
            struct.update(item)
        return structs


async def delete(pool: Pool, holdings: Sequence[Holding], tenant_id: str, seconds: float) -> bool:
    """Deletes the tenant's rows, table after table, a few at a time; False when time was up before the last."""
    until = time.monotonic() + seconds
    for holding in holdings:
        if holding.goes_with:
            continue
        statement = f"""delete from {holding.table} where ctid = any(array(
            select ctid from {holding.table} where {holding.where} limit {_DELETE_ROWS}))"""  # noqa: S608  # our own words
        while await pool.execute(statement, tenant_id) != "DELETE 0":
            if time.monotonic() > until:
                return False
    return True


async def export(pool: Pool, holdings: Sequence[Holding], tenant_id: str, token: str) -> Page:
    """One page of the tenant's rows.

    Raises: CallboxError `invalid_request` for a token that no page gave out.
    """
    shown = [holding for holding in holdings if holding.exported]
    number, after = _read(token, shown)
    holding = shown[number]
    items: list[dict[str, Any]] = []
    size, last = 0, None
    try:
        async with pool.acquire() as connection, connection.transaction(readonly=True):
            async for row in connection.cursor(_select(holding, after), tenant_id, *after, prefetch=_PREFETCH_ROWS):
                item = _item(row, holding)
                items.append(item)
                size += len(json.dumps(item))
                if size > _EXPORT_BYTES or len(items) == _EXPORT_ROWS:
                    last = [row[name] for name in holding.key]
                    break
    except asyncpg.DataError:
        raise _bad_token() from None
    if last is None and number + 1 == len(shown):
        return Page(holding.table, items, "")
    return Page(holding.table, items, _write(number + 1, []) if last is None else _write(number, last))


def _item(row: asyncpg.Record, holding: Holding) -> dict[str, Any]:
    return {
        name: _plain(value)
        for name, value in row.items()
        if name not in holding.hidden and not isinstance(value, bytes)
    }


def _select(holding: Holding, after: Sequence[object]) -> str:
    columns = ", ".join(holding.key)
    bound = ""
    if after:
        bound = f" and ({columns}) > ({', '.join(f'${number}' for number in range(2, len(after) + 2))})"
    # With the limit in sight the rows are read in the order of the key; without, all of them are sorted for each page.
    return f"""select * from {holding.table} where ({holding.where}){bound}
        order by {columns} limit {_EXPORT_ROWS}"""  # noqa: S608  # our own words


def _plain(value: Any) -> Any:
    """A column as JSON: times in UTC, whole numbers that a double would round as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | float | str) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= EXACT else str(value)
    return str(value)


def _write(number: int, after: Sequence[object]) -> str:
    return base64.urlsafe_b64encode(json.dumps([number, *after]).encode()).decode()


def _read(token: str, holdings: Sequence[Holding]) -> tuple[int, list[Any]]:
    if not token:
        return 0, []
    try:
        number, *after = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        if isinstance(number, bool) or not (isinstance(number, int) and 0 <= number < len(holdings)):
            raise ValueError(token)
        if after and len(after) != len(holdings[number].key):
            raise ValueError(token)
        if not all(isinstance(part, int | str) and len(str(part)) < 200 and "\x00" not in str(part) for part in after):
            raise ValueError(token)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise _bad_token() from None
    return number, after


def _bad_token() -> CallboxError:
    return CallboxError(Code.INVALID_REQUEST, "The page token is not one that this list gave out; begin again.")
