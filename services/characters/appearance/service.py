"""RPC handlers of appearance and forms, for visitors and for the owner."""

import hashlib
from typing import Any

import grpc
from cachetools import LRUCache
from callbox.characters.v1 import appearance_pb2 as pb
from callbox.characters.v1 import appearance_pb2_grpc

from services.characters import access
from services.characters.appearance.effective import effective
from services.characters.store import AccessRules, CharacterStore
from services.kit.character_definition.field_types import compact_json
from services.kit.errors import not_found
from services.kit.forms.definition import completed
from services.kit.rpc.context import current_identity
from services.kit.structs import to_struct

_DIGEST_CHARACTERS = 32
# A document has at most 256 KiB.
_CACHE_BYTES = 32 * 1024 * 1024
Context = grpc.aio.ServicerContext[Any, Any]


def _bytes(appearance: pb.Appearance) -> int:
    return len(appearance.document)


class AppearanceService(appearance_pb2_grpc.AppearanceServiceServicer):
    """What a page shows of a character."""

    def __init__(self, store: CharacterStore, *, check_origins: bool) -> None:
        self._store = store
        self._check_origins = check_origins
        # By identity and version of the character. A version never changes, so nothing expires.
        self._cache: LRUCache[tuple[str, int], pb.Appearance] = LRUCache(_CACHE_BYTES, getsizeof=_bytes)

    async def GetAppearance(self, request: pb.GetAppearanceRequest, context: Context) -> pb.Appearance:  # noqa: N802
        """Reads the appearance of an active character."""
        character = await self._character(request.agent)
        key = (character.id, character.version)
        appearance: pb.Appearance | None = self._cache.get(key)
        if appearance is None:
            document = compact_json(effective(await self._store.appearance(*key))).encode()
            digest = hashlib.sha256(document).hexdigest()[:_DIGEST_CHARACTERS]
            appearance = self._cache[key] = pb.Appearance(document=document, digest=digest)
        return appearance

    async def ResolveForm(self, request: pb.ResolveFormRequest, context: Context) -> pb.ResolvedForm:  # noqa: N802
        """Reads one form that is not disabled."""
        character = await self._character(request.agent)
        forms = (await self._store.appearance(character.id, character.version)).get("forms") or []
        form = next((form for form in forms if form["id"] == request.form_id), None)
        if form is None or form.get("disabled"):
            raise not_found("The form")
        return pb.ResolvedForm(
            character_id=character.id,
            slug=character.slug,
            tenant_id=character.tenant_id,
            definition=to_struct(completed(form)),
        )

    async def _character(self, agent: str) -> AccessRules:
        """The character, if the caller may see it.

        Raises: CallboxError `not_found`, `origin_not_allowed`.
        """
        identity = current_identity()
        character = await self._store.find_access_rules(agent)
        if character is None:
            raise not_found(access.CHARACTER)
        origins = character.allowed_origins if self._check_origins else None
        access.check_access(identity, character.tenant_id, origins, is_active=character.is_active, action="show")
        return character
