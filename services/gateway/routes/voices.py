"""/api/voices/: which voices and recognisers there are (own)."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.gateway import voice_samples
from services.gateway.answers.envelope import headers, refusals
from services.gateway.answers.ranges import part_of
from services.gateway.gateway import CallerOf, GatewayOf, documented
from services.gateway.models.voice import LanguageDefault, Recogniser, Voice, VoiceCatalogue
from services.gateway.requests.conditions import KEPT, IfNoneMatch, is_known, not_modified, tagged
from services.gateway.requests.credentials import presented
from services.gateway.requests.path_names import PathName
from services.kit import catalogue as catalogued
from services.kit.catalogue import SAMPLE_TYPES, Catalogue, speaking
from services.kit.errors import not_found
from services.kit.languages import LanguageTag, lookup

router = APIRouter(prefix="/api/voices", tags=["voices"], dependencies=documented)
# An address with the digest in it stands for one recording for ever.
_FOREVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "public, no-cache"
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_FILES: dict[str, Any] = dict.fromkeys(SAMPLE_TYPES.values(), _BYTES)
_SENT = headers("ETag", "Cache-Control", "Accept-Ranges")
_PART = "The part that `Range` asks for."


@router.get("/", response_model=VoiceCatalogue, responses=refusals(401, 422), summary="List voices and recognisers")
async def list_voices(
    caller: CallerOf,
    gateway: GatewayOf,
    language: Annotated[LanguageTag | None, Query(description="Only what serves this language, a BCP-47 tag.")] = None,
) -> VoiceCatalogue:
    """What this installation speaks and hears with, by the names that calls and characters ask for."""
    return await asyncio.to_thread(_listed, gateway.catalogue.current(), gateway.catalogue.folder, language)


@router.get(
    "/{voice}/sample/",
    response_class=Response,
    responses={
        200: {"content": _FILES, "headers": _SENT},
        206: {"description": _PART, "content": _FILES, "headers": {**_SENT, **headers("Content-Range")}},
        304: {**KEPT[304], "headers": _SENT},
        **refusals(401, 404, 422),
    },
    summary="Listen to a voice",
)
async def get_voice_sample(
    request: Request,
    voice: PathName,
    gateway: GatewayOf,
    v: Annotated[str, Query(max_length=64, description="Digest of the recording, as `sample_url` has it.")] = "",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A few recorded seconds, for everybody. As a list's `sample_url` it may be kept for ever."""
    if credential := presented(request):
        await gateway.credentials.exchange(credential)
    found = gateway.catalogue.current().voice(voice)
    sample = await asyncio.to_thread(voice_samples.read, gateway.catalogue.folder, found) if found else None
    if sample is None:
        raise not_found("The sample")
    sent = {
        "Cache-Control": _FOREVER if v == sample.digest else _ASK_EACH_TIME,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if is_known(if_none_match, sample.digest):
        return not_modified(sample.digest, sent)
    whole = tagged(Response(sample.content, media_type=sample.media_type, headers=sent), sample.digest)
    return part_of(whole, request)


def _listed(catalogue: Catalogue, folder: Path, language: str | None) -> VoiceCatalogue:
    voices, recognisers, defaults = list(catalogue.voices), list(catalogue.recognisers), catalogue.languages
    if language is not None:
        voices, recognisers = speaking(language, voices), speaking(language, recognisers)
        defaults = [found] if (found := lookup(language, defaults)) else []
    return VoiceCatalogue(
        voices=[_voice(voice, folder) for voice in voices],
        recognisers=[Recogniser.model_validate(recogniser, from_attributes=True) for recogniser in recognisers],
        defaults=[LanguageDefault(language=tag, **catalogue.defaults[tag].model_dump()) for tag in defaults],
    )


def _voice(voice: catalogued.Voice, folder: Path) -> Voice:
    digest = voice_samples.digest_of(folder, voice)
    shown = {name: getattr(voice, name) for name in Voice.model_fields if name != "sample_url"}
    return Voice(**shown, sample_url=f"/api/voices/{voice.name}/sample/?v={digest}" if digest else None)
