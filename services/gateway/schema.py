"""The OpenAPI description of the API."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

TITLE = "Callbox"
_DESCRIPTION = """Voice agents over WebRTC, on your own machines.

A credential is an access token (`Authorization: Bearer`, from `/api/auth/login/`) or an API key (`X-API-Key`).
Starting a call also works without one, from a page whose `Origin` the character lists. Every path is served with and
without its trailing slash. Every answer carries `X-Request-Id`; every refusal has the same body, whose `message` says
what to do."""
_FASTAPI_ERRORS = ("HTTPValidationError", "ValidationError")
_TAGS = [
    {"name": "sessions", "description": "Start, read and end calls."},
    {"name": "characters", "description": "What an agent is: prompt, voice, tools, origins, appearance."},
    {"name": "knowledge base", "description": "Documents that a character knows, and questions to them."},
    {"name": "history", "description": "What was said and used."},
    {"name": "accounts", "description": "Users, tokens and API keys."},
]


def openapi(app: FastAPI, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the app's routes."""
    document = get_openapi(
        title=TITLE, version=version, description=_DESCRIPTION, routes=app.routes, tags=_TAGS, openapi_version="3.1.0"
    )
    for name in _FASTAPI_ERRORS:
        document["components"]["schemas"].pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            # FastAPI expects faults in every parameter; names in paths are never refused so.
            if _FASTAPI_ERRORS[0] in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
            for response in operation["responses"].values():
                response.setdefault("headers", {})["X-Request-Id"] = {
                    "description": "Name it when you report a fault.",
                    "schema": {"type": "string"},
                }
    return document
