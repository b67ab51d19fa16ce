"""Bodies of session history and usage (contract 9 and 10)."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from services.gateway.models.form import FormResponse
from services.gateway.models.session import EndReason, SessionStatus

Usd = Annotated[str, Field(pattern=r"^\d+\.\d{6}$", examples=["0.000000"], description="US dollars.")]

ToolKind = Literal["http", "kb", "mcp", "client_event", "handoff", "form"]


class Latency(BaseModel):
    """Milliseconds from the end of the caller's words to the agent's first sound, part by part; they add up."""

    end_of_turn: float
    final_transcript: float
    first_token: float
    first_audio: float
    playout: float


class TranscriptItem(BaseModel):
    """One utterance. `interrupted`, `typed` and `latency` are there only where they say something."""

    role: Literal["assistant", "user"]
    text: str
    turn_index: int = Field(description="From 0; a greeting is first.")
    ts: float = Field(description="Seconds from the moment the caller joined.")
    interrupted: bool = Field(False, description="True when the other side cut it short.")
    typed: bool = Field(False, description="True when it was typed.")
    latency: Latency | None = None


class ToolCall(BaseModel):
    """One call of a tool by the agent."""

    name: str
    kind: ToolKind | None
    arguments: dict[str, Any] | None = Field(description="What the model passed; null when it was too large to keep.")
    result_preview: str = Field(description="Beginning of what the model was answered.")
    error: str | None = Field(description="Code of what went wrong (`timeout`, `http_500`); null when nothing did.")
    duration_seconds: float
    ts: float = Field(description="Seconds from the moment the caller joined.")


class AgentSessionSummary(BaseModel):
    """One call and its whole history."""

    id: int
    session_id: str
    tenant_id: str
    character_slug: str
    user: int | None = Field(description="User who asked for the call; null for an anonymous visitor.")
    room_name: str
    origin_url: str | None
    metadata: dict[str, Any]
    session_duration_seconds: float = Field(description="From joining to the end, or to now.")
    turn_count: int
    interruption_count: int
    llm_input_tokens: int
    llm_output_tokens: int
    llm_model: str | None
    llm_provider: str | None
    stt_audio_seconds: float
    stt_provider: str | None
    tts_characters: int
    tts_provider: str | None
    estimated_cost_usd: Usd
    finalized_at: datetime | None
    recording_status: Literal["OFF", "PENDING", "READY", "FAILED"]
    recording_url: str | None
    recording_presigned_url: str | None
    transcript: list[TranscriptItem]
    transcript_text: str = Field(examples=["Assistant: Hello, how can I help?\nUser: What time do you open?"])
    created_at: datetime
    status: SessionStatus
    end_reason: EndReason | None
    character_version: int
    joined_at: datetime | None
    ended_at: datetime | None
    tool_calls: list[ToolCall] = Field(description="Calls of tools, in order.")
    form_responses: list[FormResponse] = Field(
        [],
        description="Answers to forms given in the call, oldest first, the first 200; only where one call is read.",
        examples=[[]],
    )


class SessionPage(BaseModel):
    """One page of calls, newest first."""

    data: list[AgentSessionSummary]
    page: int
    page_size: int
    total: int
    total_pages: int


class UsageReport(BaseModel):
    """Totals over every call that matches the filter, and one page of them."""

    total_sessions: int
    total_llm_input_tokens: int
    total_llm_output_tokens: int
    total_stt_audio_seconds: float
    total_tts_characters: int
    total_estimated_cost_usd: Usd
    sessions: SessionPage
