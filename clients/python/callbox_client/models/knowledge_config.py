from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.knowledge_config_headers_type_0 import KnowledgeConfigHeadersType0


T = TypeVar("T", bound="KnowledgeConfig")


@_attrs_define
class KnowledgeConfig:
    """A question to the character's documents. All of its configuration may be left out.

    Attributes:
        headers (KnowledgeConfigHeadersType0 | None | Unset): Headers of every request. Values are read back masked; a
            mask means unchanged.
        wait_phrases (list[str] | None | Unset): Sentences that the caller hears while the tool runs, one after the
            other, instead of fixed lines.
    """

    headers: KnowledgeConfigHeadersType0 | None | Unset = UNSET
    wait_phrases: list[str] | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.knowledge_config_headers_type_0 import KnowledgeConfigHeadersType0  # noqa: PLC0415

        headers: dict[str, Any] | None | Unset
        if isinstance(self.headers, Unset):
            headers = UNSET
        elif isinstance(self.headers, KnowledgeConfigHeadersType0):
            headers = self.headers.to_dict()
        else:
            headers = self.headers

        wait_phrases: list[str] | None | Unset
        if isinstance(self.wait_phrases, Unset):
            wait_phrases = UNSET
        elif isinstance(self.wait_phrases, list):
            wait_phrases = self.wait_phrases

        else:
            wait_phrases = self.wait_phrases

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if headers is not UNSET:
            field_dict["headers"] = headers
        if wait_phrases is not UNSET:
            field_dict["wait_phrases"] = wait_phrases

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.knowledge_config_headers_type_0 import KnowledgeConfigHeadersType0  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_headers(data: object) -> KnowledgeConfigHeadersType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                headers_type_0 = KnowledgeConfigHeadersType0.from_dict(data)

                return headers_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(KnowledgeConfigHeadersType0 | None | Unset, data)

        headers = _parse_headers(d.pop("headers", UNSET))

        def _parse_wait_phrases(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                wait_phrases_type_0 = cast(list[str], data)

                return wait_phrases_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        wait_phrases = _parse_wait_phrases(d.pop("wait_phrases", UNSET))

        knowledge_config = cls(
            headers=headers,
            wait_phrases=wait_phrases,
        )

        knowledge_config.additional_properties = d
        return knowledge_config

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
