from typing import Literal

VersionBackgroundAudio = Literal["", "cafe", "crowded room", "nature", "office"]

VERSION_BACKGROUND_AUDIO_VALUES: set[VersionBackgroundAudio] = {
    "",
    "cafe",
    "crowded room",
    "nature",
    "office",
}


def check_version_background_audio(value: str) -> VersionBackgroundAudio:
    if value in VERSION_BACKGROUND_AUDIO_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {VERSION_BACKGROUND_AUDIO_VALUES!r}")
