from typing import Literal

AgentSessionSummaryEndReasonType0 = Literal[
    "agent_ended",
    "agent_lost",
    "agent_unavailable",
    "client_left",
    "ended_by_api",
    "error",
    "handoff_failed",
    "idle_timeout",
    "max_call_seconds",
    "never_joined",
]

AGENT_SESSION_SUMMARY_END_REASON_TYPE_0_VALUES: set[AgentSessionSummaryEndReasonType0] = {
    "agent_ended",
    "agent_lost",
    "agent_unavailable",
    "client_left",
    "ended_by_api",
    "error",
    "handoff_failed",
    "idle_timeout",
    "max_call_seconds",
    "never_joined",
}


def check_agent_session_summary_end_reason_type_0(value: str) -> AgentSessionSummaryEndReasonType0:
    if value in AGENT_SESSION_SUMMARY_END_REASON_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {AGENT_SESSION_SUMMARY_END_REASON_TYPE_0_VALUES!r}")
