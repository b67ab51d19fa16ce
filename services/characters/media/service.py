"""RPC handlers of the files of characters."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
from callbox.characters.v1 import characters_pb2, media_pb2_grpc
from callbox.characters.v1 import media_pb2 as pb

from services.characters import access, preconditions
from services.characters.definition import versions
from services.characters.definition.field_types import Rules
from services.characters.definition.references import media_url
from services.characters.definition.versions import Version
from services.characters.documents_view import Attached
from services.characters.media import kinds
from services.characters.media.kinds import MAX_BYTES, Purpose
from services.characters.media.store import Shelf
from services.characters.store import Store, Stored
from services.kit.errors import CallboxError, Code, not_found
from services.kit.rpc.context import current_identity, current_user
from services.kit.vault import Vault

_PURPOSES = {pb.MEDIA_PURPOSE_IMAGE: Purpose.IMAGE, pb.MEDIA_PURPOSE_VOICE: Purpose.VOICE}
_NUMBERS = {purpose: number for number, purpose in _PURPOSES.items()}
# Recordings that are decoded at once.
_JUDGES = 2

Context = grpc.aio.ServicerContext[Any, Any]


class MediaService(media_pb2_grpc.MediaServiceServicer):
    """Pictures and voices."""

    def __init__(self, store: Store, attached: Attached, shelf: Shelf, vault: Vault, rules: Rules) -> None:
        self._store = store
        self._attached = attached
        self._shelf = shelf
        self._vault = vault
        self._rules = rules
        self._judging = asyncio.Semaphore(_JUDGES)

    async def UploadMedia(  # noqa: N802
        self, request_iterator: AsyncIterator[pb.UploadMediaRequest], context: Context
    ) -> characters_pb2.Character:
        """Keeps a file and makes a version of its character that names it."""
        user = current_user()
        parts = aiter(request_iterator)
        first = await anext(parts, None)
        if first is None or first.WhichOneof("part") != "header" or first.header.purpose not in _PURPOSES:
            raise CallboxError(Code.INVALID_REQUEST, "Begin an upload with a header that says what the file is for.")
        header, purpose = first.header, _PURPOSES[first.header.purpose]
        stored = await access.own(self._store, header.slug)
        preconditions.require(header.if_match, stored.etag)
        content = await _collected(parts, MAX_BYTES[purpose])
        async with self._judging:
            file = await asyncio.to_thread(kinds.judged, content, purpose)
        await self._shelf.put(stored.id, user.user_id, file)
        url = media_url(stored.id, file.name)
        change = {"image": url} if purpose is Purpose.IMAGE else {"voice": {"audio_file": url}}

        async def step(current: Stored, version: Version) -> Version | None:
            preconditions.require(header.if_match, current.etag)
            return await asyncio.to_thread(
                versions.following, version, change, replace=False, vault=self._vault, rules=self._rules
            )

        changed = await self._store.change(stored.id, user.may_see, user.user_id, step)
        if changed is None:
            raise not_found(access.WHAT)
        return await self._attached.character(changed)

    async def GetMedia(self, request: pb.GetMediaRequest, context: Context) -> pb.GetMediaResponse:  # noqa: N802
        """Reads a file: a picture for everybody, a voice for its owner and for calls."""
        identity = current_identity()
        for_call = identity.is_service("sessions", "agent")
        missing = not_found("File")
        if not request.character_id.isprintable() or not request.name.isprintable():
            raise missing
        shelved = await self._shelf.find(request.character_id, request.name)
        if shelved is None or (shelved.deleted and not for_call):
            raise missing
        if shelved.purpose is Purpose.VOICE and not for_call and not identity.may_see(shelved.tenant_id):
            raise missing
        content = await self._shelf.read(request.character_id, request.name)
        if content is None:
            raise missing
        return pb.GetMediaResponse(content=content, media_type=shelved.media_type, purpose=_NUMBERS[shelved.purpose])


async def _collected(parts: AsyncIterator[pb.UploadMediaRequest], limit: int) -> bytes:
    content = bytearray()
    async for part in parts:
        content += part.content
        if len(content) > limit:
            raise CallboxError(Code.PAYLOAD_TOO_LARGE, f"The file is larger than {limit:,} bytes; send a smaller one.")
    return bytes(content)
