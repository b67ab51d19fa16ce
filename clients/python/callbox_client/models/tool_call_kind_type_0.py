from typing import Literal

ToolCallKindType0 = Literal["client_event", "form", "handoff", "http", "kb", "mcp"]

TOOL_CALL_KIND_TYPE_0_VALUES: set[ToolCallKindType0] = {
    "client_event",
    "form",
    "handoff",
    "http",
    "kb",
    "mcp",
}


def check_tool_call_kind_type_0(value: str) -> ToolCallKindType0:
    if value in TOOL_CALL_KIND_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {TOOL_CALL_KIND_TYPE_0_VALUES!r}")
