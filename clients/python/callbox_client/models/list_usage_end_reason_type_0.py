from typing import Literal

ListUsageEndReasonType0 = Literal[
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

LIST_USAGE_END_REASON_TYPE_0_VALUES: set[ListUsageEndReasonType0] = {
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


def check_list_usage_end_reason_type_0(value: str) -> ListUsageEndReasonType0:
    if value in LIST_USAGE_END_REASON_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_USAGE_END_REASON_TYPE_0_VALUES!r}")
