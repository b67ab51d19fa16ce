"""Sessions as the contract shows them (sections 9, 10 and 14.12). Pure: protobuf messages in, plain values out.

A page of history has a thousand utterances, and building models of them would take longer than all the rest. So these
are plain dictionaries; tests compare them with the models in `models/history.py`.
"""

from datetime import UTC, datetime
from typing import Any, cast

from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from services.gateway.answers.form_responses import form_response
from services.gateway.models.session import EndReason, Session, SessionStatus
from services.kit.structs import from_struct
from services.kit.times import moment, moment_or_none


def session(call: pb.Session) -> Session:
    """The state of a session."""
    return Session(
        session_id=call.session_id,
        status=_status(call),
        character_slug=call.character_slug,
        character_version=call.character_version,
        room_name=call.room_name,
        created_at=moment(call.create_time),
        joined_at=moment_or_none(call.join_time),
        ended_at=moment_or_none(call.end_time),
        end_reason=_end_reason(call),
    )


def usage_report(listed: pb.ListSessionsResponse, page: int, page_size: int) -> dict[str, Any]:
    """One page of sessions and the totals of all that match the filter: the content of a `UsageReport`."""
    total, now = listed.total_usage, datetime.now(UTC)
    return {
        "total_sessions": listed.total_size,
        "total_llm_input_tokens": total.llm_input_tokens,
        "total_llm_output_tokens": total.llm_output_tokens,
        "total_stt_audio_seconds": round(total.stt_audio_seconds, 3),
        "total_tts_characters": total.tts_characters,
        "total_estimated_cost_usd": _usd(total.cost_nano_usd),
        "sessions": {
            "data": [summary(call, now) for call in listed.sessions],
            "page": page,
            "page_size": page_size,
            "total": listed.total_size,
            "total_pages": -(-listed.total_size // page_size),
        },
    }


def summary(call: pb.Session, now: datetime | None = None) -> dict[str, Any]:
    """A session with its usage and transcript: the content of an `AgentSessionSummary` without its form responses.

    now: until when a session that has not ended is counted.
    """
    used = call.usage
    turns = call.turns
    return {
        "id": call.id,
        "session_id": call.session_id,
        "tenant_id": call.tenant_id,
        "character_slug": call.character_slug,
        "user": call.user_id or None,
        "room_name": call.room_name,
        "origin_url": call.origin_url or None,
        "metadata": from_struct(call.metadata),
        "session_duration_seconds": _duration_seconds(call, now or datetime.now(UTC)),
        "turn_count": used.turn_count,
        "interruption_count": used.interruption_count,
        **_engine_usage(used),
        "finalized_at": moment_or_none(call.finalize_time),
        "recording_status": "OFF",
        "recording_url": None,
        "recording_presigned_url": None,
        "transcript": [utterance(turn) for turn in turns],
        "transcript_text": "\n".join(
            [f"{'Assistant' if turn.role == pb.ROLE_ASSISTANT else 'User'}: {turn.text}" for turn in turns]
        ),
        "created_at": moment(call.create_time),
        "status": _status(call),
        "end_reason": _end_reason(call),
        "character_version": call.character_version,
        "joined_at": moment_or_none(call.join_time),
        "ended_at": moment_or_none(call.end_time),
        "tool_calls": [tool_call(called) for called in call.tool_calls],
        "handoffs": [handoff(passed) for passed in call.handoffs],
        "usage_by_character": [character_usage(each, call.character_slug) for each in call.usage_by_character],
        "voice": matched_voice(call.voice) if call.HasField("voice") else None,
    }


def full(call: pb.Session) -> dict[str, Any]:
    """A session with its form responses: the content of an `AgentSessionSummary`."""
    return {**summary(call), "form_responses": [form_response(response) for response in call.form_responses]}


def utterance(turn: pb.Turn) -> dict[str, Any]:
    """One utterance: the content of a `TranscriptItem`."""
    said: dict[str, Any] = {
        "role": "assistant" if turn.role == pb.ROLE_ASSISTANT else "user",
        "text": turn.text,
        "turn_index": turn.turn_index,
        "ts": round(turn.start_seconds, 3),
    }
    if turn.interrupted:
        said["interrupted"] = True
    if turn.typed:
        said["typed"] = True
    if turn.character_slug:
        said["character_slug"] = turn.character_slug
    if turn.HasField("latency"):
        parts = turn.latency
        said["latency"] = {
            "end_of_turn": _milliseconds(parts.end_of_turn),
            "final_transcript": _milliseconds(parts.final_transcript),
            "first_token": _milliseconds(parts.first_token),
            "first_audio": _milliseconds(parts.first_audio),
            "playout": _milliseconds(parts.playout),
        }
    return said


def matched_voice(found: pb.VoiceEvent) -> dict[str, Any]:
    """The voice that a reference recording led to: the content of a `MatchedVoice`."""
    return {
        "likeness": _word(pb.VoiceLikeness.Name(found.likeness), "VOICE_LIKENESS_"),
        "voice": found.voice,
        "similarity": round(found.similarity, 3) if found.HasField("similarity") else None,
        "reason": found.reason or None,
    }


def character_usage(used: pb.Usage, first: str) -> dict[str, Any]:
    """What one character used: the content of a `CharacterUsage`. first: slug of the one that the call started with."""
    return {
        "character_slug": used.character_slug or first,
        "turn_count": used.turn_count,
        "interruption_count": used.interruption_count,
        **_engine_usage(used),
    }


def _engine_usage(used: pb.Usage) -> dict[str, Any]:
    return {
        "llm_input_tokens": used.llm_input_tokens,
        "llm_output_tokens": used.llm_output_tokens,
        "llm_model": used.llm_model or None,
        "llm_provider": used.llm_provider or None,
        "stt_audio_seconds": round(used.stt_audio_seconds, 3),
        "stt_provider": used.stt_provider or None,
        "tts_characters": used.tts_characters,
        "tts_provider": used.tts_provider or None,
        "estimated_cost_usd": _usd(used.cost_nano_usd),
    }


def tool_call(called: pb.ToolEvent) -> dict[str, Any]:
    """One tool call: the content of a `ToolCall`."""
    shown = {
        "name": called.name,
        "kind": _word(pb.ToolKind.Name(called.kind), "TOOL_KIND_") if called.kind else None,
        "arguments": None if called.arguments_omitted else from_struct(called.arguments),
        "result_preview": called.result_preview,
        "result_characters": called.result_characters,
        "error": called.error or None,
        "duration_seconds": round(called.duration.ToNanoseconds() / 1e9, 3),
        "ts": round(called.start_seconds, 3),
        "turn_index": called.turn_index,
    }
    if called.character_slug:
        shown["character_slug"] = called.character_slug
    return shown


def handoff(passed: pb.HandoffEvent) -> dict[str, Any]:
    """One handoff: the content of a `Handoff`."""
    return {
        "from": passed.from_slug,
        "to": passed.to_slug,
        "reason": passed.reason,
        "ts": round(passed.start_seconds, 3),
        "turn_index": passed.turn_index,
    }


def _usd(nanos: int) -> str:
    """US dollars with six decimals, rounded half up."""
    micros = (nanos + 500) // 1_000
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"


def _duration_seconds(call: pb.Session, now: datetime) -> float:
    joined = moment_or_none(call.join_time)
    if joined is None:
        return 0.0
    ended = moment_or_none(call.end_time) or now
    return round(max(0.0, (ended - joined).total_seconds()), 3)


def _milliseconds(duration: Duration) -> float:
    return round(duration.seconds * 1e3 + duration.nanos / 1e6, 1)


def end_reason_value(word: EndReason | None) -> pb.EndReason.ValueType:
    """The protobuf value of an end reason; unspecified for None."""
    return pb.EndReason.Value(f"END_REASON_{word.upper()}") if word else pb.END_REASON_UNSPECIFIED


def status_value(word: SessionStatus | None) -> pb.SessionStatus.ValueType:
    """The protobuf value of a status; unspecified for None."""
    return pb.SessionStatus.Value(f"SESSION_STATUS_{word.upper()}") if word else pb.SESSION_STATUS_UNSPECIFIED


def _status(call: pb.Session) -> SessionStatus:
    return cast(SessionStatus, _word(pb.SessionStatus.Name(call.status), "SESSION_STATUS_"))


def _end_reason(call: pb.Session) -> EndReason | None:
    if call.end_reason == pb.END_REASON_UNSPECIFIED:
        return None
    return cast(EndReason, _word(pb.EndReason.Name(call.end_reason), "END_REASON_"))


def _word(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower()
