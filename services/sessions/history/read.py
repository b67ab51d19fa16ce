"""What was: sessions and their turns, read back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from callbox.sessions.v1 import sessions_pb2 as pb
from pydantic_core import from_json

from services.kit.errors import validation
from services.sessions import messages
from services.sessions.forms import store
from services.sessions.history import totals
from services.sessions.history.filter import Filter
from services.sessions.store import Connection, Store

DEFAULT_PAGE, MAX_PAGE = 50, 200
# PostgreSQL's own limit of an offset is far off; nobody turns this many pages.
MAX_SKIP = 10_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Everything a Session shows; the snapshot, which is large, is left where it is.
_COLUMNS = """
    id, session_id, tenant_id, owner_id, character_id, character_slug, character_version, user_id, room_name,
    origin_url, metadata, status, end_reason, create_time, join_time, end_time, finalize_time,
    llm_input_tokens, llm_output_tokens, stt_audio_seconds, tts_characters,
    llm_model, llm_provider, stt_provider, tts_provider, interruption_count, turn_count, cost_nano_usd, voice
"""
ONE = f"select {_COLUMNS} from sessions where session_id = $1"  # noqa: S608
TURNS = """
    select session_row, string_agg(wire, ''::bytea order by turn_index) as wires, bool_and(wire is not null) as has_all
    from turns where session_row = any($1) group by session_row
"""
TURN_BODIES = "select session_row, body::text from turns where session_row = any($1) order by session_row, turn_index"
TOOLS = """
    select session_row, body::text from events where session_row = any($1) and kind = 'tool'
    order by session_row, sequence
"""


@dataclass(frozen=True)
class Page:
    """One page of sessions, newest first, and the totals of all that match."""

    sessions: list[pb.Session]
    next_page_token: str
    total_size: int
    total_usage: pb.Usage


class History:
    """Reads sessions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, session_id: str) -> pb.Session | None:
        """One session with all that is kept of it."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(ONE, session_id)
            if row is None:
                return None
            session = (await _whole(connection, [row]))[0]
            answers = await store.of_sessions(connection, [session_id], None, store.MAX_OF_SESSION)
        session.form_responses.extend(map(messages.form_response, answers))
        return session

    async def head(self, session_id: str) -> pb.Session | None:
        """One session without what was said and done in it."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(ONE, session_id)
        return None if row is None else messages.session(row)

    async def list(self, wanted: Filter, page_size: int, page_token: str, skip: int, *, full: bool) -> Page:
        """One page. Raises: CallboxError `validation_failed` for a token that is not ours."""
        text, arguments = page(wanted, page_size + 1, read_token(page_token) if page_token else None, skip)
        async with self._store.connection() as connection:
            rows = await connection.fetch(text, *arguments)
            total_size, total_usage = await totals.read(connection, wanted)
            more, rows = len(rows) > page_size, rows[:page_size]
            sessions = await _whole(connection, rows) if full and rows else [messages.session(row) for row in rows]
        token = write_token(rows[-1]["create_time"], rows[-1]["id"]) if more else ""
        return Page(sessions, token, total_size, total_usage)


def page(wanted: Filter, limit: int, after: tuple[datetime, int] | None, skip: int) -> tuple[str, list[object]]:
    """The SQL statement of a page, newest first, and its arguments. after: (creation, row number) of the row before."""
    arguments: list[object] = []
    where = wanted.where(arguments)
    if after is not None:
        arguments += after
        where += f" and (create_time, id) < (${len(arguments) - 1}, ${len(arguments)})"
    arguments += (skip, limit)
    # What is passed over is passed over in an index alone; only the rows of the page are read.
    numbers = (
        f"select id from sessions where {where} order by create_time desc, id desc "  # noqa: S608
        f"offset ${len(arguments) - 1} limit ${len(arguments)}"
    )
    text = f"select {_COLUMNS} from sessions where id = any(array({numbers})) order by create_time desc, id desc"  # noqa: S608
    return text, arguments


def write_token(moment: datetime, row_id: int) -> str:
    """The page token after one row."""
    micros = (moment - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{micros}.{row_id}".encode()).decode()


def read_token(token: str) -> tuple[datetime, int]:
    """(creation, row number) of the last row seen.

    Raises: CallboxError `validation_failed`.
    """
    try:
        micros, row_id = base64.urlsafe_b64decode(token.encode("ascii")).decode("ascii").split(".")
        return _EPOCH + timedelta(microseconds=int(micros)), min(max(int(row_id), 0), 2**63 - 1)
    except (binascii.Error, ValueError, OverflowError):
        raise validation({"page_token": ["Is not one that was answered here; leave it out to start anew."]}) from None


async def _whole(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[pb.Session]:
    """Sessions with what was said and done in them; one query a kind, however many sessions."""
    numbers = [row["id"] for row in rows]
    turns: dict[int, bytes | list[dict[str, Any]]] = dict.fromkeys(numbers, b"")
    old = []
    for number, wires, has_all in await connection.fetch(TURNS, numbers):
        if has_all:
            turns[number] = wires
        else:
            old.append(number)
    if old:
        turns |= _by_session(old, await connection.fetch(TURN_BODIES, old))
    tools = _by_session(numbers, await connection.fetch(TOOLS, numbers))
    return [messages.session(row, turns[row["id"]], tools[row["id"]]) for row in rows]


def _by_session(numbers: Sequence[int], rows: Sequence[asyncpg.Record]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {number: [] for number in numbers}
    bodies = from_json("[" + ",".join([text for _, text in rows]) + "]")
    for (number, _), body in zip(rows, bodies, strict=True):
        found[number].append(body)
    return found
