"""What was: sessions and their turns, read back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.errors import validation
from services.sessions import messages
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
    llm_model, llm_provider, stt_provider, tts_provider, interruption_count, turn_count
"""


@dataclass(frozen=True)
class Filter:
    """Which sessions are meant; empty means any. start, end: bounds of the creation, both inclusive."""

    tenant_id: str = ""
    character_slug: str = ""
    start: datetime | None = None
    end: datetime | None = None

    def where(self) -> tuple[str, list[object]]:
        """(SQL condition, its arguments)."""
        conditions, arguments = ["true"], list[object]()
        for condition, value in (
            ("tenant_id = ", self.tenant_id),
            ("character_slug = ", self.character_slug),
            ("create_time >= ", self.start),
            ("create_time <= ", self.end),
        ):
            if value:
                arguments.append(value)
                conditions.append(f"{condition}${len(arguments)}")
        return " and ".join(conditions), arguments


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
        """One session with its turns."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(f"select {_COLUMNS} from sessions where session_id = $1", session_id)  # noqa: S608
            if row is None:
                return None
            turns = await _turns(connection, [row["id"]])
        return messages.session(row, turns[row["id"]])

    async def list(self, wanted: Filter, page_size: int, page_token: str, skip: int, *, full: bool) -> Page:
        """One page. Raises: CallboxError `validation_failed` for a token that is not ours."""
        where, arguments = wanted.where()
        page_where, page_arguments = where, list(arguments)
        if page_token:
            page_where += f" and (create_time, id) < (${len(arguments) + 1}, ${len(arguments) + 2})"
            page_arguments += read_token(page_token)
        async with self._store.connection() as connection:
            rows = await connection.fetch(
                f"select {_COLUMNS} from sessions where {page_where} order by create_time desc, id desc "  # noqa: S608
                f"offset ${len(page_arguments) + 1} limit ${len(page_arguments) + 2}",
                *page_arguments,
                skip,
                page_size + 1,
            )
            totals = await connection.fetchrow(
                f"""
                select count(*) as total_size,
                    coalesce(sum(llm_input_tokens), 0)::bigint as llm_input_tokens,
                    coalesce(sum(llm_output_tokens), 0)::bigint as llm_output_tokens,
                    coalesce(sum(stt_audio_seconds), 0) as stt_audio_seconds,
                    coalesce(sum(tts_characters), 0)::bigint as tts_characters,
                    coalesce(sum(interruption_count), 0)::integer as interruption_count,
                    coalesce(sum(turn_count), 0)::integer as turn_count
                from sessions where {where}
                """,  # noqa: S608
                *arguments,
            )
            more, rows = len(rows) > page_size, rows[:page_size]
            turns = await _turns(connection, [row["id"] for row in rows]) if full and rows else {}
        assert totals is not None, "an aggregate has one row"
        return Page(
            [messages.session(row, turns.get(row["id"], [])) for row in rows],
            write_token(rows[-1]["create_time"], rows[-1]["id"]) if more else "",
            totals["total_size"],
            messages.usage(totals),
        )


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


async def _turns(connection: Connection, row_ids: Sequence[int]) -> Mapping[int, list[dict[str, Any]]]:
    rows = await connection.fetch(
        "select session_row, body from turns where session_row = any($1) order by session_row, turn_index",
        list(row_ids),
    )
    found: dict[int, list[dict[str, Any]]] = {row_id: [] for row_id in row_ids}
    for row in rows:
        found[row["session_row"]].append(row["body"])
    return found
