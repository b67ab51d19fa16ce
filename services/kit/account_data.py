"""Deletes all rows of one tenant in steps, and exports them in pages.

A service lists its tables as `Holding`s; a new table needs one more line there.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from google.protobuf.struct_pb2 import Struct

from services.kit.database import Pool
from services.kit.paging import bad_page_token, page_token, read_page_token
from services.kit.structs import EXACT
from services.kit.times import iso

# Rows that one statement deletes, apart from the rows that cascade.
_DELETE_ROWS = 200
_EXPORT_ROWS = 500
_EXPORT_BYTES = 1_000_000
_PREFETCH_ROWS = 50


@dataclass(frozen=True)
class Holding:
    """A table with rows of tenants.

    table: also the name of the collection in an export. where: condition for the tenant's rows; `$1` is its id.
    key: columns of the primary key, or of another unique index. hidden: columns left out of exports; `bytea` columns
    always are. goes_with: the table whose deleted rows delete these, too (`on delete cascade`). exported: False leaves
    the table out of exports.
    """

    table: str
    where: str = "tenant_id = $1"
    key: tuple[str, ...] = ("id",)
    hidden: frozenset[str] = frozenset()
    goes_with: str = ""
    exported: bool = True


@dataclass(frozen=True)
class Page:
    """Rows of one collection. token: of the next page; empty on the last page."""

    collection: str
    items: list[dict[str, Any]]
    token: str

    def structs(self) -> list[Struct]:
        """The items as protobuf messages."""
        structs = [Struct() for _ in self.items]
        for struct, item in zip(structs, self.items, strict=True):
            struct.update(item)
        return structs


async def delete(pool: Pool, holdings: Sequence[Holding], tenant_id: str, seconds: float) -> bool:
    """Deletes the tenant's rows, 200 at a time. False if `seconds` were over before the last row was deleted."""
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

    Raises: CallboxError `invalid_request` for a token that no page had.
    """
    shown = [holding for holding in holdings if holding.exported]
    number, after = _start_of(token, shown)
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
        raise bad_page_token() from None
    if last is None and number + 1 == len(shown):
        return Page(holding.table, items, "")
    return Page(holding.table, items, page_token(number + 1) if last is None else page_token(number, *last))


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
    # The limit lets the planner read rows in the order of the key; without it, it sorts all of them for each page.
    return f"""select * from {holding.table} where ({holding.where}){bound}
        order by {columns} limit {_EXPORT_ROWS}"""  # noqa: S608  # our own words


def _plain(value: Any) -> Any:
    """A column's value as JSON: times in UTC; integers that a double cannot hold exactly as text."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | float | str) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= EXACT else str(value)
    return str(value)


def _start_of(token: str, holdings: Sequence[Holding]) -> tuple[int, list[int | str]]:
    """Where the page of a token starts: the number of its table, and the key of the row before it."""
    if not token:
        return 0, []
    number, *after = read_page_token(token) or [-1]
    if not isinstance(number, int) or not 0 <= number < len(holdings):
        raise bad_page_token()
    if after and len(after) != len(holdings[number].key):
        raise bad_page_token()
    return number, after
