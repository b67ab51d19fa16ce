"""Contract 9 and 10: calls as the contract shows them."""

import json
from datetime import UTC, datetime, timedelta

from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.duration_pb2 import Duration
from pydantic_core import to_json

from services.gateway.answers import history
from services.gateway.models.history import AgentSessionSummary, UsageReport
from services.kit.times import timestamp

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
    """Contract 10 and 14.12: every documented field with its type, and the own ones behind them."""
    shown = json.loads(to_json(history.summary(ended_call())))
    assert shown == {
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
        "voice": None,
        "tool_calls": [],
        "handoffs": [],
        "usage_by_character": [],
    }


def test_who_used_what_in_a_call_that_was_handed_over() -> None:
    """Contract 14.13 (own): the first character by its slug, a tool by the other character that called it."""
    call = ended_call()
    used = pb.Usage(llm_input_tokens=7, llm_model="smollm2", tts_characters=40, turn_count=3, cost_nano_usd=2_500)
    by_tech = pb.Usage(character_slug="tech", stt_audio_seconds=1.23456, stt_provider="riva", interruption_count=1)
    call.usage_by_character.extend([used, by_tech])
    call.tool_calls.append(pb.ToolEvent(name="find_order", character_slug="tech"))
    shown = json.loads(to_json(history.summary(call)))
    assert shown["tool_calls"][0]["character_slug"] == "tech"
    nothing = {
        "turn_count": 0,
        "interruption_count": 0,
        "llm_input_tokens": 0,
        "llm_output_tokens": 0,
        "llm_model": None,
        "llm_provider": None,
        "stt_audio_seconds": 0.0,
        "stt_provider": None,
        "tts_characters": 0,
        "tts_provider": None,
        "estimated_cost_usd": "0.000000",
    }
    first, second = shown["usage_by_character"]
    assert first == nothing | {
        "character_slug": "support-bot",
        "turn_count": 3,
        "llm_input_tokens": 7,
        "llm_model": "smollm2",
        "tts_characters": 40,
        "estimated_cost_usd": "0.000003",
    }
    assert second == nothing | {
        "character_slug": "tech",
        "stt_audio_seconds": 1.235,
        "stt_provider": "riva",
        "interruption_count": 1,
    }


def test_what_is_shown_is_what_the_schema_says() -> None:
    """Contract 9 and 10: the models that the schema is made from take the values as they are, and lack none."""
    call = ended_call()
    call.turns[0].latency.first_token.FromMilliseconds(90)
    call.usage_by_character.append(pb.Usage(character_slug="tech"))
    call.tool_calls.append(pb.ToolEvent(name="find_order", kind=pb.TOOL_KIND_HTTP, error="timeout"))
    call.handoffs.append(pb.HandoffEvent(from_slug="desk", to_slug="billing"))
    call.turns[0].character_slug = "billing"
    listed = pb.ListSessionsResponse(sessions=[call, pb.Session(status=pb.SESSION_STATUS_CREATED)], total_size=2)
    shown = history.usage_report(listed, 1, 50)
    read = UsageReport.model_validate_json(to_json(shown), strict=True)
    in_lists = [name for name in AgentSessionSummary.model_fields if name != "form_responses"]
    for row, model in zip(shown["sessions"]["data"], read.sessions.data, strict=True):
        assert list(row) == in_lists
        assert model.model_fields_set == set(in_lists)
    one = to_json(history.full(call))
    assert AgentSessionSummary.model_validate_json(one, strict=True).model_fields_set == {*in_lists, "form_responses"}
    assert read.sessions.data[0].tool_calls[0].kind == "http"


def test_money_is_a_string_with_six_decimals() -> None:
    """Contract 9: money is a string with six decimals."""
    for nanos, shown in ((0, "0.000000"), (499, "0.000000"), (500, "0.000001"), (18_250_400_000, "18.250400")):
        call = pb.Session(status=pb.SESSION_STATUS_CREATED, usage=pb.Usage(cost_nano_usd=nanos))
        assert history.summary(call)["estimated_cost_usd"] == shown


