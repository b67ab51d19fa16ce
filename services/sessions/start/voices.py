"""Chooses the language, voice and recogniser of a call: from the request, else from the character, else the language's
default. Pure.

What cannot be served is reported by field, with the names that can be (contract 14.4).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from callbox.characters.v1 import characters_pb2
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.catalogue import Catalogue, Recogniser, Voice, fallbacks, speaking
from services.kit.languages import is_tag
from services.kit.logs import get_logger

# The most names in one sentence. All English ones of the catalogue that is shipped fit.
_MAX_NAMES = 40
_log = get_logger(__name__)

Faults = dict[str, list[str]]


@dataclass(frozen=True)
class Serving:
    """What serves a call. language: one of the voice's languages."""

    language: str
    voice: Voice
    recogniser: Recogniser


def choose(
    character: characters_pb2.CharacterSnapshot, asked: pb.StartSessionRequest, catalogue: Catalogue, faults: Faults
) -> Serving | None:
    """What serves the call; None when it cannot be served. What is wrong is added to `faults`."""
    tag = asked.language if asked.HasField("language") else character.language or "en"
    default = catalogue.default(tag) if is_tag(tag) else None
    if default is None:
        faults["language"] = [_no_language(tag, asked, catalogue)]
    if asked.voice_model:
        voice = catalogue.voice(asked.voice_model)
        if fault := _voice_fault(voice, tag if default else "", catalogue):
            faults["voice_model"] = [fault]
    else:
        voice = _own_voice(character, tag, catalogue) or (catalogue.voice(default.voice) if default else None)
    if asked.reference_audio_url and voice is not None and not voice.takes_recordings:
        other = None if asked.voice_model else _reference_voice(voice, tag, catalogue)
        if other is None:
            faults["reference_audio_url"] = [_no_match(voice, tag, catalogue)]
        voice = other
    if default is None or voice is None:
        return None
    recogniser = catalogue.recogniser(character.stt_model)
    if recogniser is None or recogniser.serving(tag) is None:
        recogniser = catalogue.recogniser(default.recogniser)
    assert recogniser is not None, "the catalogue checks that each default names a recogniser that it has"
    return Serving(voice.serving(tag) or tag, voice, recogniser)


def _own_voice(character: characters_pb2.CharacterSnapshot, tag: str, catalogue: Catalogue) -> Voice | None:
    """The character's voice, if it speaks this language."""
    voice = catalogue.voice(character.tts_model)
    if voice is None and character.tts_model:
        _log.warning("the character's voice is not installed; the default voice is used", slug=character.slug)
    return voice if voice is not None and voice.serving(tag) else None


def _reference_voice(voice: Voice, tag: str, catalogue: Catalogue) -> Voice | None:
    """A voice that can imitate reference audio, in place of one that cannot: first its fallbacks, most like it."""
    nearest = [*fallbacks(voice, catalogue.voices), *catalogue.voices]
    return next((other for other in speaking(tag, nearest) if other.takes_recordings), None)


def _no_language(tag: str, asked: pb.StartSessionRequest, catalogue: Catalogue) -> str:
    served = ", ".join(catalogue.languages)
    if asked.HasField("language"):
        return f"Must be a BCP-47 tag that is served here: {served}."
    return f"The character speaks {tag}, which is not served here; change it, or send one of these: {served}."


def _voice_fault(voice: Voice | None, tag: str, catalogue: Catalogue) -> str:
    """What is wrong with the voice of the request. tag: empty when the language is wrong as well."""
    if voice is None:
        choices = speaking(tag, catalogue.voices) if tag else catalogue.voices
        return f"Is not installed here; choose one of {_names(choices)}. {_where(catalogue)}"
    if tag and voice.serving(tag) is None:
        choices_text = _names(speaking(tag, catalogue.voices))
        return (
            f"Speaks {', '.join(voice.languages)} and not {tag}; send its `language`, or choose one of {choices_text}."
        )
    return ""


def _no_match(voice: Voice, tag: str, catalogue: Catalogue) -> str:
    can = [other for other in speaking(tag, catalogue.voices) if other.takes_recordings]
    instead = f", or choose one of {_names(can)}" if can else ""
    return f"The voice {voice.name} cannot be matched to a recording; leave this out{instead}."


def _names(voices: Sequence[Voice]) -> str:
    """The names and aliases of voices, at most `_MAX_NAMES`."""
    names = [name for voice in voices for name in (voice.name, *voice.aliases)]
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more


def _where(catalogue: Catalogue) -> str:
    return f"GET /api/voices/ tells of all {len(catalogue.voices)}."
