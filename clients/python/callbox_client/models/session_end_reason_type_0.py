from typing import Literal

SessionEndReasonType0 = Literal[
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

SESSION_END_REASON_TYPE_0_VALUES: set[SessionEndReasonType0] = {
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


def check_session_end_reason_type_0(value: str) -> SessionEndReasonType0:
    if value in SESSION_END_REASON_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SESSION_END_REASON_TYPE_0_VALUES!r}")
