"""Bodies of starting, reading and ending a call (contract 3 and 14.12)."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.kit.start_limits import (
    MAX_GREETING_CHARACTERS,
    MAX_METADATA_BYTES,
    MAX_PROMPT_BYTES,
    MAX_URL_CHARACTERS,
    headers_fault,
)


def _small_metadata(value: dict[str, Any] | None) -> dict[str, Any] | None:
    if value is not None:
        size = len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
        if size > MAX_METADATA_BYTES:
            raise ValueError(f"has {size} bytes as compact JSON; at most {MAX_METADATA_BYTES} are allowed")
    return value


def _small_prompt(value: str | None) -> str | None:
    if value is not None and len(value.encode()) > MAX_PROMPT_BYTES:
        raise ValueError(f"has {len(value.encode())} bytes; at most {MAX_PROMPT_BYTES} are allowed")
    return value


def _header_map(value: dict[str, str] | None) -> dict[str, str] | None:
    if value is not None and (fault := headers_fault(value)):
        raise ValueError(fault)
    return value


def _truncated(value: str | None) -> str | None:
    # It is stored for logging only, so a long address is no reason to refuse a call.
    return value and value[:MAX_URL_CHARACTERS]


class StartSession(BaseModel):
    """Every field but `agent` is optional and overrides the character for this call. Unknown fields are ignored."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "example": {
                "agent": "support-bot",
                "language": "en",
                "origin_url": "https://shop.example/help",
                "metadata": {"user_name": "Ada", "plan": "pro"},
            }
        },
    )

    agent: str = Field(min_length=1, max_length=200, description="Slug or id of the character.")
    language: str | None = Field(None, max_length=35, description="BCP-47 tag of the language to recognise and speak.")
    system_prompt: Annotated[str | None, AfterValidator(_small_prompt)] = Field(
        None, description=f"Replaces the prompt; at most {MAX_PROMPT_BYTES} bytes of UTF-8."
    )
    greeting: str | None = Field(
        None, max_length=MAX_GREETING_CHARACTERS, description="Replaces the greeting of the character."
    )
    voice_model: str | None = Field(None, max_length=200, description="Public name of a voice.")
    reference_audio_url: str | None = Field(
        None, max_length=MAX_URL_CHARACTERS, description="WAV or MP3 with the voice that the agent shall have."
    )
    mcp_headers: Annotated[dict[str, str] | None, AfterValidator(_header_map)] = Field(
        None, description="Headers for every request to an MCP server in this call."
    )
    origin_url: Annotated[str | None, AfterValidator(_truncated)] = Field(
        None, description="Page that started the call; stored for logging."
    )
    metadata: Annotated[dict[str, Any] | None, AfterValidator(_small_metadata)] = Field(
        None, description=f"Your own keys and values for the agent; at most {MAX_METADATA_BYTES} bytes as compact JSON."
    )


class StartedSession(BaseModel):
    """What a client needs to join the call."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
                "livekit_url": "wss://media.shop.example",
                "room_name": "callbox-support-bot-5Yc0aQ",
                "participant_identity": "user-8d1fQ2",
                "session_id": "sess_Zk3vQy0N8rT1mJ5sXw2eLb7u",
                "expires_in_seconds": 3600,
                "character_slug": "support-bot",
                "system_prompt": "You answer calls for a bicycle shop.",
                "greeting": "Hello, how can I help?",
            }
        }
    )

    token: str = Field(description="LiveKit access token for `Room.connect`.")
    livekit_url: str = Field(description="Address of the LiveKit server.")
    room_name: str = Field(description="LiveKit room of this call.")
    participant_identity: str = Field(description="Identity of the caller in the room.")
    session_id: str = Field(description="Id of the call, for its history and form responses.")
    expires_in_seconds: int = Field(description="Seconds until the token expires.")
    character_slug: str = Field(description="Slug of the character.")
    system_prompt: str = Field(description="The prompt of this call.")
    greeting: str = Field(description="The greeting of this call.")


SessionStatus = Literal["created", "active", "ended"]
EndReason = Literal[
    "client_left",
    "agent_ended",
    "handoff_failed",
    "max_call_seconds",
    "idle_timeout",
    "ended_by_api",
    "agent_unavailable",
    "agent_lost",
    "never_joined",
    "error",
]


class Session(BaseModel):
    """The state of a call."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "session_id": "sess_Zk3vQy0N8rT1mJ5sXw2eLb7u",
                "status": "ended",
                "character_slug": "support-bot",
                "character_version": 3,
                "room_name": "callbox-support-bot-5Yc0aQ",
                "created_at": "2026-03-01T12:00:00Z",
                "joined_at": "2026-03-01T12:00:01Z",
                "ended_at": "2026-03-01T12:00:19.400000Z",
                "end_reason": "ended_by_api",
            }
        }
    )

    session_id: str
    status: SessionStatus
    character_slug: str
    character_version: int = Field(description="Version of the character that the call uses.")
    room_name: str
    created_at: datetime
    joined_at: datetime | None = Field(description="When the caller joined; null if nobody did.")
    ended_at: datetime | None
    end_reason: EndReason | None
