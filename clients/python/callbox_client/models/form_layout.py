from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.form_layout_field_layout_type_0 import FormLayoutFieldLayoutType0, check_form_layout_field_layout_type_0
from ..types import UNSET, Unset

T = TypeVar("T", bound="FormLayout")


@_attrs_define
class FormLayout:
    """How the fields are laid out.

    Attributes:
        field_layout (FormLayoutFieldLayoutType0 | None | Unset):  Default: 'stack'.
    """

    field_layout: FormLayoutFieldLayoutType0 | None | Unset = "stack"
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        field_layout: None | str | Unset
        if isinstance(self.field_layout, Unset):
            field_layout = UNSET
        elif isinstance(self.field_layout, str):
            field_layout = self.field_layout
        else:
            field_layout = self.field_layout

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if field_layout is not UNSET:
            field_dict["field_layout"] = field_layout

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_field_layout(data: object) -> FormLayoutFieldLayoutType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                field_layout_type_0 = check_form_layout_field_layout_type_0(data)

                return field_layout_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FormLayoutFieldLayoutType0 | None | Unset, data)

        field_layout = _parse_field_layout(d.pop("field_layout", UNSET))

        form_layout = cls(
            field_layout=field_layout,
        )

        form_layout.additional_properties = d
        return form_layout

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
