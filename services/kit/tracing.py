"""Passes the OpenTelemetry trace context from HTTP through gRPC to the worker. Exports spans only to a set endpoint."""

from collections.abc import Mapping
from functools import cache

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider, sampling

TRACE_KEYS = ("traceparent", "tracestate")


def setup_tracing(service: str, otlp_endpoint: str = "") -> None:
    """Sets the name of the process in traces, and sends spans to an OTLP gRPC endpoint if one is given."""
    provider = TracerProvider(
        # Without an endpoint no span is recorded, but the trace context is still passed on.
        sampler=sampling.DEFAULT_ON if otlp_endpoint else sampling.ALWAYS_OFF,
        resource=Resource.create({"service.name": f"callbox-{service}"}),
    )
    if otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
    trace.set_tracer_provider(provider)


@cache
def tracer() -> trace.Tracer:
    """Callbox's tracer."""
    return trace.get_tracer("callbox")


def outgoing() -> dict[str, str]:
    """Headers that pass the current trace to another service."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier


def incoming(headers: Mapping[str, str]) -> Context:
    """The trace context in these headers."""
    return extract({name: headers[name] for name in TRACE_KEYS if name in headers})
