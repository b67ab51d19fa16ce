"""Languages, voices and overrides of one call, without anything outside the process. Contract 14.4."""

import pytest
from callbox.characters.v1 import characters_pb2
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.catalogue_file import read
from services.kit.errors import CallboxError, Code
from services.kit.settings import CatalogueSettings
from services.sessions.start import overrides

CATALOGUE = read(CatalogueSettings().catalogue)


def applied(asked: pb.StartSessionRequest, **character: str) -> characters_pb2.CharacterSnapshot:
    """The snapshot of a character after the overrides of a call."""
    taken = characters_pb2.CharacterSnapshot(**character)  # type: ignore[arg-type]  # fields of text only
    overrides.apply(taken, asked, CATALOGUE)
    return taken


def faults(asked: pb.StartSessionRequest, **character: str) -> dict[str, list[str]]:
    """What is refused, by field."""
    with pytest.raises(CallboxError) as caught:
        applied(asked, **character)
    assert caught.value.code is Code.VALIDATION_FAILED
    return dict(caught.value.fields)


def test_overrides_replace_and_what_is_not_said_stays() -> None:
    character = applied(pb.StartSessionRequest(greeting=""), system_prompt="Old.", greeting="Hi", language="en-AU")
    assert (character.system_prompt, character.greeting, character.language) == ("Old.", "", "en")
    assert (character.stt_model, character.tts_model) == ("moonshine-tiny-en", "hibari-en")


@pytest.mark.parametrize(
    ("asked", "language", "voice", "recogniser"),
    [
        ("en", "en", "hibari-en", "moonshine-tiny-en"),
        ("en-US", "en", "hibari-en", "moonshine-tiny-en"),
        ("en-GB", "en-GB", "kokoro-bf-emma", "moonshine-tiny-en"),
        ("pt", "pt", "kokoro-pf-dora", "whisper-base"),
        ("pt-BR", "pt-BR", "kokoro-pf-dora", "whisper-base"),
        ("ES-mx", "es", "kokoro-ef-dora", "whisper-base"),
        ("zh-Hans-CN", "zh", "kokoro-zf-xiaoxiao", "whisper-base"),
    ],
)
def test_a_language_brings_its_voice_and_its_recogniser(asked: str, language: str, voice: str, recogniser: str) -> None:
    by_call = applied(pb.StartSessionRequest(language=asked), language="en", tts_model="hibari-en")
    by_character = applied(pb.StartSessionRequest(), language=asked)
    for character in (by_character, *([by_call] if not asked.startswith("en") else ())):
        assert (character.language, character.tts_model, character.stt_model) == (language, voice, recogniser)


def test_documented_names_serve_as_what_is_installed() -> None:
    asked = pb.StartSessionRequest(voice_model="chatterbox-en-v1")
    character = applied(asked, language="en-GB", stt_model="whisper-en-large")
    assert (character.tts_model, character.stt_model) == ("hibari-en", "moonshine-tiny-en")


def test_a_voice_that_is_asked_for_speaks_whichever_of_its_languages_the_call_has() -> None:
    for language, spoken in (("en", "en"), ("en-GB", "en-GB"), ("en-AU", "en")):
        asked = pb.StartSessionRequest(voice_model="kokoro-bm-george", language=language)
        character = applied(asked, language="es", tts_model="kokoro-ef-dora")
        assert (character.tts_model, character.language) == ("kokoro-bm-george", spoken)


def test_a_characters_own_models_serve_where_they_can() -> None:
    own = {"stt_model": "whisper-base", "tts_model": "kokoro-am-adam"}
    english = applied(pb.StartSessionRequest(), language="en", **own)
    assert (english.stt_model, english.tts_model) == ("whisper-base", "kokoro-am-adam")
    french = applied(pb.StartSessionRequest(language="fr"), language="en", **own)
    assert (french.stt_model, french.tts_model) == ("whisper-base", "kokoro-ff-siwis")
    unknown = applied(pb.StartSessionRequest(), language="en", stt_model="nova-9", tts_model="nobody")
    assert (unknown.stt_model, unknown.tts_model) == ("moonshine-tiny-en", "hibari-en")


