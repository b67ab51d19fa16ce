"""OpenTelemetry trace context from HTTP through gRPC to the worker. Nothing is exported unless an endpoint is set."""

from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider, sampling

TRACE_KEYS = ("traceparent", "tracestate")


def setup_tracing(service: str, otlp_endpoint: str = "") -> None:
    """Names the process in traces and, when an OTLP gRPC endpoint is given, sends spans to it."""
    provider = TracerProvider(
        # The trace is carried on in any case; spans that nobody gets are not written.
        sampler=sampling.DEFAULT_ON if otlp_endpoint else sampling.ALWAYS_OFF,
        resource=Resource.create({"service.name": f"callbox-{service}"}),
    )
    if otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
    trace.set_tracer_provider(provider)


def tracer() -> trace.Tracer:
    """Callbox's tracer."""
    return trace.get_tracer("callbox")


def outgoing() -> dict[str, str]:
    """Headers that carry the current trace on."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier


def incoming(headers: Mapping[str, str]) -> Context:
    """The trace that came with these headers."""
    return extract({name: headers[name] for name in TRACE_KEYS if name in headers})
