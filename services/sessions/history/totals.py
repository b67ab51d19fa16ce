"""Totals of the sessions that match a filter: ended ones from the table `totals`, open ones row by row."""

from __future__ import annotations

from callbox.sessions.v1 import sessions_pb2 as pb

from services.sessions.adapters.database import Connection
from services.sessions.history.filter import Filter, between, pieces

_SUMS = (
    "session_count",
    "llm_input_tokens",
    "llm_output_tokens",
    "stt_audio_micros",
    "tts_characters",
    "interruption_count",
    "turn_count",
    "cost_nano_usd",
)
# These fields of pb.Usage have 32 bits.
_MAX_COUNT = 2**31 - 1
_OF_ROW = """
    1::bigint, llm_input_tokens, llm_output_tokens, round(stt_audio_seconds * 1000000)::bigint, tts_characters,
    interruption_count::bigint, turn_count::bigint, cost_nano_usd
"""


def statement(wanted: Filter) -> tuple[str, list[object]]:
    """(SQL, its arguments). It is one statement, so that a session that ends meanwhile is counted once."""
    arguments: list[object] = []
    parts = []
    open_only = "status <> 'ended'"
    if not wanted.may_be_ended:
        parts.append(f"select {_OF_ROW} from sessions where {open_only} and {wanted.where(arguments)}")  # noqa: S608
    else:
        spans = pieces(wanted.start, wanted.before)
        for piece in spans:
            if piece.grain == "row":
                time = between("create_time", piece.start, piece.before, arguments)
                parts.append(f"select {_OF_ROW} from sessions where {wanted.without_time(arguments)} and {time}")  # noqa: S608
            else:
                arguments.append(piece.grain)
                grain = f"grain = ${len(arguments)}"
                time = between("bucket", piece.start, piece.before, arguments)
                same = wanted.without_time(arguments, status=False)
                parts.append(f"select {', '.join(_SUMS)} from totals where {same} and {grain} and {time}")  # noqa: S608
        whole = [piece for piece in spans if piece.grain != "row"]
        if whole and wanted.may_be_open:
            time = between("create_time", whole[0].start, whole[-1].before, arguments)
            parts.append(
                f"select {_OF_ROW} from sessions where {open_only} and {wanted.without_time(arguments)} and {time}"  # noqa: S608
            )
    parts = parts or [f"select {_OF_ROW} from sessions where false"]  # noqa: S608
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in _SUMS)
    union = " union all ".join(parts)
    return f"select {sums} from ({union}) as parts ({', '.join(_SUMS)})", arguments  # noqa: S608


async def read(connection: Connection, wanted: Filter) -> tuple[int, pb.Usage]:
    """(number of sessions, sum of their usage)."""
    sql, arguments = statement(wanted)
    row = await connection.fetchrow(sql, *arguments)
    assert row is not None, "an aggregate has one row"
    return row["session_count"], pb.Usage(
        llm_input_tokens=row["llm_input_tokens"],
        llm_output_tokens=row["llm_output_tokens"],
        stt_audio_seconds=row["stt_audio_micros"] / 1e6,
        tts_characters=row["tts_characters"],
        interruption_count=min(row["interruption_count"], _MAX_COUNT),
        turn_count=min(row["turn_count"], _MAX_COUNT),
        cost_nano_usd=row["cost_nano_usd"],
    )
