from typing import Literal

LayoutOverridesPositionType0 = Literal["bottom-left", "bottom-right", "top-left", "top-right"]

LAYOUT_OVERRIDES_POSITION_TYPE_0_VALUES: set[LayoutOverridesPositionType0] = {
    "bottom-left",
    "bottom-right",
    "top-left",
    "top-right",
}


def check_layout_overrides_position_type_0(value: str) -> LayoutOverridesPositionType0:
    if value in LAYOUT_OVERRIDES_POSITION_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LAYOUT_OVERRIDES_POSITION_TYPE_0_VALUES!r}")
