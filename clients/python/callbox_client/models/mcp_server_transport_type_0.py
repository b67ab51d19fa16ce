from typing import Literal

McpServerTransportType0 = Literal["http_json", "sse", "streamable_http"]

MCP_SERVER_TRANSPORT_TYPE_0_VALUES: set[McpServerTransportType0] = {
    "http_json",
    "sse",
    "streamable_http",
}


def check_mcp_server_transport_type_0(value: str) -> McpServerTransportType0:
    if value in MCP_SERVER_TRANSPORT_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {MCP_SERVER_TRANSPORT_TYPE_0_VALUES!r}")
