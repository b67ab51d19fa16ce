from typing import Literal

MatchedVoiceLikeness = Literal["cloned", "matched", "plain"]

MATCHED_VOICE_LIKENESS_VALUES: set[MatchedVoiceLikeness] = {
    "cloned",
    "matched",
    "plain",
}


def check_matched_voice_likeness(value: str) -> MatchedVoiceLikeness:
    if value in MATCHED_VOICE_LIKENESS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {MATCHED_VOICE_LIKENESS_VALUES!r}")
