"""Inserts a tenant's past, the sessions and turns of a busy year, directly into the tables of sessions."""

import json
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from services.sessions.messages import wire

SESSIONS = 100_000
TURNS = 2_000_000
# Calls of other tenants, so that the tenant's are only a part of the table.
OTHERS = 20_000
OTHER_TENANTS = 40
CHARACTERS = ("support-bot", "sales-bot", "booking-bot", "survey-bot", "concierge")
SITES = (
    "https://shop.example/help",
    "https://www.shop.example/cart",
    "https://shop.example:8443/beta",
    "https://status.example/",
    "",
)
# Few characters and sites have most calls, and most calls end because the caller hangs up.
_WEIGHTS = (60, 20, 10, 7, 3)
_REASONS = {
    "client_left": 71,
    "agent_ended": 14,
    "idle_timeout": 6,
    "never_joined": 4,
    "max_call_seconds": 2,
    "ended_by_api": 1,
    "agent_lost": 1,
    "error": 1,
}
_YEAR = timedelta(days=365)
_CHUNK = 20_000
_TOOLS_EVERY = 10
_WORDS = """
    the a we you it is on at to of for and can will your order lamp bulb shop today tomorrow Saturday please thank open
    close deliver return repair price dollar weeks number name address check moment sure sorry right great else
"""
_SESSION_COLUMNS = """
    session_id tenant_id owner_id character_id character_slug character_version user_id room_name participant_identity
    origin_url metadata status end_reason create_time token_expire_time join_time end_time finalize_time slot_held
    last_sequence llm_input_tokens llm_output_tokens stt_audio_seconds tts_characters llm_model llm_provider
    stt_provider tts_provider interruption_count turn_count
"""


@dataclass(frozen=True)
class Tenant:
    """The tenant whose past is inserted."""

    tenant_id: str
    owner_id: int


@dataclass(frozen=True)
class Past:
    """The inserted rows."""

    session_ids: list[str]
    sessions: int
    turns: int
    first: datetime
    last: datetime


async def make_past(
    database_url: str, schema: str, tenant: Tenant, sessions: int = SESSIONS, turns: int = TURNS, others: int = OTHERS
) -> Past:
    """Inserts `sessions` calls with `turns` turns in total, and `others` calls of other tenants."""
    chance = random.Random(1)
    now = datetime.now(UTC)
    moments = sorted(now - chance.random() * _YEAR for _ in range(sessions + others))
    foreign = set(chance.sample(range(sessions + others), others))
    lengths = _lengths(chance, sessions, turns)
    rows: list[tuple[int, str, int]] = []
    connection = await asyncpg.connect(database_url, server_settings={"search_path": schema}, command_timeout=300)
    try:
        first_row = 1 + await connection.fetchval("select coalesce(max(id), 0) from sessions")

        def lines() -> Iterator[str]:
            for number, moment in enumerate(moments):
                if number in foreign:
                    other = chance.randrange(OTHER_TENANTS)
                    whose, length = Tenant(f"ten_other{other}", 1_000_000 + other), chance.randrange(20)
                else:
                    whose, length = tenant, lengths.pop()
                    rows.append((first_row + number, f"sess_past{number:019d}", length))
                yield _session(chance, first_row + number, number, whose, moment, length)

        # The totals are computed once afterwards, instead of row by row.
        await connection.execute("alter table sessions disable trigger user")
        await _copy(connection, "sessions", ["id", *_SESSION_COLUMNS.split()], lines())
        await connection.execute("alter table sessions enable trigger user")
        await connection.execute(
            "select setval(pg_get_serial_sequence('sessions', 'id'), (select max(id) from sessions))"
        )
        await connection.execute("select add_to_totals(s, 1) from sessions s where id >= $1", first_row)
        await _copy(connection, "turns", ["session_row", "turn_index", "body", "wire"], _turns(chance, rows))
        await _copy(
            connection, "events", ["session_row", "sequence", "occur_time", "kind", "body"], _tools(chance, rows)
        )
        for table in ("sessions", "turns", "events", "totals"):
            await connection.execute(f"vacuum analyze {table}")
    finally:
        await connection.close()
    return Past([name for _, name, _ in rows], sessions, turns, moments[0], moments[-1])


