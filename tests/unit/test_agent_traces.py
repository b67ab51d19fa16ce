"""Traces of calls."""

from collections.abc import Iterator

import pytest
from livekit.agents import telemetry
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracerProvider

from services.agent.traces import keep_private


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    """What an exporter gets of the spans of livekit-agents."""
    provider, exporter = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    keep_private(provider)
    yield exporter
    telemetry.set_tracer_provider(NoOpTracerProvider())


def test_what_was_said_and_what_tools_were_given_is_not_exported(exported: InMemorySpanExporter) -> None:
    with telemetry.tracer.start_as_current_span("function_tool") as span:
        span.set_attribute(telemetry.trace_types.ATTR_FUNCTION_TOOL_NAME, "find_order")
        span.set_attribute(telemetry.trace_types.ATTR_FUNCTION_TOOL_ARGS, '{"pin": "1234"}')
        span.set_attribute(telemetry.trace_types.ATTR_FUNCTION_TOOL_OUTPUT, "Ana, Calle Mayor 5")
        span.set_attribute(telemetry.trace_types.ATTR_RESPONSE_TEXT, "You live in Calle Mayor.")
        span.set_attribute(telemetry.trace_types.ATTR_E2E_LATENCY, 0.5)
    (kept,) = exported.get_finished_spans()
    assert kept.attributes is not None
    assert set(kept.attributes.values()) == {"find_order", 0.5}
