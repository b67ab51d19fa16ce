"""Pictures and voice recordings of characters: uploaded, and served by the digest of their content."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from callbox.characters.v1 import media_pb2 as pb
from fastapi import APIRouter, Path, Request, Response
from starlette.responses import JSONResponse

from services.gateway.answers.characters import character_json
from services.gateway.answers.envelope import headers, refusals
from services.gateway.gateway import CallerOf, Gateway, GatewayOf, documented
from services.gateway.models.character import Character
from services.gateway.requests.conditions import (
    CACHEABLE,
    WITH_ETAG,
    IfMatch,
    IfNoneMatch,
    if_match_refusals,
    if_match_tags,
    is_not_modified,
    not_modified,
    with_etag,
)
from services.gateway.requests.credentials import Caller, credential_of
from services.gateway.requests.path_names import PathName, require_name
from services.gateway.requests.upload import Upload, form_of
from services.kit.errors import Code, not_found
from services.kit.rpc import context
from services.kit.rpc.client import call

router = APIRouter(prefix="/api", tags=["characters"], dependencies=documented)
_MAX_BYTES = {pb.MEDIA_PURPOSE_IMAGE: 5 * 1024 * 1024, pb.MEDIA_PURPOSE_VOICE: 10 * 1024 * 1024}
_KEEP_SECONDS = 5.0
_NAME = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{2,5}\Z")
_FOREVER = "max-age=31536000, immutable"
# A browser shows or plays an upload and never runs it.
_POLICY = "default-src 'none'; sandbox"
_IMAGES = ["image/png", "image/jpeg", "image/webp", "image/gif"]
_VOICES = ["audio/wav", "audio/mpeg"]
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_SENT = headers("ETag", "Cache-Control", "Content-Disposition")
_FILES: dict[str, Any] = dict.fromkeys((*_IMAGES, *_VOICES), _BYTES)


def _body(media_types: list[str], description: str) -> dict[str, Any]:
    content = {**dict.fromkeys(media_types, _BYTES), **form_of(description)}
    return {"requestBody": {"required": True, "content": content}}


@router.put(
    "/ai-characters/{slug}/image/",
    response_model=Character,
    responses=WITH_ETAG | if_match_refusals(401, 404, 413, 422, Code.AT_CAPACITY),
    openapi_extra=_body(_IMAGES, "At most 5 MB."),
    summary="Upload the picture of a character",
)
async def put_image(
    request: Request, slug: PathName, caller: CallerOf, gateway: GatewayOf, if_match: IfMatch = None
) -> Response:
    """Stores a PNG, JPEG, WebP or GIF of at most 5 MB and 4,096 pixels a side. A new version of the character has its
    address as `image`.

    A gateway takes 16 uploads at once and answers 503 `at_capacity` to one more.
    """
    return await _upload(request, slug, pb.MEDIA_PURPOSE_IMAGE, caller, gateway, if_match)


@router.put(
    "/ai-characters/{slug}/voice/",
    response_model=Character,
    responses=WITH_ETAG | if_match_refusals(401, 404, 413, 422, Code.AT_CAPACITY),
    openapi_extra=_body(_VOICES, "At most 10 MB."),
    summary="Upload a recording of a character's voice",
)
async def put_voice(
    request: Request, slug: PathName, caller: CallerOf, gateway: GatewayOf, if_match: IfMatch = None
) -> Response:
    """Stores a WAV or MP3 of at most 10 MB and 60 seconds. A new version of the character has its address as
    `voice.audio_file`.

    A gateway takes 16 uploads at once and answers 503 `at_capacity` to one more.
    """
    return await _upload(request, slug, pb.MEDIA_PURPOSE_VOICE, caller, gateway, if_match)


@router.get(
    "/media/{character_id}/{name}/",
    response_class=Response,
    responses={
        200: {"content": _FILES, "headers": _SENT},
        304: {**CACHEABLE[304], "headers": _SENT},
        **refusals(401, 404),
    },
    summary="Read a file of a character",
)
async def get_media(
    request: Request,
    character_id: Annotated[str, Path(description="Id of the character.")],
    name: Annotated[str, Path(description="SHA-256 of the content in hex, and the file extension.")],
    gateway: GatewayOf,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answers a picture to everybody, and a recording to its owner. The content at an address never changes."""
    require_name(character_id, "The file")
    if not _NAME.match(name):
        raise not_found("The file")
    credential = credential_of(request)
    caller = await gateway.credentials.exchange(credential) if credential else None
    found = await call(
        gateway.backends.media.GetMedia,
        pb.GetMediaRequest(character_id=character_id, name=name),
        identity=caller.token if caller else gateway.signer.service_token(),
    )
    digest = name.partition(".")[0]
    is_public = found.purpose == pb.MEDIA_PURPOSE_IMAGE
    others = {
        "Cache-Control": f"{'public' if is_public else 'private'}, {_FOREVER}",
        "Content-Security-Policy": _POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin" if is_public else "same-site",
        "Content-Disposition": f'inline; filename="{name}"',
    }
    if is_not_modified(if_none_match, digest):
        return not_modified(digest, others)
    return with_etag(Response(found.content, media_type=found.media_type, headers=others), digest)


async def _upload(
    request: Request,
    slug: str,
    purpose: pb.MediaPurpose.ValueType,
    caller: Caller,
    gateway: Gateway,
    if_match: list[str] | None,
) -> Response:
    header = pb.UploadMediaHeader(
        slug=require_name(slug, "The character"), purpose=purpose, if_match=if_match_tags(if_match)
    )
    async with gateway.uploads.receive(request, _MAX_BYTES[purpose], caller.tenant_id) as upload:
        context.set_deadline(_KEEP_SECONDS)
        made = await call(
            gateway.backends.media.UploadMedia,
            _parts(header, upload),
            identity=caller.token,
            deadline_seconds=_KEEP_SECONDS,
        )
    return with_etag(JSONResponse(character_json(made)), made.etag)


async def _parts(header: pb.UploadMediaHeader, upload: Upload) -> AsyncIterator[pb.UploadMediaRequest]:
    yield pb.UploadMediaRequest(header=header)
    async for piece in upload.pieces():
        yield pb.UploadMediaRequest(content=piece)
