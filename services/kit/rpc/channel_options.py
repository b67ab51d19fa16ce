"""gRPC channel options that all clients share."""

# A client notices within 13 s at most that the other machine is gone.
ALIVE = (
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.keepalive_permit_without_calls", 1),
)
RECONNECT = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
    # The time limit of one attempt to connect, in spite of its name: a far endpoint with TLS needs 0.6 s, and a crowded
    # machine is slow.
    ("grpc.min_reconnect_backoff_ms", 1_000),
)
