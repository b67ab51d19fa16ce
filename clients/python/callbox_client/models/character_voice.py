from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="CharacterVoice")


@_attrs_define
class CharacterVoice:
    """A voice of the character's own.

    Attributes:
        audio_file (None | str | Unset): Address of a recording; below the API's own if it was uploaded. Default: ''.
        voice_url (None | str | Unset): Address from which Callbox fetches a recording. Default: ''.
    """

    audio_file: None | str | Unset = ""
    voice_url: None | str | Unset = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        audio_file: None | str | Unset
        if isinstance(self.audio_file, Unset):
            audio_file = UNSET
        else:
            audio_file = self.audio_file

        voice_url: None | str | Unset
        if isinstance(self.voice_url, Unset):
            voice_url = UNSET
        else:
            voice_url = self.voice_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if audio_file is not UNSET:
            field_dict["audio_file"] = audio_file
        if voice_url is not UNSET:
            field_dict["voice_url"] = voice_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_audio_file(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        audio_file = _parse_audio_file(d.pop("audio_file", UNSET))

        def _parse_voice_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        voice_url = _parse_voice_url(d.pop("voice_url", UNSET))

        character_voice = cls(
            audio_file=audio_file,
            voice_url=voice_url,
        )

        character_voice.additional_properties = d
        return character_voice

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
