"""/api/voices/: the voices and recognisers of this installation (own)."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import FileResponse, MalformedRangeHeader, RangeNotSatisfiable

from services.gateway import voice_samples
from services.gateway.answers.envelope import headers, refusals
from services.gateway.gateway import CallerOf, GatewayOf, documented
from services.gateway.models.voice import LanguageDefault, Recogniser, Voice, VoiceCatalogue
from services.gateway.requests.conditions import CACHEABLE, IfNoneMatch, is_not_modified, not_modified, with_etag
from services.gateway.requests.credentials import credential_of
from services.gateway.requests.path_names import PathName
from services.kit import catalogue as catalogued
from services.kit.catalogue import SAMPLE_TYPES, Catalogue, speaking
from services.kit.errors import not_found
from services.kit.languages import LanguageTag, lookup

router = APIRouter(prefix="/api/voices", tags=["voices"], dependencies=documented)
# The address with the digest always has the same content.
_FOREVER = "public, max-age=31536000, immutable"
_REVALIDATE = "public, no-cache"
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_FILES: dict[str, Any] = dict.fromkeys(SAMPLE_TYPES.values(), _BYTES)
_SENT = headers("ETag", "Cache-Control", "Accept-Ranges")
_PART = "The part that `Range` asks for, or several parts as `multipart/byteranges`."
_PARTS: dict[str, Any] = {**_FILES, "multipart/byteranges": _BYTES}


@router.get("/", response_model=VoiceCatalogue, responses=refusals(401, 422), summary="List voices and recognisers")
async def list_voices(
    caller: CallerOf,
    gateway: GatewayOf,
    language: Annotated[
        LanguageTag | None, Query(description="Only what supports this language, a BCP-47 tag.")
    ] = None,
) -> VoiceCatalogue:
    """Lists the voices and recognisers of this installation, by the names that calls and characters use."""
    return await asyncio.to_thread(_listed, gateway.catalogue.current(), gateway.catalogue.folder, language)


@router.get(
    "/{voice}/sample/",
    response_class=Response,
    responses={
        200: {"content": _FILES, "headers": _SENT},
        206: {"description": _PART, "content": _PARTS, "headers": {**_SENT, **headers("Content-Range")}},
        304: {**CACHEABLE[304], "headers": _SENT},
        **refusals(401, 404, 422),
    },
    summary="Listen to a voice",
)
async def get_voice_sample(
    request: Request,
    voice: PathName,
    gateway: GatewayOf,
    v: Annotated[str, Query(max_length=64, description="Digest of the recording, as in `sample_url`.")] = "",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answers a few recorded seconds of a voice, to everybody. At the `sample_url` of the list it never changes."""
    if credential := credential_of(request):
        await gateway.credentials.exchange(credential)
    found = gateway.catalogue.current().voice(voice)
    sample = await asyncio.to_thread(voice_samples.find, gateway.catalogue.folder, found) if found else None
    if sample is None:
        raise not_found("The sample")
    sent = {
        "Cache-Control": _FOREVER if v == sample.digest else _REVALIDATE,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if is_not_modified(if_none_match, sample.digest):
        return not_modified(sample.digest, sent)
    # Starlette would take its own ETag from the file's time and size; another gateway's copy may have another time.
    return with_etag(_SampleFile(sample.path, media_type=sample.media_type, headers=sent), sample.digest)


class _SampleFile(FileResponse):
    """A file, or the parts of it that `Range` asks for. Sends the complete file for a `Range` that cannot be served.

    RFC 9110 (section 14.2) allows that. Starlette itself would answer 400 or 416 without the error body of the API.
    """

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        try:
            return super()._parse_range_header(http_range, file_size)
        except (MalformedRangeHeader, RangeNotSatisfiable):
            return []


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
    sample = voice_samples.find(folder, voice)
    fields = {name: getattr(voice, name) for name in Voice.model_fields if name != "sample_url"}
    return Voice(**fields, sample_url=f"/api/voices/{voice.name}/sample/?v={sample.digest}" if sample else None)
