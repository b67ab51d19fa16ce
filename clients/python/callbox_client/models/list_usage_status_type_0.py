from typing import Literal

ListUsageStatusType0 = Literal["active", "created", "ended"]

LIST_USAGE_STATUS_TYPE_0_VALUES: set[ListUsageStatusType0] = {
    "active",
    "created",
    "ended",
}


def check_list_usage_status_type_0(value: str) -> ListUsageStatusType0:
    if value in LIST_USAGE_STATUS_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_USAGE_STATUS_TYPE_0_VALUES!r}")
