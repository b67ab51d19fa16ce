from typing import Literal

CharacterChangeBackgroundAudioType0 = Literal["", "cafe", "crowded room", "nature", "office"]

CHARACTER_CHANGE_BACKGROUND_AUDIO_TYPE_0_VALUES: set[CharacterChangeBackgroundAudioType0] = {
    "",
    "cafe",
    "crowded room",
    "nature",
    "office",
}


def check_character_change_background_audio_type_0(value: str) -> CharacterChangeBackgroundAudioType0:
    if value in CHARACTER_CHANGE_BACKGROUND_AUDIO_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHARACTER_CHANGE_BACKGROUND_AUDIO_TYPE_0_VALUES!r}")
