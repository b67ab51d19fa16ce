from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.layout_overrides_position_type_0 import (
    LayoutOverridesPositionType0,
    check_layout_overrides_position_type_0,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="LayoutOverrides")


@_attrs_define
class LayoutOverrides:
    """Where the widget stands on the page.

    Attributes:
        position (LayoutOverridesPositionType0 | None | Unset):
        font_family (None | str | Unset): Empty for the page's own.
    """

    position: LayoutOverridesPositionType0 | None | Unset = UNSET
    font_family: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        position: None | str | Unset
        if isinstance(self.position, Unset):
            position = UNSET
        elif isinstance(self.position, str):
            position = self.position
        else:
            position = self.position

        font_family: None | str | Unset
        if isinstance(self.font_family, Unset):
            font_family = UNSET
        else:
            font_family = self.font_family

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if position is not UNSET:
            field_dict["position"] = position
        if font_family is not UNSET:
            field_dict["font_family"] = font_family

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_position(data: object) -> LayoutOverridesPositionType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                position_type_0 = check_layout_overrides_position_type_0(data)

                return position_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LayoutOverridesPositionType0 | None | Unset, data)

        position = _parse_position(d.pop("position", UNSET))

        def _parse_font_family(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        font_family = _parse_font_family(d.pop("font_family", UNSET))

        layout_overrides = cls(
            position=position,
            font_family=font_family,
        )

        layout_overrides.additional_properties = d
        return layout_overrides

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
