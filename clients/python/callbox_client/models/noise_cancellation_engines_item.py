from typing import Literal

NoiseCancellationEnginesItem = Literal["browser", "off", "rnnoise", "server"]

NOISE_CANCELLATION_ENGINES_ITEM_VALUES: set[NoiseCancellationEnginesItem] = {
    "browser",
    "off",
    "rnnoise",
    "server",
}


def check_noise_cancellation_engines_item(value: str) -> NoiseCancellationEnginesItem:
    if value in NOISE_CANCELLATION_ENGINES_ITEM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {NOISE_CANCELLATION_ENGINES_ITEM_VALUES!r}")
