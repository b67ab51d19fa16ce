from typing import Literal

LayoutPosition = Literal["bottom-left", "bottom-right", "top-left", "top-right"]

LAYOUT_POSITION_VALUES: set[LayoutPosition] = {
    "bottom-left",
    "bottom-right",
    "top-left",
    "top-right",
}


def check_layout_position(value: str) -> LayoutPosition:
    if value in LAYOUT_POSITION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LAYOUT_POSITION_VALUES!r}")
