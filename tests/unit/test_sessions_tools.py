"""Contract 10, own: tool calls are kept within limits."""

from callbox.sessions.v1 import sessions_pb2 as pb

from services.sessions.events import tool_calls


def test_texts_are_cut_and_large_arguments_left_out() -> None:
    called = pb.ToolEvent(name="n" * 500, error="e" * 500, result_preview="r" * 10_000)
    called.arguments.update({"note": "x" * 20_000})
    called.duration.seconds = -5
    kept = tool_calls.within_limits(called)
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
    assert tool_calls.within_limits(called) == called


def test_numbers_that_json_has_not_are_left_out() -> None:
    called = pb.ToolEvent(name="x")
    called.arguments.update({"n": float("nan")})
    assert tool_calls.within_limits(called).arguments_omitted
