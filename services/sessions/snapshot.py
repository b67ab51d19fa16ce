"""Overrides of one call: checked, then applied to the character as it was resolved."""

import json
from collections.abc import Mapping
from typing import Any

from callbox.characters.v1 import characters_pb2
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.errors import validation
from services.kit.languages import is_tag
from services.kit.logs import get_logger
from services.kit.structs import to_dict
from services.sessions.catalogue import RECOGNISERS, VOICES, Engine, find, for_language, lookup, names, served_languages

MAX_PROMPT_BYTES = 65_536
MAX_METADATA_BYTES = 16_384
MAX_GREETING_CHARACTERS = 5_000
MAX_URL_CHARACTERS = 2_048
MAX_HEADERS = 64
MAX_HEADER_BYTES = 8_192
_log = get_logger(__name__)

Faults = dict[str, list[str]]


def apply(character: characters_pb2.CharacterSnapshot, asked: pb.StartSessionRequest) -> None:
    """Puts the overrides into the snapshot and names in it the language and the engines that will serve the call.

    Raises: CallboxError `validation_failed` with every fault by field.
    """
    faults: Faults = {}
    _check_sizes(asked, faults)
    if asked.HasField("system_prompt"):
        character.system_prompt = asked.system_prompt
    if asked.HasField("greeting"):
        character.greeting = asked.greeting
    if asked.HasField("language"):
        character.language = _language(asked.language, faults, "Must be a BCP-47 tag that is served here")
    else:
        reason = f"The character speaks {character.language}, which is not served here; change it, or send one of these"
        character.language = _language(character.language or "en", faults, reason)
    voice = _voice(character, asked, faults)
    recogniser = find(character.stt_model, RECOGNISERS) if character.stt_model else None
    if recogniser is None or character.language not in recogniser.languages:
        recogniser = for_language(character.language, RECOGNISERS)
    if asked.reference_audio_url and voice is not None and not voice.can_clone:
        faults["reference_audio_url"] = [f"The voice {voice.name} cannot be matched to a recording; leave this out."]
    if faults:
        raise validation(faults)
    assert voice is not None, "a served language has a voice"
    assert recogniser is not None, "a served language has a recogniser"
    character.tts_model, character.stt_model = voice.name, recogniser.name


def metadata_of(asked: pb.StartSessionRequest) -> dict[str, Any]:
    """The metadata as JSON, whole numbers as integers."""
    return to_dict(asked.metadata)


def _check_sizes(asked: pb.StartSessionRequest, faults: Faults) -> None:
    if len(asked.system_prompt.encode()) > MAX_PROMPT_BYTES:
        faults["system_prompt"] = [f"May be at most {MAX_PROMPT_BYTES} bytes of UTF-8."]
    if len(asked.greeting) > MAX_GREETING_CHARACTERS:
        faults["greeting"] = [f"May be at most {MAX_GREETING_CHARACTERS} characters."]
    if len(asked.origin_url) > MAX_URL_CHARACTERS:
        faults["origin_url"] = [f"May be at most {MAX_URL_CHARACTERS} characters."]
    if "\0" in asked.origin_url:
        faults["origin_url"] = ["May not hold a NUL character."]
    try:
        compact = json.dumps(metadata_of(asked), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        faults["metadata"] = ["May not hold a number that JSON has not."]
        compact = ""
    if len(compact.encode()) > MAX_METADATA_BYTES:
        faults["metadata"] = [f"May be at most {MAX_METADATA_BYTES} bytes of compact JSON."]
    elif "\\u0000" in compact:
        faults["metadata"] = ["May not hold a NUL character."]
    if fault := _headers_fault(asked.mcp_headers):
        faults["mcp_headers"] = [fault]


def _headers_fault(headers: Mapping[str, str]) -> str | None:
    if len(headers) > MAX_HEADERS:
        return f"May have at most {MAX_HEADERS} entries."
    if any("\0" in name or "\0" in value for name, value in headers.items()):
        return "May not hold a NUL character."
    if any(len(name.encode()) + len(value.encode()) > MAX_HEADER_BYTES for name, value in headers.items()):
        return f"Each header may be at most {MAX_HEADER_BYTES} bytes."
    return None


def _language(tag: str, faults: Faults, otherwise: str) -> str:
    served = served_languages()
    found = lookup(tag, served) if is_tag(tag) else None
    if found is None:
        faults["language"] = [f"{otherwise}: {', '.join(served)}."]
    return found or ""


def _voice(character: characters_pb2.CharacterSnapshot, asked: pb.StartSessionRequest, faults: Faults) -> Engine | None:
    """The voice asked for, else the character's, else the language's own."""
    if asked.voice_model:
        voice = find(asked.voice_model, VOICES)
        if voice is None:
            faults["voice_model"] = [f"Is not installed here; choose one of {', '.join(names(VOICES))}."]
        elif character.language and character.language not in voice.languages:
            faults["voice_model"] = [f"Does not speak {character.language}."]
        return voice
    voice = find(character.tts_model, VOICES)
    if voice is not None and character.language in voice.languages:
        return voice
    if character.tts_model and voice is None:
        _log.warning("the character's voice is not installed, the default speaks", slug=character.slug)
    return for_language(character.language, VOICES)
