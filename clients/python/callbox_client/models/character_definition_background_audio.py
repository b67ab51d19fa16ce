from typing import Literal

CharacterDefinitionBackgroundAudio = Literal["", "cafe", "crowded room", "nature", "office"]

CHARACTER_DEFINITION_BACKGROUND_AUDIO_VALUES: set[CharacterDefinitionBackgroundAudio] = {
    "",
    "cafe",
    "crowded room",
    "nature",
    "office",
}


def check_character_definition_background_audio(value: str) -> CharacterDefinitionBackgroundAudio:
    if value in CHARACTER_DEFINITION_BACKGROUND_AUDIO_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHARACTER_DEFINITION_BACKGROUND_AUDIO_VALUES!r}")
