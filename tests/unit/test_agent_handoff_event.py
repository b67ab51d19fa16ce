"""Contract 14.13: a handoff in the history."""

from services.agent.history.handoff_event import handoff_event


def test_a_handoff_event_keeps_its_values_and_cuts_long_texts() -> None:
    event = handoff_event("desk", "billing", "r" * 5_000, 4.5, 3)
    assert (event.from_slug, event.to_slug, event.start_seconds, event.turn_index) == ("desk", "billing", 4.5, 3)
    assert len(event.reason) == 1_000
