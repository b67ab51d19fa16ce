from typing import Literal

NoiseCancellationOverridesDefaultType0 = Literal["browser", "off", "rnnoise", "server"]

NOISE_CANCELLATION_OVERRIDES_DEFAULT_TYPE_0_VALUES: set[NoiseCancellationOverridesDefaultType0] = {
    "browser",
    "off",
    "rnnoise",
    "server",
}


def check_noise_cancellation_overrides_default_type_0(value: str) -> NoiseCancellationOverridesDefaultType0:
    if value in NOISE_CANCELLATION_OVERRIDES_DEFAULT_TYPE_0_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {NOISE_CANCELLATION_OVERRIDES_DEFAULT_TYPE_0_VALUES!r}"
    )
