"""Which language, voice and recogniser serve a call: what it asks for, else the character's own, else the language's.

Pure. What cannot be is told by field (contract 14.4), with what would do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from callbox.characters.v1 import characters_pb2
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.catalogue import Catalogue, Recogniser, Voice, fallbacks, speaking
from services.kit.languages import is_tag
from services.kit.logs import get_logger

# As many names as a sentence can still be read with; the English ones of the catalogue that is shipped among them.
_MAX_NAMES = 40
_log = get_logger(__name__)

Faults = dict[str, list[str]]


@dataclass(frozen=True)
class Serving:
    """Who serves a call. language: the one of the voice's that it is spoken in."""

    language: str
    voice: Voice
    recogniser: Recogniser


def choose(
    character: characters_pb2.CharacterSnapshot, asked: pb.StartSessionRequest, catalogue: Catalogue, faults: Faults
) -> Serving | None:
    """Who serves the call; None when it cannot be served, which is then among the faults."""
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
        other = None if asked.voice_model else _taker(voice, tag, catalogue)
        if other is None:
            faults["reference_audio_url"] = [_no_match(voice, tag, catalogue)]
        voice = other
    if default is None or voice is None:
        return None
    recogniser = catalogue.recogniser(character.stt_model)
    if recogniser is None or recogniser.serving(tag) is None:
        recogniser = catalogue.recogniser(default.recogniser)
    assert recogniser is not None, "a default names a recogniser that is there"
    return Serving(voice.serving(tag) or tag, voice, recogniser)


def _own_voice(character: characters_pb2.CharacterSnapshot, tag: str, catalogue: Catalogue) -> Voice | None:
    """The character's own voice, if it speaks this language."""
    voice = catalogue.voice(character.tts_model)
    if voice is None and character.tts_model:
        _log.warning("the character's voice is not installed, the default speaks", slug=character.slug)
    return voice if voice is not None and voice.serving(tag) else None


def _taker(voice: Voice, tag: str, catalogue: Catalogue) -> Voice | None:
    """Who speaks as a recording does where a voice cannot: its fallbacks first, they sound most like it."""
    nearest = [*fallbacks(voice, catalogue.voices), *catalogue.voices]
    return next((other for other in speaking(tag, nearest) if other.takes_recordings), None)


def _no_language(tag: str, asked: pb.StartSessionRequest, catalogue: Catalogue) -> str:
    served = ", ".join(catalogue.languages)
    if asked.HasField("language"):
        return f"Must be a BCP-47 tag that is served here: {served}."
    return f"The character speaks {tag}, which is not served here; change it, or send one of these: {served}."


def _voice_fault(voice: Voice | None, tag: str, catalogue: Catalogue) -> str:
    """What is wrong with a voice that was asked for. tag: empty when its language is at fault already."""
    if voice is None:
        them = speaking(tag, catalogue.voices) if tag else catalogue.voices
        return f"Is not installed here; choose one of {_names(them)}. {_where(catalogue)}"
    if tag and voice.serving(tag) is None:
        these = _names(speaking(tag, catalogue.voices))
        return f"Speaks {', '.join(voice.languages)} and not {tag}; send its `language`, or choose one of {these}."
    return ""


def _no_match(voice: Voice, tag: str, catalogue: Catalogue) -> str:
    can = [other for other in speaking(tag, catalogue.voices) if other.takes_recordings]
    instead = f", or choose one of {_names(can)}" if can else ""
    return f"The voice {voice.name} cannot be matched to a recording; leave this out{instead}."


def _names(voices: Sequence[Voice]) -> str:
    """Every name that voices answer to, as far as a sentence can hold them."""
    names = [name for voice in voices for name in (voice.name, *voice.aliases)]
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more


def _where(catalogue: Catalogue) -> str:
    return f"GET /api/voices/ tells of all {len(catalogue.voices)}."
