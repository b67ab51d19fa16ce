"""Overrides that a start request makes to its character, checked and applied to the snapshot. Pure."""

import json
from typing import Any

from callbox.characters.v1 import characters_pb2
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.catalogue import Catalogue
from services.kit.errors import CallboxError, validation
from services.kit.start_limits import (
    MAX_GREETING_CHARACTERS,
    MAX_METADATA_BYTES,
    MAX_PROMPT_BYTES,
    MAX_URL_CHARACTERS,
    headers_fault,
)
from services.kit.structs import from_struct
from services.sessions.start import voices
from services.sessions.start.voices import Faults


def apply(character: characters_pb2.CharacterSnapshot, asked: pb.StartSessionRequest, catalogue: Catalogue) -> None:
    """Writes the overrides into the snapshot, and the language, voice and recogniser of the call.

    Raises: CallboxError `validation_failed` with every fault by field.
    """
    faults: Faults = {}
    _check_sizes(asked, faults)
    serving = voices.choose(character, asked, catalogue, faults)
    if faults:
        raise validation(faults)
    assert serving is not None, "a call that cannot be served has a fault"
    if asked.HasField("system_prompt"):
        character.system_prompt = asked.system_prompt
    if asked.HasField("greeting"):
        character.greeting = asked.greeting
    character.language = serving.language
    character.tts_model, character.stt_model = serving.voice.name, serving.recogniser.name
    character.reference_audio_url = asked.reference_audio_url


def metadata_of(asked: pb.StartSessionRequest) -> dict[str, Any]:
    """The metadata as JSON, with whole numbers as integers."""
    return from_struct(asked.metadata)


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
        compact = json.dumps(from_struct(asked.metadata, "metadata"), ensure_ascii=False, separators=(",", ":"))
    except CallboxError as unfit:
        (faults["metadata"],) = unfit.fields.values()
        compact = ""
    if len(compact.encode()) > MAX_METADATA_BYTES:
        faults["metadata"] = [f"May be at most {MAX_METADATA_BYTES} bytes of compact JSON."]
    if fault := headers_fault(asked.mcp_headers):
        faults["mcp_headers"] = [fault]
