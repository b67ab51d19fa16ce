from typing import Literal

ListFormResponsesFormatType0 = Literal["csv", "json"]

LIST_FORM_RESPONSES_FORMAT_TYPE_0_VALUES: set[ListFormResponsesFormatType0] = {
    "csv",
    "json",
}


def check_list_form_responses_format_type_0(value: str) -> ListFormResponsesFormatType0:
    if value in LIST_FORM_RESPONSES_FORMAT_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_FORM_RESPONSES_FORMAT_TYPE_0_VALUES!r}")
