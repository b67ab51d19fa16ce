from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CharacterUsage")


@_attrs_define
class CharacterUsage:
    """What one character of a call used.

    Attributes:
        character_slug (str):
        turn_count (int): Turns of the character, and of the caller that it answered.
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
    """

    character_slug: str
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
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        character_slug = self.character_slug

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

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "character_slug": character_slug,
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
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        character_slug = d.pop("character_slug")

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

        character_usage = cls(
            character_slug=character_slug,
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
        )

        character_usage.additional_properties = d
        return character_usage

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
