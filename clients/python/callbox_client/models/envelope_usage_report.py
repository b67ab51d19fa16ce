from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.usage_report import UsageReport


T = TypeVar("T", bound="EnvelopeUsageReport")


@_attrs_define
class EnvelopeUsageReport:
    """
    Attributes:
        success (bool):
        message (str):
        data (UsageReport): Totals of all calls that match the filter, and one page of these calls. Example:
            {'total_sessions': 1, 'total_llm_input_tokens': 412, 'total_llm_output_tokens': 18, 'total_stt_audio_seconds':
            2.4, 'total_tts_characters': 63, 'total_estimated_cost_usd': '0.000073', 'sessions': {'data': [{'id': 142,
            'session_id': 'sess_Zk3vQy0N8rT1mJ5sXw2eLb7u', 'tenant_id': 'ten_8d1fQ2Zk3vQy', 'character_slug': 'support-bot',
            'user': None, 'room_name': 'callbox-support-bot-5Yc0aQ', 'origin_url': 'https://shop.example/help', 'metadata':
            {'plan': 'pro', 'user_name': 'Ada'}, 'session_duration_seconds': 18.4, 'turn_count': 3, 'interruption_count': 0,
            'llm_input_tokens': 412, 'llm_output_tokens': 18, 'llm_model': 'gpt-4o-mini', 'llm_provider': 'openai',
            'stt_audio_seconds': 2.4, 'stt_provider': 'moonshine', 'tts_characters': 63, 'tts_provider': 'hibari',
            'estimated_cost_usd': '0.000073', 'finalized_at': '2026-03-01T12:00:21Z', 'recording_status': 'OFF',
            'recording_url': None, 'recording_presigned_url': None, 'transcript': [{'role': 'assistant', 'text': 'Hello, how
            can I help?', 'turn_index': 0, 'ts': 0.6}, {'role': 'user', 'text': 'What time do you open on Saturday?',
            'turn_index': 1, 'ts': 4.2}, {'role': 'assistant', 'text': 'On Saturday we are open from ten to four.',
            'turn_index': 2, 'ts': 7.7, 'latency': {'end_of_turn': 620.5, 'final_transcript': 0.0, 'first_audio': 240.3,
            'first_token': 212.0, 'playout': 21.7}}], 'transcript_text': 'Assistant: Hello, how can I help?\\nUser: What
            time do you open on Saturday?\\nAssistant: On Saturday we are open from ten to four.', 'created_at':
            '2026-03-01T12:00:00Z', 'status': 'ended', 'end_reason': 'client_left', 'character_version': 3, 'joined_at':
            '2026-03-01T12:00:01Z', 'ended_at': '2026-03-01T12:00:19.400000Z', 'tool_calls': [{'name': 'search_documents',
            'kind': 'kb', 'arguments': {'query': 'opening hours on Saturday'}, 'result_preview': '[{"text": "Saturday: 10 to
            16."}]', 'result_characters': 33, 'error': None, 'duration_seconds': 0.031, 'ts': 7.2, 'turn_index': 2}],
            'handoffs': [], 'usage_by_character': [], 'voice': {'likeness': 'matched', 'similarity': 0.81, 'voice':
            'af_heart*0.6+af_bella*0.4'}}], 'page': 1, 'page_size': 50, 'total': 1, 'total_pages': 1}}.
        errors (None):
    """

    success: bool
    message: str
    data: UsageReport
    errors: None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        message = self.message

        data = self.data.to_dict()

        errors = self.errors

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
                "message": message,
                "data": data,
                "errors": errors,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.usage_report import UsageReport  # noqa: PLC0415

        d = dict(src_dict)
        success = d.pop("success")

        message = d.pop("message")

        data = UsageReport.from_dict(d.pop("data"))

        errors = d.pop("errors")

        envelope_usage_report = cls(
            success=success,
            message=message,
            data=data,
            errors=errors,
        )

        envelope_usage_report.additional_properties = d
        return envelope_usage_report

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
