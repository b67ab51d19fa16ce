from typing import Literal

FormFieldWidthType0 = Literal["full", "half"]

FORM_FIELD_WIDTH_TYPE_0_VALUES: set[FormFieldWidthType0] = {
    "full",
    "half",
}


def check_form_field_width_type_0(value: str) -> FormFieldWidthType0:
    if value in FORM_FIELD_WIDTH_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FORM_FIELD_WIDTH_TYPE_0_VALUES!r}")
