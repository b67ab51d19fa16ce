from typing import Literal

FormFieldTypeType0 = Literal[
    "checkbox", "date", "display", "email", "number", "radio", "select", "tel", "text", "textarea", "time"
]

FORM_FIELD_TYPE_TYPE_0_VALUES: set[FormFieldTypeType0] = {
    "checkbox",
    "date",
    "display",
    "email",
    "number",
    "radio",
    "select",
    "tel",
    "text",
    "textarea",
    "time",
}


def check_form_field_type_type_0(value: str) -> FormFieldTypeType0:
    if value in FORM_FIELD_TYPE_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FORM_FIELD_TYPE_TYPE_0_VALUES!r}")