def _lengths(chance: random.Random, sessions: int, turns: int) -> list[int]:
    """Number of turns of each session: most are short, few are long, the sum is `turns`."""
    raw = [chance.lognormvariate(0.0, 0.8) for _ in range(sessions)]
    scale = turns / sum(raw)
    lengths = [min(400, int(each * scale)) for each in raw]
    short = turns - sum(lengths)
    for _ in range(short):
        lengths[chance.randrange(sessions)] += 1
    return lengths


def _session(chance: random.Random, row: int, number: int, whose: Tenant, moment: datetime, length: int) -> str:
    reason = chance.choices(list(_REASONS), list(_REASONS.values()))[0]
    slug = chance.choices(CHARACTERS, _WEIGHTS)[0]
    seconds = 4.0 + 8.5 * length
    ended = (moment + timedelta(seconds=seconds)).isoformat()
    values = (
        row, f"sess_past{number:019d}", whose.tenant_id, whose.owner_id, f"chr_{slug}", slug, 1 + number % 7, 0,
        f"callbox-{slug}-past{number}", f"user-{number}", chance.choices(SITES, _WEIGHTS)[0],
        json.dumps({"plan": chance.choice(("free", "pro")), "user_id": number}), "ended", reason, moment.isoformat(),
        (moment + timedelta(hours=1)).isoformat(), r"\N" if reason == "never_joined" else moment.isoformat(), ended,
        ended, "f", 2 * length, 420 * length, 24 * length, round(2.1 * length, 3), 61 * length, "smollm2", "openai",
        "moonshine", "hibari", length // 9, length,
    )  # fmt: skip
    return "\t".join(map(str, values))


def _turns(chance: random.Random, rows: list[tuple[int, str, int]]) -> Iterator[str]:
    words = _WORDS.split()
    texts = [" ".join(chance.choices(words, k=max(2, int(chance.lognormvariate(2.4, 0.6))))) for _ in range(5_000)]
    parts = ("end_of_turn", "final_transcript", "first_token", "first_audio", "playout")
    latencies = [{part: f"{chance.randrange(0, 300) / 1000:.3f}s" for part in parts} for _ in range(500)]
    for row, _, length in rows:
        for index in range(length):
            body: dict[str, Any] = {"role": "ROLE_USER", "text": chance.choice(texts)}
            if index:
                body["turn_index"] = index
            if index % 2 == 0:
                body["role"] = "ROLE_ASSISTANT"
                if index:
                    body["latency"] = chance.choice(latencies)
            body["start_seconds"] = round(8.5 * index + 0.7, 3)
            yield f"{row}\t{index}\t{json.dumps(body)}\t\\\\x{wire(body).hex()}"


def _tools(chance: random.Random, rows: list[tuple[int, str, int]]) -> Iterator[str]:
    for row, _, length in rows[::_TOOLS_EVERY]:
        called = {
            "name": "find_order",
            "kind": "TOOL_KIND_HTTP",
            "arguments": {"order": chance.randrange(10**6)},
            "result_preview": '{"state": "sent"}',
            "duration": "0.210s",
            "start_seconds": 12.5,
        }
        body = json.dumps(called).replace("\\", "\\\\")
        yield f"{row}\t{2 * length + 1}\t2026-01-01T00:00:00Z\ttool\t{body}"


async def _copy(
    connection: "asyncpg.Connection[asyncpg.Record]", table: str, columns: list[str], lines: Iterator[str]
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        chunk: list[str] = []
        for line in lines:
            chunk.append(line)
            if len(chunk) == _CHUNK:
                yield ("\n".join(chunk) + "\n").encode()
                chunk.clear()
        if chunk:
            yield ("\n".join(chunk) + "\n").encode()

    await connection.copy_to_table(table, source=chunks(), columns=columns, timeout=600)
