from typing import Literal

CharacterReplacementBackgroundAudio = Literal["", "cafe", "crowded room", "nature", "office"]

CHARACTER_REPLACEMENT_BACKGROUND_AUDIO_VALUES: set[CharacterReplacementBackgroundAudio] = {
    "",
    "cafe",
    "crowded room",
    "nature",
    "office",
}


def check_character_replacement_background_audio(value: str) -> CharacterReplacementBackgroundAudio:
    if value in CHARACTER_REPLACEMENT_BACKGROUND_AUDIO_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHARACTER_REPLACEMENT_BACKGROUND_AUDIO_VALUES!r}")
