from typing import Literal

AgentSessionSummaryRecordingStatus = Literal["FAILED", "OFF", "PENDING", "READY"]

AGENT_SESSION_SUMMARY_RECORDING_STATUS_VALUES: set[AgentSessionSummaryRecordingStatus] = {
    "FAILED",
    "OFF",
    "PENDING",
    "READY",
}


def check_agent_session_summary_recording_status(value: str) -> AgentSessionSummaryRecordingStatus:
    if value in AGENT_SESSION_SUMMARY_RECORDING_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {AGENT_SESSION_SUMMARY_RECORDING_STATUS_VALUES!r}")
