from typing import Literal

HttpConfigMethodType0 = Literal["DELETE", "GET", "PATCH", "POST", "PUT"]

HTTP_CONFIG_METHOD_TYPE_0_VALUES: set[HttpConfigMethodType0] = {
    "DELETE",
    "GET",
    "PATCH",
    "POST",
    "PUT",
}


def check_http_config_method_type_0(value: str) -> HttpConfigMethodType0:
    if value in HTTP_CONFIG_METHOD_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {HTTP_CONFIG_METHOD_TYPE_0_VALUES!r}")
