from typing import Literal

FormLayoutFieldLayoutType0 = Literal["grid", "stack"]

FORM_LAYOUT_FIELD_LAYOUT_TYPE_0_VALUES: set[FormLayoutFieldLayoutType0] = {
    "grid",
    "stack",
}


def check_form_layout_field_layout_type_0(value: str) -> FormLayoutFieldLayoutType0:
    if value in FORM_LAYOUT_FIELD_LAYOUT_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FORM_LAYOUT_FIELD_LAYOUT_TYPE_0_VALUES!r}")
