from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.form_field_type_type_0 import FormFieldTypeType0, check_form_field_type_type_0
from ..models.form_field_width_type_0 import FormFieldWidthType0, check_form_field_width_type_0
from ..types import UNSET, Unset

T = TypeVar("T", bound="FormField")


@_attrs_define
class FormField:
    """One field of a form.

    Attributes:
        type_ (FormFieldTypeType0 | None | Unset):  Default: 'text'.
        name (None | str | Unset): The value is submitted under it; needed but for `display`. Default: ''.
        label (None | str | Unset): What stands beside the field. Default: ''.
        required (bool | None | Unset):  Default: False.
        placeholder (None | str | Unset):  Default: ''.
        options (list[Any] | None | Unset): What a select or radio field offers: texts, or objects with `value` and
            `label`, each of at most 200 characters.
        rows (float | None | Unset): Height of a textarea.
        default_value (Any | Unset): A string, a number, true or false.
        help_text (None | str | Unset):  Default: ''.
        pattern (None | str | Unset): ECMA-262 regular expression that the value must match. Default: ''.
        min_ (Any | Unset): Least length of a text, least number, first date or first time.
        max_ (Any | Unset): Greatest length of a text, greatest number, last date or last time.
        width (FormFieldWidthType0 | None | Unset): In a grid. Default: 'full'.
    """

    type_: FormFieldTypeType0 | None | Unset = "text"
    name: None | str | Unset = ""
    label: None | str | Unset = ""
    required: bool | None | Unset = False
    placeholder: None | str | Unset = ""
    options: list[Any] | None | Unset = UNSET
    rows: float | None | Unset = UNSET
    default_value: Any | Unset = UNSET
    help_text: None | str | Unset = ""
    pattern: None | str | Unset = ""
    min_: Any | Unset = UNSET
    max_: Any | Unset = UNSET
    width: FormFieldWidthType0 | None | Unset = "full"
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_: None | str | Unset
        if isinstance(self.type_, Unset):
            type_ = UNSET
        elif isinstance(self.type_, str):
            type_ = self.type_
        else:
            type_ = self.type_

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        label: None | str | Unset
        if isinstance(self.label, Unset):
            label = UNSET
        else:
            label = self.label

        required: bool | None | Unset
        if isinstance(self.required, Unset):
            required = UNSET
        else:
            required = self.required

        placeholder: None | str | Unset
        if isinstance(self.placeholder, Unset):
            placeholder = UNSET
        else:
            placeholder = self.placeholder

        options: list[Any] | None | Unset
        if isinstance(self.options, Unset):
            options = UNSET
        elif isinstance(self.options, list):
            options = self.options

        else:
            options = self.options

        rows: float | None | Unset
        if isinstance(self.rows, Unset):
            rows = UNSET
        else:
            rows = self.rows

        default_value = self.default_value

        help_text: None | str | Unset
        if isinstance(self.help_text, Unset):
            help_text = UNSET
        else:
            help_text = self.help_text

        pattern: None | str | Unset
        if isinstance(self.pattern, Unset):
            pattern = UNSET
        else:
            pattern = self.pattern

        min_ = self.min_

        max_ = self.max_

        width: None | str | Unset
        if isinstance(self.width, Unset):
            width = UNSET
        elif isinstance(self.width, str):
            width = self.width
        else:
            width = self.width

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if type_ is not UNSET:
            field_dict["type"] = type_
        if name is not UNSET:
            field_dict["name"] = name
        if label is not UNSET:
            field_dict["label"] = label
        if required is not UNSET:
            field_dict["required"] = required
        if placeholder is not UNSET:
            field_dict["placeholder"] = placeholder
        if options is not UNSET:
            field_dict["options"] = options
        if rows is not UNSET:
            field_dict["rows"] = rows
        if default_value is not UNSET:
            field_dict["default_value"] = default_value
        if help_text is not UNSET:
            field_dict["help_text"] = help_text
        if pattern is not UNSET:
            field_dict["pattern"] = pattern
        if min_ is not UNSET:
            field_dict["min"] = min_
        if max_ is not UNSET:
            field_dict["max"] = max_
        if width is not UNSET:
            field_dict["width"] = width

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_type_(data: object) -> FormFieldTypeType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                type_type_0 = check_form_field_type_type_0(data)

                return type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FormFieldTypeType0 | None | Unset, data)

        type_ = _parse_type_(d.pop("type", UNSET))

        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))

        def _parse_label(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        label = _parse_label(d.pop("label", UNSET))

        def _parse_required(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        required = _parse_required(d.pop("required", UNSET))

        def _parse_placeholder(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        placeholder = _parse_placeholder(d.pop("placeholder", UNSET))

        def _parse_options(data: object) -> list[Any] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                options_type_0 = cast(list[Any], data)

                return options_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Any] | None | Unset, data)

        options = _parse_options(d.pop("options", UNSET))

        def _parse_rows(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        rows = _parse_rows(d.pop("rows", UNSET))

        default_value = d.pop("default_value", UNSET)

        def _parse_help_text(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        help_text = _parse_help_text(d.pop("help_text", UNSET))

        def _parse_pattern(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        pattern = _parse_pattern(d.pop("pattern", UNSET))

        min_ = d.pop("min", UNSET)

        max_ = d.pop("max", UNSET)

        def _parse_width(data: object) -> FormFieldWidthType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                width_type_0 = check_form_field_width_type_0(data)

                return width_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FormFieldWidthType0 | None | Unset, data)

        width = _parse_width(d.pop("width", UNSET))

        form_field = cls(
            type_=type_,
            name=name,
            label=label,
            required=required,
            placeholder=placeholder,
            options=options,
            rows=rows,
            default_value=default_value,
            help_text=help_text,
            pattern=pattern,
            min_=min_,
            max_=max_,
            width=width,
        )

        form_field.additional_properties = d
        return form_field

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
