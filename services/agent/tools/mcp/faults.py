"""Why a request to an MCP server gave no result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from services.kit.net.outbound import Failed, OutboundError

_MAX_QUOTED_CHARACTERS = 400
_MAX_DETAIL_CHARACTERS = 2_000
_MAX_NOTED = 8


class McpFault(Exception):
    """A request without a result. code, str: as the model is told of it.

    session_gone: the server does not know the session and did nothing, so the request may be sent again in a new one.
    broken: the connection ended while the answer was waited for.
    """

    def __init__(self, code: str, detail: str, *, session_gone: bool = False, broken: bool = False) -> None:
        super().__init__(detail[:_MAX_DETAIL_CHARACTERS])
        self.code = code
        self.session_gone = session_gone
        self.broken = broken


# Faults of the HTTP exchanges of one request. The MCP client sends a request in the context of the task that makes it.
http_faults: ContextVar[list[McpFault]] = ContextVar("http_faults")


def note(fault: McpFault) -> None:
    """Keeps a fault for the request that is being sent, if one is."""
    if (faults := http_faults.get(None)) is not None and len(faults) < _MAX_NOTED:
        faults.append(fault)


def of_outbound(fault: OutboundError) -> McpFault:
    """A fault of the HTTP client. A server that cannot be reached is `unavailable`."""
    return McpFault("unavailable" if isinstance(fault, Failed) else fault.code, str(fault))


def of_status(status: int, body: bytes, content_type: str) -> McpFault:
    """The fault of an answer with a status of 300 or more."""
    text = body.decode("utf-8", "replace").strip()
    said = f" It said: {text[:_MAX_QUOTED_CHARACTERS]}" if text and "html" not in content_type.lower() else ""
    return McpFault(f"http_{status}", f"The MCP server answered {status}.{said}")


def json_rpc_error(body: bytes) -> Mapping[str, Any] | None:
    """The `error` of a JSON-RPC answer; None if the body is none or tells of no error."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, dict) else None
