"""Reads sessions with their turns, tool calls, handoffs and form answers."""

# ruff: noqa: S608  # only column lists and conditions of this package are put into statements

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from callbox.sessions.v1 import sessions_pb2 as pb
from pydantic_core import from_json

from services.kit.paging import page_token, read_page_token
from services.sessions import messages
from services.sessions.adapters.database import Connection, Database
from services.sessions.forms import store as forms
from services.sessions.history import totals
from services.sessions.history.filter import Filter
from services.sessions.history.usage_by_character import by_character

DEFAULT_PAGE, MAX_PAGE = 50, 200
# Far below PostgreSQL's own limit of an offset, and more than anybody pages through.
MAX_SKIP = 10_000_000
# About how much one answer with turns holds; the rest follows with its page token. A client of gRPC takes 64 MiB.
MAX_PAGE_BYTES = 2 * 1024 * 1024
# Turns that one query reads, so that a page of very long calls is not read only to be left out.
_MAX_TURNS = 5_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Microseconds up to the year 9000.
_MAX_MICROS = 221_845_392_000_000_000
# All that a pb.Session shows. The snapshot is large and not among it.
_COLUMNS = """
    id, session_id, tenant_id, owner_id, character_id, character_slug, character_version, user_id, room_name,
    origin_url, metadata, status, end_reason, create_time, join_time, end_time, finalize_time,
    llm_input_tokens, llm_output_tokens, stt_audio_seconds, tts_characters,
    llm_model, llm_provider, stt_provider, tts_provider, interruption_count, turn_count, cost_nano_usd, voice
"""
SESSION = f"select {_COLUMNS} from sessions where session_id = $1"
TURNS = """
    select session_row, string_agg(wire, ''::bytea order by turn_index) as wires, bool_and(wire is not null) as has_all
    from turns where session_row = any($1) group by session_row
"""
TURN_BODIES = "select session_row, body::text from turns where session_row = any($1) order by session_row, turn_index"
TOOL_CALLS = """
    select session_row, body::text from events where session_row = any($1) and kind = 'tool'
    order by session_row, sequence
"""
HANDOFFS = """
    select session_row, body::text from events where session_row = any($1) and kind = 'handoff'
    order by session_row, sequence
"""

USAGE = """
    select session_row, body::text from events where session_row = any($1) and kind = 'usage'
    order by session_row, sequence
"""


@dataclass(frozen=True)
class Page:
    """One page of sessions, newest first, and the totals of all sessions that match."""

    sessions: list[pb.Session]
    next_page_token: str
    total_size: int
    total_usage: pb.Usage


