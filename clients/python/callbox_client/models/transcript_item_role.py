from typing import Literal

TranscriptItemRole = Literal["assistant", "user"]

TRANSCRIPT_ITEM_ROLE_VALUES: set[TranscriptItemRole] = {
    "assistant",
    "user",
}


def check_transcript_item_role(value: str) -> TranscriptItemRole:
    if value in TRANSCRIPT_ITEM_ROLE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {TRANSCRIPT_ITEM_ROLE_VALUES!r}")
