from typing import Literal

NoiseCancellationDefault = Literal["browser", "off", "rnnoise", "server"]

NOISE_CANCELLATION_DEFAULT_VALUES: set[NoiseCancellationDefault] = {
    "browser",
    "off",
    "rnnoise",
    "server",
}


def check_noise_cancellation_default(value: str) -> NoiseCancellationDefault:
    if value in NOISE_CANCELLATION_DEFAULT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {NOISE_CANCELLATION_DEFAULT_VALUES!r}")
