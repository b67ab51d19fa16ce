"""Languages, voices and overrides, without anything outside the process."""

import pytest
from callbox.characters.v1 import characters_pb2
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.errors import CallboxError, Code
from services.sessions import snapshot
from services.sessions.catalogue import RECOGNISERS, VOICES, find, lookup, names, served_languages


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("en", "en"),
        ("EN-us", "en"),
        ("en-Latn-GB-x-private", "en"),
        ("zh-Hant-CN", "zh-Hant"),
        ("zh-Hant-x-a", "zh-Hant"),
        ("zh-CN", None),
        ("fr", None),
        ("e", None),
        ("", None),
    ],
)
def test_lookup_shortens_a_tag_from_its_end(tag: str, found: str | None) -> None:
    assert lookup(tag, ["en", "zh-Hant"]) == found


def test_documented_names_are_aliases_of_what_is_installed() -> None:
    assert served_languages() == ["en"]
    assert find("whisper-en-large", RECOGNISERS) == find("moonshine-tiny-en", RECOGNISERS)
    assert find("chatterbox-en-v1", VOICES) == find("hibari-en", VOICES)
    assert find("", VOICES) is None
    assert set(names(VOICES)) == {"hibari-en", "chatterbox-en-v1"}


def test_overrides_replace_and_what_is_not_said_stays() -> None:
    character = characters_pb2.CharacterSnapshot(system_prompt="Old.", greeting="Hi", language="en-GB")
    snapshot.apply(character, pb.StartSessionRequest(greeting=""))
    assert (character.system_prompt, character.greeting, character.language) == ("Old.", "", "en")
    assert (character.stt_model, character.tts_model) == ("moonshine-tiny-en", "hibari-en")


def test_a_characters_own_unknown_models_give_way_to_the_installed_ones() -> None:
    character = characters_pb2.CharacterSnapshot(stt_model="nova-9", tts_model="nobody", language="en")
    snapshot.apply(character, pb.StartSessionRequest())
    assert (character.stt_model, character.tts_model) == ("moonshine-tiny-en", "hibari-en")


@pytest.mark.parametrize("tag", ["en_US", "en-US-US-US", "en-a", "en-1", "en-", "en\n", "-en", "en-Latn-Latn", ""])
def test_what_is_no_tag_of_a_language_is_refused(tag: str) -> None:
    """Contract 14.4: `language` must be BCP-47."""
    with pytest.raises(CallboxError) as caught:
        snapshot.apply(characters_pb2.CharacterSnapshot(), pb.StartSessionRequest(language=tag))
    assert set(caught.value.fields) == {"language"}


def test_a_character_whose_language_is_not_served_is_named_as_the_fault() -> None:
    with pytest.raises(CallboxError) as caught:
        snapshot.apply(characters_pb2.CharacterSnapshot(language="hi"), pb.StartSessionRequest())
    (sentence,) = caught.value.fields["language"]
    assert sentence.startswith("The character speaks hi, which is not served here")


def test_every_fault_is_told_at_once() -> None:
    character = characters_pb2.CharacterSnapshot(language="en")
    asked = pb.StartSessionRequest(language="xx", voice_model="nobody", origin_url="u" * 3_000)
    with pytest.raises(CallboxError) as caught:
        snapshot.apply(character, asked)
    assert caught.value.code is Code.VALIDATION_FAILED
    assert set(caught.value.fields) == {"language", "voice_model", "origin_url"}
    assert "chatterbox-en-v1" in caught.value.fields["voice_model"][0]


def test_whole_numbers_in_metadata_stay_whole() -> None:
    asked = pb.StartSessionRequest()
    asked.metadata.update({"id": 7, "ratio": 0.5, "deep": {"list": [1, "two", None]}})
    assert repr(snapshot.metadata_of(asked)["id"]) == "7"
    assert snapshot.metadata_of(asked) == {"id": 7, "ratio": 0.5, "deep": {"list": [1, "two", None]}}
