"""Contract 9 and 10: calls as the contract shows them."""

from datetime import UTC, datetime, timedelta

from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from services.gateway import history
from services.gateway.envelope import enveloped
from services.gateway.times import timestamp

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, UTC)


def ended_call() -> pb.Session:
    call = pb.Session(
        session_id="sess_abc",
        id=142,
        tenant_id="ten_one",
        character_slug="support-bot",
        character_version=3,
        room_name="callbox-support-bot-x",
        status=pb.SESSION_STATUS_ENDED,
        end_reason=pb.END_REASON_CLIENT_LEFT,
        create_time=timestamp(NOON),
        join_time=timestamp(NOON + timedelta(seconds=1)),
        end_time=timestamp(NOON + timedelta(seconds=185.7)),
        finalize_time=timestamp(NOON + timedelta(seconds=186)),
        usage=pb.Usage(llm_input_tokens=1840, llm_output_tokens=612, llm_model="smollm2", turn_count=2),
        turns=[
            pb.Turn(turn_index=0, role=pb.ROLE_ASSISTANT, text="Hello!", start_seconds=0.5, interrupted=True),
            pb.Turn(turn_index=1, role=pb.ROLE_USER, text="When do you open?", start_seconds=2.25),
        ],
    )
    call.metadata.update({"plan": "pro", "seats": 3})
    return call


def test_the_summary_of_a_call_to_the_letter() -> None:
    shown = enveloped(history.summary(ended_call())).model_dump(mode="json", exclude_unset=True)
    assert list(shown) == ["success", "message", "data", "errors"]
    assert (shown["success"], shown["errors"]) == (True, None)
    assert shown["data"] == {
        "id": 142,
        "session_id": "sess_abc",
        "tenant_id": "ten_one",
        "character_slug": "support-bot",
        "user": None,
        "room_name": "callbox-support-bot-x",
        "origin_url": None,
        "metadata": {"plan": "pro", "seats": 3},
        "session_duration_seconds": 184.7,
        "turn_count": 2,
        "interruption_count": 0,
        "llm_input_tokens": 1840,
        "llm_output_tokens": 612,
        "llm_model": "smollm2",
        "llm_provider": None,
        "stt_audio_seconds": 0.0,
        "stt_provider": None,
        "tts_characters": 0,
        "tts_provider": None,
        "estimated_cost_usd": "0.000000",
        "finalized_at": "2026-03-01T12:03:06.250000Z",
        "recording_status": "OFF",
        "recording_url": None,
        "recording_presigned_url": None,
        "transcript": [
            {"role": "assistant", "text": "Hello!", "turn_index": 0, "ts": 0.5, "interrupted": True},
            {"role": "user", "text": "When do you open?", "turn_index": 1, "ts": 2.25},
        ],
        "transcript_text": "Assistant: Hello!\nUser: When do you open?",
        "created_at": "2026-03-01T12:00:00.250000Z",
        "status": "ended",
        "end_reason": "client_left",
        "character_version": 3,
        "joined_at": "2026-03-01T12:00:01.250000Z",
        "ended_at": "2026-03-01T12:03:05.950000Z",
    }


def test_latency_is_in_milliseconds_and_adds_up() -> None:
    call = ended_call()
    parts = pb.LatencyParts(
        end_of_turn=Duration(nanos=250_000_000),
        final_transcript=Duration(nanos=40_440_000),
        first_audio=Duration(seconds=1, nanos=5_000_000),
    )
    call.turns[0].latency.CopyFrom(parts)
    latency = history.summary(call).transcript[0].latency
    assert latency is not None
    assert latency.model_dump() == {
        "end_of_turn": 250.0,
        "final_transcript": 40.4,
        "first_token": 0.0,
        "first_audio": 1005.0,
        "playout": 0.0,
    }


def test_a_call_that_nobody_joined_lasts_no_time_and_one_under_way_lasts_until_now() -> None:
    call = ended_call()
    call.ClearField("end_time")
    now = NOON + timedelta(seconds=11)
    assert history.summary(call, now).session_duration_seconds == 10.0
    call.ClearField("join_time")
    assert history.summary(call, now).session_duration_seconds == 0.0
    assert history.summary(call, now).joined_at is None


def test_every_reason_and_status_has_its_word() -> None:
    call = ended_call()
    words = set()
    for reason in pb.EndReason.values():
        call.end_reason = reason
        words.add(history.session(call).end_reason)
    assert words == {
        None,
        "client_left",
        "agent_ended",
        "handoff_failed",
        "max_call_seconds",
        "idle_timeout",
        "ended_by_api",
        "agent_unavailable",
        "agent_lost",
        "never_joined",
        "error",
    }


def test_pages_are_counted_over_the_filter() -> None:
    listed = pb.ListSessionsResponse(
        sessions=[ended_call()], total_size=101, total_usage=pb.Usage(stt_audio_seconds=1.23456, tts_characters=7)
    )
    report = history.usage_report(listed, page=2, page_size=50)
    assert (report.total_sessions, report.total_tts_characters, report.total_stt_audio_seconds) == (101, 7, 1.235)
    page = report.sessions
    assert (page.page, page.page_size, page.total, page.total_pages) == (2, 50, 101, 3)
    assert history.usage_report(pb.ListSessionsResponse(), 1, 50).sessions.total_pages == 0
