from typing import Literal

AgentSessionSummaryStatus = Literal["active", "created", "ended"]

AGENT_SESSION_SUMMARY_STATUS_VALUES: set[AgentSessionSummaryStatus] = {
    "active",
    "created",
    "ended",
}


def check_agent_session_summary_status(value: str) -> AgentSessionSummaryStatus:
    if value in AGENT_SESSION_SUMMARY_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {AGENT_SESSION_SUMMARY_STATUS_VALUES!r}")
