from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.patch_step import PatchStep


T = TypeVar("T", bound="Difference")


@_attrs_define
class Difference:
    """What makes `version` out of `against`.

    Attributes:
        version (int):
        against (int): 0 for a character with every default.
        patch (list[PatchStep]): JSON Patch (RFC 6902).
    """

    version: int
    against: int
    patch: list[PatchStep]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        version = self.version

        against = self.against

        patch = []
        for patch_item_data in self.patch:
            patch_item = patch_item_data.to_dict()
            patch.append(patch_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "version": version,
                "against": against,
                "patch": patch,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.patch_step import PatchStep  # noqa: PLC0415

        d = dict(src_dict)
        version = d.pop("version")

        against = d.pop("against")

        patch = []
        _patch = d.pop("patch")
        for patch_item_data in _patch:
            patch_item = PatchStep.from_dict(patch_item_data)

            patch.append(patch_item)

        difference = cls(
            version=version,
            against=against,
            patch=patch,
        )

        difference.additional_properties = d
        return difference

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
