from typing import Literal

FormSubmitMethod = Literal["PATCH", "POST", "PUT"]

FORM_SUBMIT_METHOD_VALUES: set[FormSubmitMethod] = {
    "PATCH",
    "POST",
    "PUT",
}


def check_form_submit_method(value: str) -> FormSubmitMethod:
    if value in FORM_SUBMIT_METHOD_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FORM_SUBMIT_METHOD_VALUES!r}")
