from typing import Literal

CharacterBackgroundAudio = Literal["", "cafe", "crowded room", "nature", "office"]

CHARACTER_BACKGROUND_AUDIO_VALUES: set[CharacterBackgroundAudio] = {
    "",
    "cafe",
    "crowded room",
    "nature",
    "office",
}


def check_character_background_audio(value: str) -> CharacterBackgroundAudio:
    if value in CHARACTER_BACKGROUND_AUDIO_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHARACTER_BACKGROUND_AUDIO_VALUES!r}")