class HistoryReader:
    """Reads sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, session_id: str) -> pb.Session | None:
        """One session with its turns, tool calls, handoffs and form answers."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(SESSION, session_id)
            if row is None:
                return None
            session = (await _full(connection, [row]))[0]
            answers = await forms.of_sessions(connection, [session_id], None, forms.MAX_OF_SESSION)
        session.form_responses.extend(answer.message() for answer in answers)
        return session

    async def head(self, session_id: str) -> pb.Session | None:
        """One session without turns, tool calls, handoffs and form answers."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(SESSION, session_id)
        return None if row is None else messages.session(row)

    async def list(self, wanted: Filter, page_size: int, token: str, skip: int, *, full: bool) -> Page:
        """One page. full: with turns, tool calls and handoffs; a page above `MAX_PAGE_BYTES` then ends early and has a
        token.

        Raises: CallboxError `invalid_request` for a token that no list gave out.
        """
        statement, arguments = page(wanted, page_size + 1, read_token(token) if token else None, skip)
        async with self._database.connection() as connection:
            rows = await connection.fetch(statement, *arguments)
            total_size, total_usage = await totals.read(connection, wanted)
            shown = rows[:page_size]
            sessions = await _within_size(connection, shown) if full else [messages.session(row) for row in shown]
        last = rows[len(sessions) - 1] if sessions else None
        next_token = write_token(last["create_time"], last["id"]) if last and len(sessions) < len(rows) else ""
        return Page(sessions, next_token, total_size, total_usage)


def page(wanted: Filter, limit: int, after: tuple[datetime, int] | None, skip: int) -> tuple[str, list[object]]:
    """(SQL of a page of sessions, newest first; its arguments). after: (creation, row number) of the row before it."""
    arguments: list[object] = []
    where = wanted.where(arguments)
    if after is not None:
        arguments += after
        where += f" and (create_time, id) < (${len(arguments) - 1}, ${len(arguments)})"
    arguments += (skip, limit)
    # Skipped rows are read from an index alone; the table is read only for the rows of the page.
    numbers = (
        f"select id from sessions where {where} order by create_time desc, id desc "
        f"offset ${len(arguments) - 1} limit ${len(arguments)}"
    )
    statement = f"select {_COLUMNS} from sessions where id = any(array({numbers})) order by create_time desc, id desc"
    return statement, arguments


def write_token(create_time: datetime, row_id: int) -> str:
    """The token of the page after a row."""
    return page_token((create_time - _EPOCH) // timedelta(microseconds=1), row_id)


def read_token(token: str) -> tuple[datetime, int]:
    """(creation, row number) of the last row of the page before.

    Raises: CallboxError `invalid_request` for a token that no list gave out.
    """
    micros, row_id = read_page_token(token, int, int)
    assert isinstance(micros, int)
    assert isinstance(row_id, int)
    return _EPOCH + timedelta(microseconds=min(micros, _MAX_MICROS)), row_id


async def _within_size(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[pb.Session]:
    """The first sessions with turns, tool calls and handoffs, up to `MAX_PAGE_BYTES`; at least one if there is any."""
    sessions: list[pb.Session] = []
    size = 0
    for part in _parts(rows):
        for session in await _full(connection, part):
            size += session.ByteSize()
            if sessions and size > MAX_PAGE_BYTES:
                return sessions
            sessions.append(session)
    return sessions


def _parts(rows: Sequence[asyncpg.Record]) -> Iterator[Sequence[asyncpg.Record]]:
    """The rows in parts of at most `_MAX_TURNS` turns or one session."""
    start, turns = 0, 0
    for position, row in enumerate(rows):
        turns += row["turn_count"]
        if position > start and turns > _MAX_TURNS:
            yield rows[start:position]
            start, turns = position, row["turn_count"]
    if rows:
        yield rows[start:]


async def _full(connection: Connection, rows: Sequence[asyncpg.Record]) -> list[pb.Session]:
    """Sessions with turns, tool calls and handoffs, read by one query for each kind, however many sessions."""
    numbers = [row["id"] for row in rows]
    turns: dict[int, bytes | list[dict[str, Any]]] = dict.fromkeys(numbers, b"")
    # Sessions with turns that were stored before the column `wire` existed.
    without_wire = []
    for number, wires, has_all in await connection.fetch(TURNS, numbers):
        if has_all:
            turns[number] = wires
        else:
            without_wire.append(number)
    if without_wire:
        turns |= _by_session(without_wire, await connection.fetch(TURN_BODIES, without_wire))
    tools = _by_session(numbers, await connection.fetch(TOOL_CALLS, numbers))
    handoffs = _by_session(numbers, await connection.fetch(HANDOFFS, numbers))
    handed_over = [number for number in numbers if handoffs[number]]
    used = _by_session(numbers, await connection.fetch(USAGE, handed_over) if handed_over else [])
    sessions = []
    for row in rows:
        number = row["id"]
        session = messages.session(row, turns[number], tools[number], handoffs[number])
        session.usage_by_character.extend(by_character(used[number]))
        sessions.append(session)
    return sessions


def _by_session(numbers: Sequence[int], rows: Sequence[asyncpg.Record]) -> dict[int, list[dict[str, Any]]]:
    """The JSON bodies of rows by session number, in the rows' order."""
    found: dict[int, list[dict[str, Any]]] = {number: [] for number in numbers}
    bodies = from_json("[" + ",".join([text for _, text in rows]) + "]")
    for (number, _), body in zip(rows, bodies, strict=True):
        found[number].append(body)
    return found
