from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Voice")


@_attrs_define
class Voice:
    """A voice: for `voice_model` of a call and `tts_model` of a character.

    Example:
        {'name': 'kokoro-bf-emma', 'aliases': [], 'provider': 'kokoro', 'languages': ['en-GB', 'en'], 'licence':
            'Apache-2.0', 'title': 'Emma, British English, female', 'sample_rate_hz': 24000, 'can_clone': False,
            'can_match': True, 'sample_url': '/api/voices/kokoro-bf-emma/sample/?v=3f8a1c09d2e4'}

    Attributes:
        name (str): The name for calls and characters.
        aliases (list[str]): Other names of it.
        provider (str): As in the history of a call.
        languages (list[str]): BCP-47 tags. A requested language is looked up among them by RFC 4647.
        licence (str): Licence of the model.
        title (str): A name for people.
        sample_rate_hz (int): Sample rate of the engine's audio.
        can_clone (bool): Can clone the voice of a `reference_audio_url`.
        can_match (bool): Can imitate a `reference_audio_url` with the most similar mix of its engine's voices.
        sample_url (None | str): Path of a recorded sample, relative to the API; null if there is none.
    """

    name: str
    aliases: list[str]
    provider: str
    languages: list[str]
    licence: str
    title: str
    sample_rate_hz: int
    can_clone: bool
    can_match: bool
    sample_url: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        aliases = self.aliases

        provider = self.provider

        languages = self.languages

        licence = self.licence

        title = self.title

        sample_rate_hz = self.sample_rate_hz

        can_clone = self.can_clone

        can_match = self.can_match

        sample_url: None | str
        sample_url = self.sample_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "aliases": aliases,
                "provider": provider,
                "languages": languages,
                "licence": licence,
                "title": title,
                "sample_rate_hz": sample_rate_hz,
                "can_clone": can_clone,
                "can_match": can_match,
                "sample_url": sample_url,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        aliases = cast(list[str], d.pop("aliases"))

        provider = d.pop("provider")

        languages = cast(list[str], d.pop("languages"))

        licence = d.pop("licence")

        title = d.pop("title")

        sample_rate_hz = d.pop("sample_rate_hz")

        can_clone = d.pop("can_clone")

        can_match = d.pop("can_match")

        def _parse_sample_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        sample_url = _parse_sample_url(d.pop("sample_url"))

        voice = cls(
            name=name,
            aliases=aliases,
            provider=provider,
            languages=languages,
            licence=licence,
            title=title,
            sample_rate_hz=sample_rate_hz,
            can_clone=can_clone,
            can_match=can_match,
            sample_url=sample_url,
        )

        voice.additional_properties = d
        return voice

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
