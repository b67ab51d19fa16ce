from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="DimensionsOverrides")


@_attrs_define
class DimensionsOverrides:
    """CSS pixels.

    Attributes:
        fab_size (float | None | Unset):
        panel_width (float | None | Unset):
        panel_height (float | None | Unset):
        border_radius (float | None | Unset):
    """

    fab_size: float | None | Unset = UNSET
    panel_width: float | None | Unset = UNSET
    panel_height: float | None | Unset = UNSET
    border_radius: float | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        fab_size: float | None | Unset
        if isinstance(self.fab_size, Unset):
            fab_size = UNSET
        else:
            fab_size = self.fab_size

        panel_width: float | None | Unset
        if isinstance(self.panel_width, Unset):
            panel_width = UNSET
        else:
            panel_width = self.panel_width

        panel_height: float | None | Unset
        if isinstance(self.panel_height, Unset):
            panel_height = UNSET
        else:
            panel_height = self.panel_height

        border_radius: float | None | Unset
        if isinstance(self.border_radius, Unset):
            border_radius = UNSET
        else:
            border_radius = self.border_radius

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if fab_size is not UNSET:
            field_dict["fab_size"] = fab_size
        if panel_width is not UNSET:
            field_dict["panel_width"] = panel_width
        if panel_height is not UNSET:
            field_dict["panel_height"] = panel_height
        if border_radius is not UNSET:
            field_dict["border_radius"] = border_radius

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_fab_size(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        fab_size = _parse_fab_size(d.pop("fab_size", UNSET))

        def _parse_panel_width(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        panel_width = _parse_panel_width(d.pop("panel_width", UNSET))

        def _parse_panel_height(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        panel_height = _parse_panel_height(d.pop("panel_height", UNSET))

        def _parse_border_radius(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        border_radius = _parse_border_radius(d.pop("border_radius", UNSET))

        dimensions_overrides = cls(
            fab_size=fab_size,
            panel_width=panel_width,
            panel_height=panel_height,
            border_radius=border_radius,
        )

        dimensions_overrides.additional_properties = d
        return dimensions_overrides

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
