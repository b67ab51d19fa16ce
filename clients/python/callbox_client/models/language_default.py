from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="LanguageDefault")


@_attrs_define
class LanguageDefault:
    """The voice and recogniser of a language when a call or character names none.

    Attributes:
        language (str): BCP-47 tag. A requested language is looked up by RFC 4647.
        voice (str): Name of a voice.
        recogniser (str): Name of a recogniser.
    """

    language: str
    voice: str
    recogniser: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        language = self.language

        voice = self.voice

        recogniser = self.recogniser

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "language": language,
                "voice": voice,
                "recogniser": recogniser,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        language = d.pop("language")

        voice = d.pop("voice")

        recogniser = d.pop("recogniser")

        language_default = cls(
            language=language,
            voice=voice,
            recogniser=recogniser,
        )

        language_default.additional_properties = d
        return language_default

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