def test_tool_calls_stand_beside_the_transcript() -> None:
    """Contract 10: the transcript has the documented roles alone; what tools did is `tool_calls` (own)."""
    call = ended_call()
    called = pb.ToolEvent(name="find_order", kind=pb.TOOL_KIND_KB, result_preview="{}", start_seconds=3.25)
    called.turn_index, called.result_characters = 5, 2
    called.arguments.update({"order": 7, "gift": True})
    called.duration.FromMilliseconds(210)
    call.tool_calls.extend([called, pb.ToolEvent(name="x", arguments_omitted=True, error="timeout")])
    shown = history.summary(call)
    assert [item["role"] for item in shown["transcript"]] == ["assistant", "user"]
    assert shown["tool_calls"] == [
        {
            "name": "find_order",
            "kind": "kb",
            "arguments": {"order": 7, "gift": True},
            "result_preview": "{}",
            "result_characters": 2,
            "error": None,
            "duration_seconds": 0.21,
            "ts": 3.25,
            "turn_index": 5,
        },
        {
            "name": "x",
            "kind": None,
            "arguments": None,
            "result_preview": "",
            "result_characters": 0,
            "error": "timeout",
            "duration_seconds": 0.0,
            "ts": 0.0,
            "turn_index": 0,
        },
    ]


def test_latency_is_in_milliseconds_and_adds_up() -> None:
    call = ended_call()
    parts = pb.LatencyParts(
        end_of_turn=Duration(nanos=250_000_000),
        final_transcript=Duration(nanos=40_440_000),
        first_audio=Duration(seconds=1, nanos=5_000_000),
    )
    call.turns[0].latency.CopyFrom(parts)
    assert history.summary(call)["transcript"][0]["latency"] == {
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
    assert history.summary(call, now)["session_duration_seconds"] == 10.0
    call.ClearField("join_time")
    assert history.summary(call, now)["session_duration_seconds"] == 0.0
    assert history.summary(call, now)["joined_at"] is None


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
    """Contract 9 and 14.1: totals cover the filter, and the paging keys stand beside the rows."""
    listed = pb.ListSessionsResponse(
        sessions=[ended_call()], total_size=101, total_usage=pb.Usage(stt_audio_seconds=1.23456, tts_characters=7)
    )
    report = history.usage_report(listed, page=2, page_size=50)
    page = report.pop("sessions")
    assert report == {
        "total_sessions": 101,
        "total_llm_input_tokens": 0,
        "total_llm_output_tokens": 0,
        "total_stt_audio_seconds": 1.235,
        "total_tts_characters": 7,
        "total_estimated_cost_usd": "0.000000",
    }
    assert (page["page"], page["page_size"], page["total"], page["total_pages"]) == (2, 50, 101, 3)
    assert history.usage_report(pb.ListSessionsResponse(), 1, 50)["sessions"]["total_pages"] == 0


def test_handoffs_stand_beside_the_transcript_and_turns_name_another_speaker() -> None:
    """Contract 14.13: `handoffs`. A turn of the session's own character has no `character_slug`."""
    passed = pb.HandoffEvent(from_slug="desk", to_slug="billing", reason="A bill", start_seconds=4.25, turn_index=3)
    own = pb.Turn(turn_index=2, role=pb.ROLE_ASSISTANT, text="One moment.")
    other = pb.Turn(turn_index=3, role=pb.ROLE_ASSISTANT, text="Billing here.", character_slug="billing")
    call = pb.Session(turns=[own, other], handoffs=[passed])
    shown = history.summary(call)
    assert shown["handoffs"] == [{"from": "desk", "to": "billing", "reason": "A bill", "ts": 4.25, "turn_index": 3}]
    assert "character_slug" not in shown["transcript"][0]
    assert shown["transcript"][1]["character_slug"] == "billing"