@pytest.mark.parametrize(
    "tag", ["en_US", "en-US-US-US", "en-a", "en-1", "en-", "en\n", "-en", "en-Latn-Latn", "", "pl"]
)
def test_what_is_no_tag_of_a_served_language_is_refused(tag: str) -> None:
    found = faults(pb.StartSessionRequest(language=tag))
    assert found == {"language": ["Must be a BCP-47 tag that is served here: en, en-GB, es, fr, hi, it, ja, pt, zh."]}


def test_a_character_whose_language_is_not_served_is_named_as_the_fault() -> None:
    (sentence,) = faults(pb.StartSessionRequest(), language="de")["language"]
    assert sentence.startswith("The character speaks de, which is not served here")


def test_an_unknown_voice_is_answered_with_those_of_the_language() -> None:
    (spanish,) = faults(pb.StartSessionRequest(voice_model="nobody", language="es"))["voice_model"]
    assert spanish == (
        "Is not installed here; choose one of kokoro-ef-dora, kokoro-em-alex, kokoro-em-santa. "
        "GET /api/voices/ tells of all 55."
    )
    (english,) = faults(pb.StartSessionRequest(voice_model="nobody"))["voice_model"]
    for name in ("hibari-en", "chatterbox-en-v1", "kokoro-af-heart", "kokoro-bm-lewis"):
        assert name in english
    (any_language,) = faults(pb.StartSessionRequest(voice_model="nobody", language="xx"))["voice_model"]
    assert "chatterbox-en-v1" in any_language
    assert "and 16 more. GET /api/voices/" in any_language


def test_a_voice_of_another_language_is_answered_with_those_that_speak_it() -> None:
    found = faults(pb.StartSessionRequest(voice_model="kokoro-jm-kumo", language="es"))
    spanish = "kokoro-ef-dora, kokoro-em-alex, kokoro-em-santa"
    assert found == {"voice_model": [f"Speaks ja and not es; send its `language`, or choose one of {spanish}."]}


def test_a_recording_brings_a_voice_that_can_be_matched() -> None:
    url = "https://shop.example/me.wav"
    for language, voice in (("en", "kokoro-af-heart"), ("en-GB", "kokoro-bf-emma"), ("es", "kokoro-ef-dora")):
        character = applied(pb.StartSessionRequest(reference_audio_url=url), language=language)
        assert (character.tts_model, character.reference_audio_url) == (voice, url)
    own = applied(pb.StartSessionRequest(reference_audio_url=url), language="en", tts_model="kokoro-am-adam")
    assert own.tts_model == "kokoro-am-adam"
    assert applied(pb.StartSessionRequest(), language="en").reference_audio_url == ""


def test_a_voice_that_is_asked_for_and_cannot_be_matched_is_refused_with_those_that_can() -> None:
    asked = pb.StartSessionRequest(reference_audio_url="https://shop.example/me.wav", voice_model="chatterbox-en-v1")
    found = faults(asked, language="en-GB")
    (sentence,) = found.pop("reference_audio_url")
    assert not found
    assert sentence.startswith("The voice hibari-en cannot be matched to a recording; leave this out, or choose one of")
    assert "kokoro-bf-emma" in sentence


def test_every_fault_is_told_at_once() -> None:
    asked = pb.StartSessionRequest(language="xx", voice_model="nobody", origin_url="u" * 3_000)
    assert set(faults(asked, language="en")) == {"language", "voice_model", "origin_url"}


def test_whole_numbers_in_metadata_stay_whole() -> None:
    asked = pb.StartSessionRequest()
    asked.metadata.update({"id": 7, "ratio": 0.5, "deep": {"list": [1, "two", None]}})
    assert repr(overrides.metadata_of(asked)["id"]) == "7"
    assert overrides.metadata_of(asked) == {"id": 7, "ratio": 0.5, "deep": {"list": [1, "two", None]}}
