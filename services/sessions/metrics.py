"""Prometheus metrics of this service."""

from prometheus_client import Counter, Gauge, Histogram

# Seconds; the goal is 10 ms at the median, the limit one second.
_START_BUCKETS = (0.0025, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

sessions_active = Gauge("callbox_sessions_active", "Calls under way.")
admissions = Counter("callbox_admission_total", "Starts of sessions, by result.", ["result"])
slots = Gauge("callbox_slots", "Slots that workers report, by state.", ["state"])
dispatch_failures = Counter(
    "callbox_dispatch_failures_total", "Calls that a worker refused or could not be asked to take."
)
session_ends = Counter("callbox_session_ends_total", "Sessions ended, by reason.", ["reason"])
reaps = Counter("callbox_reaper_actions_total", "Overdue work that the reaper did, by action.", ["action"])
start_seconds = Histogram("callbox_session_start_seconds", "Time to start a session.", buckets=_START_BUCKETS)
background_tasks_dropped = Counter(
    "callbox_chores_dropped_total",
    "Background tasks dropped because too many were running; the reaper does their work.",
)
webhook_attempts = Counter("callbox_webhook_attempts_total", "Attempts to deliver a webhook, by result.", ["result"])
uncounted_starts = Counter(
    "callbox_uncounted_starts_total", "Starts accepted without a rate limit because Redis did not answer."
)
uncounted_answers = Counter(
    "callbox_uncounted_form_answers_total", "Form answers accepted without a rate limit because Redis did not answer."
)
