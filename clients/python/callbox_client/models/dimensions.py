from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Dimensions")


@_attrs_define
class Dimensions:
    """CSS pixels.

    Attributes:
        fab_size (float):
        panel_width (float):
        panel_height (float):
        border_radius (float):
    """

    fab_size: float
    panel_width: float
    panel_height: float
    border_radius: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        fab_size = self.fab_size

        panel_width = self.panel_width

        panel_height = self.panel_height

        border_radius = self.border_radius

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "fab_size": fab_size,
                "panel_width": panel_width,
                "panel_height": panel_height,
                "border_radius": border_radius,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        fab_size = d.pop("fab_size")

        panel_width = d.pop("panel_width")

        panel_height = d.pop("panel_height")

        border_radius = d.pop("border_radius")

        dimensions = cls(
            fab_size=fab_size,
            panel_width=panel_width,
            panel_height=panel_height,
            border_radius=border_radius,
        )

        dimensions.additional_properties = d
        return dimensions

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
