"""Contract 10, own: events are kept within limits."""

from callbox.sessions.v1 import sessions_pb2 as pb

from services.sessions.events.limits import MAX_TURN_CHARACTERS, within_limits


def test_texts_are_cut_and_large_arguments_left_out() -> None:
    called = pb.ToolEvent(name="n" * 500, error="e" * 500, result_preview="r" * 10_000)
    called.arguments.update({"note": "x" * 20_000})
    called.duration.seconds = -5
    kept = within_limits(pb.SessionEvent(tool=called)).tool
    assert (len(kept.name), len(kept.error), len(kept.result_preview)) == (128, 128, 4_000)
    assert kept.result_preview.endswith("…")
    assert kept.arguments_omitted
    assert not kept.HasField("arguments")
    assert kept.duration.seconds == 0
    assert len(called.name) == 500, "what was told is left as it is"


def test_what_fits_is_kept_as_it_is() -> None:
    called = pb.ToolEvent(name="find_order", kind=pb.TOOL_KIND_HTTP, result_preview="r" * 4_000, start_seconds=1.5)
    called.arguments.update({"order": 7})
    called.duration.FromMilliseconds(210)
    assert within_limits(pb.SessionEvent(tool=called)).tool == called


def test_numbers_that_json_has_not_are_left_out() -> None:
    called = pb.ToolEvent(name="x")
    called.arguments.update({"n": float("nan")})
    assert within_limits(pb.SessionEvent(tool=called)).tool.arguments_omitted


def test_texts_of_other_events_are_cut() -> None:
    long = "x" * 100_000
    turn = within_limits(pb.SessionEvent(sequence=3, turn=pb.Turn(text=long, turn_index=2, typed=True)))
    assert (len(turn.turn.text), turn.turn.turn_index, turn.turn.typed, turn.sequence) == (
        MAX_TURN_CHARACTERS,
        2,
        True,
        3,
    )
    events = (
        pb.SessionEvent(form=pb.FormEvent(form_id=long)),
        pb.SessionEvent(usage=pb.Usage(llm_model=long, llm_provider=long, stt_provider=long, tts_provider=long)),
        pb.SessionEvent(error=pb.ErrorEvent(code=long, message=long)),
        pb.SessionEvent(voice=pb.VoiceEvent(voice=long, reason=long)),
    )
    for event in events:
        assert within_limits(event).ByteSize() < 2_000, event.WhichOneof("event")


def test_texts_of_a_handoff_are_cut() -> None:
    told = pb.HandoffEvent(from_slug="f" * 500, to_slug="t" * 500, reason="r" * 5_000, turn_index=-1)
    kept = within_limits(pb.SessionEvent(handoff=told)).handoff
    assert (len(kept.from_slug), len(kept.to_slug), len(kept.reason), kept.turn_index) == (128, 128, 1_000, 0)
    spoken = within_limits(pb.SessionEvent(turn=pb.Turn(character_slug="c" * 500))).turn
    assert len(spoken.character_slug) == 128
    used = within_limits(pb.SessionEvent(usage=pb.Usage(character_slug="c" * 500))).usage
    called = within_limits(pb.SessionEvent(tool=pb.ToolEvent(character_slug="c" * 500))).tool
    assert (len(used.character_slug), len(called.character_slug)) == (128, 128)
