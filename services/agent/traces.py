"""Traces of a call without what was said in it."""

from livekit.agents import telemetry
from opentelemetry.trace import TracerProvider


def keep_private(provider: TracerProvider) -> None:
    """Removes what was said, and what tools were given and answered, from the spans of livekit-agents."""
    telemetry.set_tracer_provider(provider, allow_pii=False)
