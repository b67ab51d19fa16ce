"""Bodies of the history and usage of calls (contract 9 and 10)."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.gateway.models.form import FormResponse
from services.gateway.models.session import EndReason, SessionStatus

Usd = Annotated[str, Field(pattern=r"^\d+\.\d{6}$", examples=["0.000000"], description="US dollars.")]

ToolKind = Literal["http", "kb", "mcp", "client_event", "handoff", "form"]

# Without the fields that are null: FastAPI drops nulls of an example, and openapi/examples.py adds them.
_CALL: JsonDict = {
    "id": 142,
    "session_id": "sess_Zk3vQy0N8rT1mJ5sXw2eLb7u",
    "tenant_id": "ten_8d1fQ2Zk3vQy",
    "character_slug": "support-bot",
    "room_name": "callbox-support-bot-5Yc0aQ",
    "origin_url": "https://shop.example/help",
    "metadata": {"user_name": "Ada", "plan": "pro"},
    "session_duration_seconds": 18.4,
    "turn_count": 3,
    "interruption_count": 0,
    "llm_input_tokens": 412,
    "llm_output_tokens": 18,
    "llm_model": "gpt-4o-mini",
    "llm_provider": "openai",
    "stt_audio_seconds": 2.4,
    "stt_provider": "moonshine",
    "tts_characters": 63,
    "tts_provider": "hibari",
    "estimated_cost_usd": "0.000073",
    "finalized_at": "2026-03-01T12:00:21Z",
    "recording_status": "OFF",
    "transcript": [
        {"role": "assistant", "text": "Hello, how can I help?", "turn_index": 0, "ts": 0.6},
        {"role": "user", "text": "What time do you open on Saturday?", "turn_index": 1, "ts": 4.2},
        {
            "role": "assistant",
            "text": "On Saturday we are open from ten to four.",
            "turn_index": 2,
            "ts": 7.7,
            "latency": {
                "end_of_turn": 620.5,
                "final_transcript": 0.0,
                "first_token": 212.0,
                "first_audio": 240.3,
                "playout": 21.7,
            },
        },
    ],
    "transcript_text": "Assistant: Hello, how can I help?\nUser: What time do you open on Saturday?\n"
    "Assistant: On Saturday we are open from ten to four.",
    "created_at": "2026-03-01T12:00:00Z",
    "status": "ended",
    "end_reason": "client_left",
    "character_version": 3,
    "joined_at": "2026-03-01T12:00:01Z",
    "ended_at": "2026-03-01T12:00:19.400000Z",
    "tool_calls": [
        {
            "name": "search_documents",
            "kind": "kb",
            "arguments": {"query": "opening hours on Saturday"},
            "result_preview": '[{"text": "Saturday: 10 to 16."}]',
            "result_characters": 33,
            "duration_seconds": 0.031,
            "ts": 7.2,
            "turn_index": 2,
        }
    ],
    "handoffs": [],
    "usage_by_character": [],
    "voice": {"likeness": "matched", "voice": "af_heart*0.6+af_bella*0.4", "similarity": 0.81, "reason": None},
}


class Latency(BaseModel):
    """The parts of the time that the caller waited for an answer, in milliseconds and in order.

    Their sum is the time from the end of the caller's speech to the first audio sent to the room. A part that was done
    ahead of time is 0.
    """

    end_of_turn: float = Field(description="Until the end of the caller's turn was detected.")
    final_transcript: float = Field(description="From then until the final transcript.")
    first_token: float = Field(description="From then until the first token of the language model.")
    first_audio: float = Field(description="From then until the first audio of the voice.")
    playout: float = Field(description="From then until that audio was sent to the room.")


class TranscriptItem(BaseModel):
    """One utterance. `interrupted` and `typed` are present only if true, `latency` only if it was measured.

    `character_slug` is present only if another character spoke than the one that the call started with.
    """

    role: Literal["assistant", "user"]
    text: str
    turn_index: int = Field(description="From 0; the greeting comes first.")
    ts: float = Field(description="Seconds since the caller joined.")
    interrupted: bool = Field(False, description="True if the other side interrupted it.")
    typed: bool = Field(False, description="True if it was typed.")
    character_slug: str | None = Field(
        None, description="Character that spoke, if it was not the character that the call started with."
    )
    latency: Latency | None = Field(None, description="How long the caller waited for this answer to their speech.")


class ToolCall(BaseModel):
    """One tool call of the agent. `character_slug` is present only as in `TranscriptItem`."""

    name: str
    kind: ToolKind | None
    arguments: dict[str, Any] | None = Field(
        description="Arguments from the language model, with secrets masked; null if they were too large to store."
    )
    result_preview: str = Field(description="The beginning of the result: at most 4,000 characters.")
    result_characters: int = Field(description="Characters of the whole result.")
    error: str | None = Field(
        description="Error code (`timeout`, `http_500`); null if the call succeeded.", examples=[None]
    )
    duration_seconds: float
    ts: float = Field(description="Seconds since the caller joined.")
    turn_index: int = Field(description="Turn that the call belongs to: the answer that follows it.")
    character_slug: str | None = Field(
        None, description="Character that called it, if it was not the character that the call started with."
    )


class Handoff(BaseModel):
    """One handoff of the call to another character."""

    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(
        alias="from", description="Slug of the character that handed the call over.", examples=["support-bot"]
    )
    to: str = Field(description="Slug of the character that took the call.", examples=["sales-bot"])
    reason: str = Field(
        description="Why, in the words of the language model: at most 1,000 characters.",
        examples=["The caller wants to order twenty lamps."],
    )
    ts: float = Field(description="Seconds since the caller joined.")
    turn_index: int = Field(description="First turn of the new character.")


class CharacterUsage(BaseModel):
    """What one character of a call used."""

    character_slug: str = Field(examples=["sales-bot"])
    turn_count: int = Field(description="Turns of the character, and of the caller that it answered.")
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


class MatchedVoice(BaseModel):
    """The voice that the `reference_audio_url` of a call led to."""

    likeness: Literal["matched", "cloned", "plain"] = Field(
        description="`matched`: the most similar mix of the engine's voices; `cloned`: the engine clones the voice of "
        "the recording; `plain`: the recording could not be used."
    )
    voice: str = Field(description="The engine's name of the voice.", examples=["af_heart*0.6+af_bella*0.4"])
    similarity: float | None = Field(
        description="Similarity of the two voices by a speaker encoder, at most 1; only if matched."
    )
    reason: str | None = Field(default=None, description="Why the recording could not be used.", examples=[None])


class AgentSessionSummary(BaseModel):
    """One call with its complete history."""

    model_config = ConfigDict(json_schema_extra={"example": {**_CALL, "form_responses": []}})

    id: int
    session_id: str
    tenant_id: str
    character_slug: str
    user: int | None = Field(description="User who started the call; null for an anonymous visitor.", examples=[None])
    room_name: str
    origin_url: str | None
    metadata: dict[str, Any]
    session_duration_seconds: float = Field(description="From joining to the end, or until now.")
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
    recording_status: Literal["OFF", "PENDING", "READY", "FAILED"] = Field(
        description="`OFF`, and both addresses are null: calls are not recorded yet."
    )
    recording_url: str | None = Field(examples=[None])
    recording_presigned_url: str | None = Field(examples=[None])
    transcript: list[TranscriptItem]
    transcript_text: str = Field(description="One line for each utterance, `Assistant: …` or `User: …`.")
    created_at: datetime
    status: SessionStatus
    end_reason: EndReason | None
    character_version: int
    joined_at: datetime | None
    ended_at: datetime | None
    tool_calls: list[ToolCall] = Field(description="Tool calls, in order.")
    handoffs: list[Handoff] = Field(description="Handoffs to another character, in order.")
    usage_by_character: list[CharacterUsage] = Field(
        description="What each character used, in the order in which they took the call; empty if there was no handoff."
    )
    voice: MatchedVoice | None = Field(description="Null for a call without `reference_audio_url`.")
    form_responses: list[FormResponse] = Field(
        [],
        description="The first 200 form responses of the call, oldest first; empty in lists.",
    )


class SessionPage(BaseModel):
    """One page of calls, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"data": [_CALL], "page": 1, "page_size": 50, "total": 1, "total_pages": 1}}
    )

    data: list[AgentSessionSummary]
    page: int
    page_size: int
    total: int
    total_pages: int


class UsageReport(BaseModel):
    """Totals of all calls that match the filter, and one page of these calls."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "total_sessions": 1,
                "total_llm_input_tokens": 412,
                "total_llm_output_tokens": 18,
                "total_stt_audio_seconds": 2.4,
                "total_tts_characters": 63,
                "total_estimated_cost_usd": "0.000073",
            }
        }
    )

    total_sessions: int
    total_llm_input_tokens: int
    total_llm_output_tokens: int
    total_stt_audio_seconds: float
    total_tts_characters: int
    total_estimated_cost_usd: Usd
    sessions: SessionPage
