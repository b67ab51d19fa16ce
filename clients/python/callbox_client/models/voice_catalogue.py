from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.language_default import LanguageDefault
    from ..models.recogniser import Recogniser
    from ..models.voice import Voice


T = TypeVar("T", bound="VoiceCatalogue")


@_attrs_define
class VoiceCatalogue:
    """The voices and recognisers of this installation.

    Attributes:
        voices (list[Voice]): With `language`: only those that speak it, the best match first.
        recognisers (list[Recogniser]): With `language`: only those that recognise it.
        defaults (list[LanguageDefault]): All supported languages; with `language`, the one that matches it.
    """

    voices: list[Voice]
    recognisers: list[Recogniser]
    defaults: list[LanguageDefault]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        voices = []
        for voices_item_data in self.voices:
            voices_item = voices_item_data.to_dict()
            voices.append(voices_item)

        recognisers = []
        for recognisers_item_data in self.recognisers:
            recognisers_item = recognisers_item_data.to_dict()
            recognisers.append(recognisers_item)

        defaults = []
        for defaults_item_data in self.defaults:
            defaults_item = defaults_item_data.to_dict()
            defaults.append(defaults_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "voices": voices,
                "recognisers": recognisers,
                "defaults": defaults,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.language_default import LanguageDefault  # noqa: PLC0415
        from ..models.recogniser import Recogniser  # noqa: PLC0415
        from ..models.voice import Voice  # noqa: PLC0415

        d = dict(src_dict)
        voices = []
        _voices = d.pop("voices")
        for voices_item_data in _voices:
            voices_item = Voice.from_dict(voices_item_data)

            voices.append(voices_item)

        recognisers = []
        _recognisers = d.pop("recognisers")
        for recognisers_item_data in _recognisers:
            recognisers_item = Recogniser.from_dict(recognisers_item_data)

            recognisers.append(recognisers_item)

        defaults = []
        _defaults = d.pop("defaults")
        for defaults_item_data in _defaults:
            defaults_item = LanguageDefault.from_dict(defaults_item_data)

            defaults.append(defaults_item)

        voice_catalogue = cls(
            voices=voices,
            recognisers=recognisers,
            defaults=defaults,
        )

        voice_catalogue.additional_properties = d
        return voice_catalogue

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
