"""The worker's metrics. The worker and its job processes write to one multiprocess registry."""

from prometheus_client import Counter, Gauge, Histogram

_TURN_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
_TOOL_BUCKETS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 120.0)

turn_latency = Histogram(
    "lk_agents_turn_e2e_latency_seconds",
    "From the end of the caller's speech to the first sample handed to the room.",
    buckets=_TURN_BUCKETS,
)
turn_parts = Histogram(
    "callbox_turn_part_seconds", "Parts of a turn's latency; they add up.", ["part"], buckets=_TURN_BUCKETS
)
audio_backlog = Gauge(
    "callbox_audio_backlog_frames",
    "Frames of callers that wait for a stage or are in it.",
    ["stage"],
    multiprocess_mode="livesum",
)
denoise_fallbacks = Counter("callbox_denoise_fallback_frames_total", "Frames passed as they came.", ["reason"])
spoken_lines = Counter("callbox_spoken_lines_total", "Fillers and failure lines spoken.", ["line"])
silent_turns = Counter("callbox_silent_turns_total", "Turns without an answer that was heard within their time.")
ignored_messages = Counter("callbox_data_messages_ignored_total", "Data messages not understood.", ["reason"])
tool_calls = Counter("callbox_tool_calls_total", "Calls of tools that are over.", ["kind", "outcome"])
tool_seconds = Histogram("callbox_tool_seconds", "From a tool's call to its result.", ["kind"], buckets=_TOOL_BUCKETS)
unsent_events = Gauge("callbox_unsent_events", "Events that sessions has not stored yet.", multiprocess_mode="livesum")
speech_failovers = Counter(
    "callbox_speech_failovers_total", "What was done about speech engines that failed.", ["part", "step"]
)
