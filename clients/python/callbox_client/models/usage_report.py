from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.session_page import SessionPage


T = TypeVar("T", bound="UsageReport")


@_attrs_define
class UsageReport:
    """Totals over every call that matches the filter, and one page of them.

    Attributes:
        total_sessions (int):
        total_llm_input_tokens (int):
        total_llm_output_tokens (int):
        total_stt_audio_seconds (float):
        total_tts_characters (int):
        total_estimated_cost_usd (str): US dollars.
        sessions (SessionPage): One page of calls, newest first.
    """

    total_sessions: int
    total_llm_input_tokens: int
    total_llm_output_tokens: int
    total_stt_audio_seconds: float
    total_tts_characters: int
    total_estimated_cost_usd: str
    sessions: SessionPage
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        total_sessions = self.total_sessions

        total_llm_input_tokens = self.total_llm_input_tokens

        total_llm_output_tokens = self.total_llm_output_tokens

        total_stt_audio_seconds = self.total_stt_audio_seconds

        total_tts_characters = self.total_tts_characters

        total_estimated_cost_usd = self.total_estimated_cost_usd

        sessions = self.sessions.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "total_sessions": total_sessions,
                "total_llm_input_tokens": total_llm_input_tokens,
                "total_llm_output_tokens": total_llm_output_tokens,
                "total_stt_audio_seconds": total_stt_audio_seconds,
                "total_tts_characters": total_tts_characters,
                "total_estimated_cost_usd": total_estimated_cost_usd,
                "sessions": sessions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.session_page import SessionPage  # noqa: PLC0415

        d = dict(src_dict)
        total_sessions = d.pop("total_sessions")

        total_llm_input_tokens = d.pop("total_llm_input_tokens")

        total_llm_output_tokens = d.pop("total_llm_output_tokens")

        total_stt_audio_seconds = d.pop("total_stt_audio_seconds")

        total_tts_characters = d.pop("total_tts_characters")

        total_estimated_cost_usd = d.pop("total_estimated_cost_usd")

        sessions = SessionPage.from_dict(d.pop("sessions"))

        usage_report = cls(
            total_sessions=total_sessions,
            total_llm_input_tokens=total_llm_input_tokens,
            total_llm_output_tokens=total_llm_output_tokens,
            total_stt_audio_seconds=total_stt_audio_seconds,
            total_tts_characters=total_tts_characters,
            total_estimated_cost_usd=total_estimated_cost_usd,
            sessions=sessions,
        )

        usage_report.additional_properties = d
        return usage_report

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
