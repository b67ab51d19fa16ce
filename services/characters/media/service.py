"""RPC handlers of the uploaded files of characters."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
from callbox.characters.v1 import characters_pb2, media_pb2_grpc
from callbox.characters.v1 import media_pb2 as pb

from services.characters import access, preconditions
from services.characters.definition import versions
from services.characters.definition.references import media_url
from services.characters.definition.versions import Version
from services.characters.media import validation
from services.characters.media.store import MediaStore
from services.characters.media.validation import MAX_BYTES, Purpose
from services.characters.owner_view import OwnerView
from services.characters.store import CharacterStore, StoredCharacter
from services.kit.errors import CallboxError, Code, not_found
from services.kit.net.url_policy import Allowances
from services.kit.rpc.context import current_identity, current_user
from services.kit.vault import Vault

_PURPOSES = {pb.MEDIA_PURPOSE_IMAGE: Purpose.IMAGE, pb.MEDIA_PURPOSE_VOICE: Purpose.VOICE}
_NUMBERS = {purpose: number for number, purpose in _PURPOSES.items()}
# Uploads that are checked at once.
_CHECKS_AT_ONCE = 2

Context = grpc.aio.ServicerContext[Any, Any]


class MediaService(media_pb2_grpc.MediaServiceServicer):
    """Pictures and recordings."""

    def __init__(
        self, store: CharacterStore, view: OwnerView, media: MediaStore, vault: Vault, allowed: Allowances
    ) -> None:
        self._store = store
        self._view = view
        self._media = media
        self._vault = vault
        self._allowed = allowed
        self._checks = asyncio.Semaphore(_CHECKS_AT_ONCE)

    async def UploadMedia(  # noqa: N802
        self, request_iterator: AsyncIterator[pb.UploadMediaRequest], context: Context
    ) -> characters_pb2.Character:
        """Keeps a file and makes a version of its character that uses it."""
        user = current_user()
        parts = aiter(request_iterator)
        first = await anext(parts, None)
        if first is None or first.WhichOneof("part") != "header" or first.header.purpose not in _PURPOSES:
            raise CallboxError(Code.INVALID_REQUEST, "Begin an upload with a header that says what the file is for.")
        header, purpose = first.header, _PURPOSES[first.header.purpose]
        stored = await access.owned_character(self._store, header.slug)
        preconditions.require(header.if_match, stored.etag)
        content = await _collected(parts, MAX_BYTES[purpose])
        async with self._checks:
            file = await asyncio.to_thread(validation.validated, content, purpose)
        await self._media.put(stored.id, user.user_id, file)
        url = media_url(stored.id, file.name)
        change = {"image": url} if purpose is Purpose.IMAGE else {"voice": {"audio_file": url}}

        async def make_version(current: StoredCharacter, version: Version) -> Version | None:
            preconditions.require(header.if_match, current.etag)
            return await asyncio.to_thread(
                versions.updated, version, change, replace=False, vault=self._vault, allowed=self._allowed
            )

        updated = await self._store.update(stored.id, user.may_see, user.user_id, make_version)
        if updated is None:
            raise not_found(access.CHARACTER)
        return await self._view.character(updated)

    async def GetMedia(self, request: pb.GetMediaRequest, context: Context) -> pb.GetMediaResponse:  # noqa: N802
        """Reads a file: a picture for everybody, a recording for its owner and for calls."""
        identity = current_identity()
        for_call = identity.is_service("sessions", "agent")
        missing = not_found("File")
        if not request.character_id.isprintable() or not request.name.isprintable():
            raise missing
        file = await self._media.find(request.character_id, request.name)
        if file is None or (file.deleted and not for_call):
            raise missing
        if file.purpose is Purpose.VOICE and not for_call and not identity.may_see(file.tenant_id):
            raise missing
        content = await self._media.read(request.character_id, request.name)
        if content is None:
            raise missing
        return pb.GetMediaResponse(content=content, media_type=file.media_type, purpose=_NUMBERS[file.purpose])


async def _collected(parts: AsyncIterator[pb.UploadMediaRequest], limit: int) -> bytes:
    content = bytearray()
    async for part in parts:
        content += part.content
        if len(content) > limit:
            raise CallboxError(Code.PAYLOAD_TOO_LARGE, f"The file is larger than {limit:,} bytes; send a smaller one.")
    return bytes(content)
