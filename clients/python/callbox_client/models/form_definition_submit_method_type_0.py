from typing import Literal

FormDefinitionSubmitMethodType0 = Literal["PATCH", "POST", "PUT"]

FORM_DEFINITION_SUBMIT_METHOD_TYPE_0_VALUES: set[FormDefinitionSubmitMethodType0] = {
    "PATCH",
    "POST",
    "PUT",
}


def check_form_definition_submit_method_type_0(value: str) -> FormDefinitionSubmitMethodType0:
    if value in FORM_DEFINITION_SUBMIT_METHOD_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FORM_DEFINITION_SUBMIT_METHOD_TYPE_0_VALUES!r}")
