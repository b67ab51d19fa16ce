from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.matched_voice_likeness import MatchedVoiceLikeness, check_matched_voice_likeness
from ..types import UNSET, Unset

T = TypeVar("T", bound="MatchedVoice")


@_attrs_define
class MatchedVoice:
    """The voice that the `reference_audio_url` of a call led to.

    Attributes:
        likeness (MatchedVoiceLikeness): `matched`: the most similar mix of the engine's voices; `cloned`: the engine
            clones the voice of the recording; `plain`: the recording could not be used.
        voice (str): The engine's name of the voice.
        similarity (float | None): Similarity of the two voices by a speaker encoder, at most 1; only if matched.
        reason (None | str | Unset): Why the recording could not be used.
    """

    likeness: MatchedVoiceLikeness
    voice: str
    similarity: float | None
    reason: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        likeness: str = self.likeness

        voice = self.voice

        similarity: float | None
        similarity = self.similarity

        reason: None | str | Unset
        if isinstance(self.reason, Unset):
            reason = UNSET
        else:
            reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "likeness": likeness,
                "voice": voice,
                "similarity": similarity,
            }
        )
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        likeness = check_matched_voice_likeness(d.pop("likeness"))

        voice = d.pop("voice")

        def _parse_similarity(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        similarity = _parse_similarity(d.pop("similarity"))

        def _parse_reason(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reason = _parse_reason(d.pop("reason", UNSET))

        matched_voice = cls(
            likeness=likeness,
            voice=voice,
            similarity=similarity,
            reason=reason,
        )

        matched_voice.additional_properties = d
        return matched_voice

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
