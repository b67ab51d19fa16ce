"""What each character of a call used, from the usage events of the call. Pure."""

from collections.abc import Iterable
from typing import Any

from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.json_format import ParseDict

_SUMS = (
    "llm_input_tokens",
    "llm_output_tokens",
    "stt_audio_seconds",
    "tts_characters",
    "interruption_count",
    "turn_count",
    "cost_nano_usd",
)
_NAMES = ("llm_model", "llm_provider", "stt_provider", "tts_provider")


def by_character(bodies: Iterable[dict[str, Any]]) -> list[pb.Usage]:
    """The sums of events by character, in the order in which they took the call. bodies: of the events, in order."""
    found: dict[str, pb.Usage] = {}
    for body in bodies:
        event = ParseDict(body, pb.Usage(), ignore_unknown_fields=True)
        slug = event.character_slug
        total = found.setdefault(slug, pb.Usage(character_slug=slug))
        for name in _SUMS:
            setattr(total, name, getattr(total, name) + getattr(event, name))
        for name in _NAMES:
            if value := getattr(event, name):
                setattr(total, name, value)
    return list(found.values())
