from typing import Literal

NoiseCancellationOverridesEnginesType0Item = Literal["browser", "off", "rnnoise", "server"]

NOISE_CANCELLATION_OVERRIDES_ENGINES_TYPE_0_ITEM_VALUES: set[NoiseCancellationOverridesEnginesType0Item] = {
    "browser",
    "off",
    "rnnoise",
    "server",
}


def check_noise_cancellation_overrides_engines_type_0_item(value: str) -> NoiseCancellationOverridesEnginesType0Item:
    if value in NOISE_CANCELLATION_OVERRIDES_ENGINES_TYPE_0_ITEM_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {NOISE_CANCELLATION_OVERRIDES_ENGINES_TYPE_0_ITEM_VALUES!r}"
    )
