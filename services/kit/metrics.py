"""Prometheus metrics that every service has. A label never holds a session id."""

from prometheus_client import Counter, Gauge, Histogram

# Seconds. An RPC between services takes between half a millisecond and a second.
_RPC_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

rpc_seconds = Histogram(
    "callbox_rpc_server_duration_seconds", "Time to answer an RPC.", ["method", "code"], buckets=_RPC_BUCKETS
)
rpc_streams = Gauge("callbox_rpc_server_streams", "Open RPCs that answer with a stream.", ["method"])
rpc_stream_ends = Counter("callbox_rpc_server_stream_ends_total", "Streams of answers that ended.", ["method", "code"])
http_seconds = Histogram(
    "callbox_http_server_duration_seconds",
    "Time to answer an HTTP request.",
    ["method", "route", "status"],
    buckets=_RPC_BUCKETS,
)
refusals = Counter("callbox_refusals_total", "Requests refused, by stable error code.", ["code"])
