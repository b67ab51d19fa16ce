from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.agent_session_summary_end_reason_type_0 import (
    AgentSessionSummaryEndReasonType0,
    check_agent_session_summary_end_reason_type_0,
)
from ..models.agent_session_summary_recording_status import (
    AgentSessionSummaryRecordingStatus,
    check_agent_session_summary_recording_status,
)
from ..models.agent_session_summary_status import AgentSessionSummaryStatus, check_agent_session_summary_status
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.agent_session_summary_metadata import AgentSessionSummaryMetadata
    from ..models.character_usage import CharacterUsage
    from ..models.form_response import FormResponse
    from ..models.handoff import Handoff
    from ..models.matched_voice import MatchedVoice
    from ..models.tool_call import ToolCall
    from ..models.transcript_item import TranscriptItem


T = TypeVar("T", bound="AgentSessionSummary")


@_attrs_define
class AgentSessionSummary:
    """One call with its complete history.

    Example:
        {'id': 142, 'session_id': 'sess_Zk3vQy0N8rT1mJ5sXw2eLb7u', 'tenant_id': 'ten_8d1fQ2Zk3vQy', 'character_slug':
            'support-bot', 'user': None, 'room_name': 'callbox-support-bot-5Yc0aQ', 'origin_url':
            'https://shop.example/help', 'metadata': {'plan': 'pro', 'user_name': 'Ada'}, 'session_duration_seconds': 18.4,
            'turn_count': 3, 'interruption_count': 0, 'llm_input_tokens': 412, 'llm_output_tokens': 18, 'llm_model':
            'gpt-4o-mini', 'llm_provider': 'openai', 'stt_audio_seconds': 2.4, 'stt_provider': 'moonshine',
            'tts_characters': 63, 'tts_provider': 'hibari', 'estimated_cost_usd': '0.000073', 'finalized_at':
            '2026-03-01T12:00:21Z', 'recording_status': 'OFF', 'recording_url': None, 'recording_presigned_url': None,
            'transcript': [{'role': 'assistant', 'text': 'Hello, how can I help?', 'turn_index': 0, 'ts': 0.6}, {'role':
            'user', 'text': 'What time do you open on Saturday?', 'turn_index': 1, 'ts': 4.2}, {'role': 'assistant', 'text':
            'On Saturday we are open from ten to four.', 'turn_index': 2, 'ts': 7.7, 'latency': {'end_of_turn': 620.5,
            'final_transcript': 0.0, 'first_audio': 240.3, 'first_token': 212.0, 'playout': 21.7}}], 'transcript_text':
            'Assistant: Hello, how can I help?\\nUser: What time do you open on Saturday?\\nAssistant: On Saturday we are
            open from ten to four.', 'created_at': '2026-03-01T12:00:00Z', 'status': 'ended', 'end_reason': 'client_left',
            'character_version': 3, 'joined_at': '2026-03-01T12:00:01Z', 'ended_at': '2026-03-01T12:00:19.400000Z',
            'tool_calls': [{'name': 'search_documents', 'kind': 'kb', 'arguments': {'query': 'opening hours on Saturday'},
            'result_preview': '[{"text": "Saturday: 10 to 16."}]', 'result_characters': 33, 'error': None,
            'duration_seconds': 0.031, 'ts': 7.2, 'turn_index': 2}], 'handoffs': [], 'usage_by_character': [], 'voice':
            {'likeness': 'matched', 'similarity': 0.81, 'voice': 'af_heart*0.6+af_bella*0.4'}, 'form_responses': []}

    Attributes:
        id (int):
        session_id (str):
        tenant_id (str):
        character_slug (str):
        user (int | None): User who started the call; null for an anonymous visitor.
        room_name (str):
        origin_url (None | str):
        metadata (AgentSessionSummaryMetadata):
        session_duration_seconds (float): From joining to the end, or until now.
        turn_count (int):
        interruption_count (int):
        llm_input_tokens (int):
        llm_output_tokens (int):
        llm_model (None | str):
        llm_provider (None | str):
        stt_audio_seconds (float):
        stt_provider (None | str):
        tts_characters (int):
        tts_provider (None | str):
        estimated_cost_usd (str): US dollars.
        finalized_at (datetime.datetime | None):
        recording_status (AgentSessionSummaryRecordingStatus): `OFF`, and both addresses are null: calls are not
            recorded yet.
        recording_url (None | str):
        recording_presigned_url (None | str):
        transcript (list[TranscriptItem]):
        transcript_text (str): One line for each utterance, `Assistant: …` or `User: …`.
        created_at (datetime.datetime):
        status (AgentSessionSummaryStatus):
        end_reason (AgentSessionSummaryEndReasonType0 | None):
        character_version (int):
        joined_at (datetime.datetime | None):
        ended_at (datetime.datetime | None):
        tool_calls (list[ToolCall]): Tool calls, in order.
        handoffs (list[Handoff]): Handoffs to another character, in order.
        usage_by_character (list[CharacterUsage]): What each character used, in the order in which they took the call;
            empty if there was no handoff.
        voice (MatchedVoice | None): Null for a call without `reference_audio_url`.
        form_responses (list[FormResponse] | Unset): The first 200 form responses of the call, oldest first; empty in
            lists.
    """

    id: int
    session_id: str
    tenant_id: str
    character_slug: str
    user: int | None
    room_name: str
    origin_url: None | str
    metadata: AgentSessionSummaryMetadata
    session_duration_seconds: float
    turn_count: int
    interruption_count: int
    llm_input_tokens: int
    llm_output_tokens: int
    llm_model: None | str
    llm_provider: None | str
    stt_audio_seconds: float
    stt_provider: None | str
    tts_characters: int
    tts_provider: None | str
    estimated_cost_usd: str
    finalized_at: datetime.datetime | None
    recording_status: AgentSessionSummaryRecordingStatus
    recording_url: None | str
    recording_presigned_url: None | str
    transcript: list[TranscriptItem]
    transcript_text: str
    created_at: datetime.datetime
    status: AgentSessionSummaryStatus
    end_reason: AgentSessionSummaryEndReasonType0 | None
    character_version: int
    joined_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    tool_calls: list[ToolCall]
    handoffs: list[Handoff]
    usage_by_character: list[CharacterUsage]
    voice: MatchedVoice | None
    form_responses: list[FormResponse] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.matched_voice import MatchedVoice  # noqa: PLC0415

        id = self.id

        session_id = self.session_id

        tenant_id = self.tenant_id

        character_slug = self.character_slug

        user: int | None
        user = self.user

        room_name = self.room_name

        origin_url: None | str
        origin_url = self.origin_url

        metadata = self.metadata.to_dict()

        session_duration_seconds = self.session_duration_seconds

        turn_count = self.turn_count

        interruption_count = self.interruption_count

        llm_input_tokens = self.llm_input_tokens

        llm_output_tokens = self.llm_output_tokens

        llm_model: None | str
        llm_model = self.llm_model

        llm_provider: None | str
        llm_provider = self.llm_provider

        stt_audio_seconds = self.stt_audio_seconds

        stt_provider: None | str
        stt_provider = self.stt_provider

        tts_characters = self.tts_characters

        tts_provider: None | str
        tts_provider = self.tts_provider

        estimated_cost_usd = self.estimated_cost_usd

        finalized_at: None | str
        if isinstance(self.finalized_at, datetime.datetime):
            finalized_at = self.finalized_at.isoformat()
        else:
            finalized_at = self.finalized_at

        recording_status: str = self.recording_status

        recording_url: None | str
        recording_url = self.recording_url

        recording_presigned_url: None | str
        recording_presigned_url = self.recording_presigned_url

        transcript = []
        for transcript_item_data in self.transcript:
            transcript_item = transcript_item_data.to_dict()
            transcript.append(transcript_item)

        transcript_text = self.transcript_text

        created_at = self.created_at.isoformat()

        status: str = self.status

        end_reason: None | str
        if isinstance(self.end_reason, str):
            end_reason = self.end_reason
        else:
            end_reason = self.end_reason

        character_version = self.character_version

        joined_at: None | str
        if isinstance(self.joined_at, datetime.datetime):
            joined_at = self.joined_at.isoformat()
        else:
            joined_at = self.joined_at

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        tool_calls = []
        for tool_calls_item_data in self.tool_calls:
            tool_calls_item = tool_calls_item_data.to_dict()
            tool_calls.append(tool_calls_item)

        handoffs = []
        for handoffs_item_data in self.handoffs:
            handoffs_item = handoffs_item_data.to_dict()
            handoffs.append(handoffs_item)

        usage_by_character = []
        for usage_by_character_item_data in self.usage_by_character:
            usage_by_character_item = usage_by_character_item_data.to_dict()
            usage_by_character.append(usage_by_character_item)

        voice: dict[str, Any] | None
        if isinstance(self.voice, MatchedVoice):
            voice = self.voice.to_dict()
        else:
            voice = self.voice

        form_responses: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.form_responses, Unset):
            form_responses = []
            for form_responses_item_data in self.form_responses:
                form_responses_item = form_responses_item_data.to_dict()
                form_responses.append(form_responses_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "session_id": session_id,
                "tenant_id": tenant_id,
                "character_slug": character_slug,
                "user": user,
                "room_name": room_name,
                "origin_url": origin_url,
                "metadata": metadata,
                "session_duration_seconds": session_duration_seconds,
                "turn_count": turn_count,
                "interruption_count": interruption_count,
                "llm_input_tokens": llm_input_tokens,
                "llm_output_tokens": llm_output_tokens,
                "llm_model": llm_model,
                "llm_provider": llm_provider,
                "stt_audio_seconds": stt_audio_seconds,
                "stt_provider": stt_provider,
                "tts_characters": tts_characters,
                "tts_provider": tts_provider,
                "estimated_cost_usd": estimated_cost_usd,
                "finalized_at": finalized_at,
                "recording_status": recording_status,
                "recording_url": recording_url,
                "recording_presigned_url": recording_presigned_url,
                "transcript": transcript,
                "transcript_text": transcript_text,
                "created_at": created_at,
                "status": status,
                "end_reason": end_reason,
                "character_version": character_version,
                "joined_at": joined_at,
                "ended_at": ended_at,
                "tool_calls": tool_calls,
                "handoffs": handoffs,
                "usage_by_character": usage_by_character,
                "voice": voice,
            }
        )
        if form_responses is not UNSET:
            field_dict["form_responses"] = form_responses

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.agent_session_summary_metadata import AgentSessionSummaryMetadata  # noqa: PLC0415
        from ..models.character_usage import CharacterUsage  # noqa: PLC0415
        from ..models.form_response import FormResponse  # noqa: PLC0415
        from ..models.handoff import Handoff  # noqa: PLC0415
        from ..models.matched_voice import MatchedVoice  # noqa: PLC0415
        from ..models.tool_call import ToolCall  # noqa: PLC0415
        from ..models.transcript_item import TranscriptItem  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        session_id = d.pop("session_id")

        tenant_id = d.pop("tenant_id")

        character_slug = d.pop("character_slug")

        def _parse_user(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        user = _parse_user(d.pop("user"))

        room_name = d.pop("room_name")

        def _parse_origin_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        origin_url = _parse_origin_url(d.pop("origin_url"))

        metadata = AgentSessionSummaryMetadata.from_dict(d.pop("metadata"))

        session_duration_seconds = d.pop("session_duration_seconds")

        turn_count = d.pop("turn_count")

        interruption_count = d.pop("interruption_count")

        llm_input_tokens = d.pop("llm_input_tokens")

        llm_output_tokens = d.pop("llm_output_tokens")

        def _parse_llm_model(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        llm_model = _parse_llm_model(d.pop("llm_model"))

        def _parse_llm_provider(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        llm_provider = _parse_llm_provider(d.pop("llm_provider"))

        stt_audio_seconds = d.pop("stt_audio_seconds")

        def _parse_stt_provider(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        stt_provider = _parse_stt_provider(d.pop("stt_provider"))

        tts_characters = d.pop("tts_characters")

        def _parse_tts_provider(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        tts_provider = _parse_tts_provider(d.pop("tts_provider"))

        estimated_cost_usd = d.pop("estimated_cost_usd")

        def _parse_finalized_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finalized_at_type_0 = datetime.datetime.fromisoformat(data)

                return finalized_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finalized_at = _parse_finalized_at(d.pop("finalized_at"))

        recording_status = check_agent_session_summary_recording_status(d.pop("recording_status"))

        def _parse_recording_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        recording_url = _parse_recording_url(d.pop("recording_url"))

        def _parse_recording_presigned_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        recording_presigned_url = _parse_recording_presigned_url(d.pop("recording_presigned_url"))

        transcript = []
        _transcript = d.pop("transcript")
        for transcript_item_data in _transcript:
            transcript_item = TranscriptItem.from_dict(transcript_item_data)

            transcript.append(transcript_item)

        transcript_text = d.pop("transcript_text")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        status = check_agent_session_summary_status(d.pop("status"))

        def _parse_end_reason(data: object) -> AgentSessionSummaryEndReasonType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                end_reason_type_0 = check_agent_session_summary_end_reason_type_0(data)

                return end_reason_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AgentSessionSummaryEndReasonType0 | None, data)

        end_reason = _parse_end_reason(d.pop("end_reason"))

        character_version = d.pop("character_version")

        def _parse_joined_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                joined_at_type_0 = datetime.datetime.fromisoformat(data)

                return joined_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        joined_at = _parse_joined_at(d.pop("joined_at"))

        def _parse_ended_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_at_type_0 = datetime.datetime.fromisoformat(data)

                return ended_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended_at = _parse_ended_at(d.pop("ended_at"))

        tool_calls = []
        _tool_calls = d.pop("tool_calls")
        for tool_calls_item_data in _tool_calls:
            tool_calls_item = ToolCall.from_dict(tool_calls_item_data)

            tool_calls.append(tool_calls_item)

        handoffs = []
        _handoffs = d.pop("handoffs")
        for handoffs_item_data in _handoffs:
            handoffs_item = Handoff.from_dict(handoffs_item_data)

            handoffs.append(handoffs_item)

        usage_by_character = []
        _usage_by_character = d.pop("usage_by_character")
        for usage_by_character_item_data in _usage_by_character:
            usage_by_character_item = CharacterUsage.from_dict(usage_by_character_item_data)

            usage_by_character.append(usage_by_character_item)

        def _parse_voice(data: object) -> MatchedVoice | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                voice_type_0 = MatchedVoice.from_dict(data)

                return voice_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(MatchedVoice | None, data)

        voice = _parse_voice(d.pop("voice"))

        _form_responses = d.pop("form_responses", UNSET)
        form_responses: list[FormResponse] | Unset = UNSET
        if _form_responses is not UNSET:
            form_responses = []
            for form_responses_item_data in _form_responses:
                form_responses_item = FormResponse.from_dict(form_responses_item_data)

                form_responses.append(form_responses_item)

        agent_session_summary = cls(
            id=id,
            session_id=session_id,
            tenant_id=tenant_id,
            character_slug=character_slug,
            user=user,
            room_name=room_name,
            origin_url=origin_url,
            metadata=metadata,
            session_duration_seconds=session_duration_seconds,
            turn_count=turn_count,
            interruption_count=interruption_count,
            llm_input_tokens=llm_input_tokens,
            llm_output_tokens=llm_output_tokens,
            llm_model=llm_model,
            llm_provider=llm_provider,
            stt_audio_seconds=stt_audio_seconds,
            stt_provider=stt_provider,
            tts_characters=tts_characters,
            tts_provider=tts_provider,
            estimated_cost_usd=estimated_cost_usd,
            finalized_at=finalized_at,
            recording_status=recording_status,
            recording_url=recording_url,
            recording_presigned_url=recording_presigned_url,
            transcript=transcript,
            transcript_text=transcript_text,
            created_at=created_at,
            status=status,
            end_reason=end_reason,
            character_version=character_version,
            joined_at=joined_at,
            ended_at=ended_at,
            tool_calls=tool_calls,
            handoffs=handoffs,
            usage_by_character=usage_by_character,
            voice=voice,
            form_responses=form_responses,
        )

        agent_session_summary.additional_properties = d
        return agent_session_summary

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
