from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Recogniser")


@_attrs_define
class Recogniser:
    """A recogniser: for `stt_model` of a character.

    Example:
        {'name': 'moonshine-tiny-en', 'aliases': ['whisper-en-large'], 'provider': 'moonshine', 'languages': ['en'],
            'licence': 'MIT', 'keyterms': True}

    Attributes:
        name (str): The name for calls and characters.
        aliases (list[str]): Other names of it.
        provider (str): As in the history of a call.
        languages (list[str]): BCP-47 tags. A requested language is looked up among them by RFC 4647.
        licence (str): Licence of the model.
        keyterms (bool): Whether it uses the `keyterms` of a character.
    """

    name: str
    aliases: list[str]
    provider: str
    languages: list[str]
    licence: str
    keyterms: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        aliases = self.aliases

        provider = self.provider

        languages = self.languages

        licence = self.licence

        keyterms = self.keyterms

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "aliases": aliases,
                "provider": provider,
                "languages": languages,
                "licence": licence,
                "keyterms": keyterms,
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

        keyterms = d.pop("keyterms")

        recogniser = cls(
            name=name,
            aliases=aliases,
            provider=provider,
            languages=languages,
            licence=licence,
            keyterms=keyterms,
        )

        recogniser.additional_properties = d
        return recogniser

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
