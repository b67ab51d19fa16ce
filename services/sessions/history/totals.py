"""What the sessions of a filter add up to: those that are over from the sums that are kept, the others one by one."""

from __future__ import annotations

from callbox.sessions.v1 import sessions_pb2 as pb

from services.sessions.history.filter import Filter, between, pieces
from services.sessions.store import Connection

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
# The counts of one session fit in 32 bits, and so do those of the fields they share with a sum.
_MAX_COUNT = 2**31 - 1
_OF_ROW = """
    1::bigint, llm_input_tokens, llm_output_tokens, round(stt_audio_seconds * 1000000)::bigint, tts_characters,
    interruption_count::bigint, turn_count::bigint, cost_nano_usd
"""


def statement(wanted: Filter) -> tuple[str, list[object]]:
    """One SQL statement, so that a session which ends meanwhile is counted once, and its arguments."""
    arguments: list[object] = []
    parts = []
    unended = "status <> 'ended'"
    if not wanted.may_be_over:
        parts.append(f"select {_OF_ROW} from sessions where {unended} and {wanted.where(arguments)}")  # noqa: S608
    else:
        spans = pieces(wanted.start, wanted.before)
        for piece in spans:
            if piece.grain == "row":
                time = between("create_time", piece.start, piece.before, arguments)
                parts.append(f"select {_OF_ROW} from sessions where {wanted.same(arguments)} and {time}")  # noqa: S608
            else:
                arguments.append(piece.grain)
                grain = f"grain = ${len(arguments)}"
                time = between("bucket", piece.start, piece.before, arguments)
                same = wanted.same(arguments, status=False)
                parts.append(f"select {', '.join(_SUMS)} from totals where {same} and {grain} and {time}")  # noqa: S608
        whole = [piece for piece in spans if piece.grain != "row"]
        if whole and wanted.may_be_open:
            time = between("create_time", whole[0].start, whole[-1].before, arguments)
            parts.append(
                f"select {_OF_ROW} from sessions where {unended} and {wanted.same(arguments)} and {time}"  # noqa: S608
            )
    parts = parts or [f"select {_OF_ROW} from sessions where false"]  # noqa: S608
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in _SUMS)
    union = " union all ".join(parts)
    return f"select {sums} from ({union}) as parts ({', '.join(_SUMS)})", arguments  # noqa: S608


async def read(connection: Connection, wanted: Filter) -> tuple[int, pb.Usage]:
    """How many sessions, and what they used together."""
    text, arguments = statement(wanted)
    row = await connection.fetchrow(text, *arguments)
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
