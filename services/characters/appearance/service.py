"""The RPC handlers of appearance and forms, for visitors and for the owner."""

import hashlib
from collections import OrderedDict
from typing import Any

import grpc
from callbox.characters.v1 import appearance_pb2 as pb
from callbox.characters.v1 import appearance_pb2_grpc

from services.characters import access
from services.characters.appearance.overrides import effective
from services.characters.definition.field_types import compact
from services.characters.store import Shown, Store
from services.kit.errors import not_found
from services.kit.forms.definition import completed
from services.kit.rpc.context import current_identity
from services.kit.structs import to_struct

_DIGEST_CHARACTERS = 32
# A document has at most 256 KiB.
_MAX_REMEMBERED_BYTES = 32 * 1024 * 1024
Context = grpc.aio.ServicerContext[Any, Any]


class AppearanceService(appearance_pb2_grpc.AppearanceServiceServicer):
    """What a page shows of a character."""

    def __init__(self, store: Store, *, check_origins: bool) -> None:
        self._store = store
        self._check_origins = check_origins
        self._documents = _Documents()

    async def GetAppearance(self, request: pb.GetAppearanceRequest, context: Context) -> pb.Appearance:  # noqa: N802
        """Reads the appearance of an active character."""
        shown = await self._shown(request.agent)
        known = self._documents.get((shown.id, shown.version))
        if known is None:
            document = compact(effective(await self._store.appearance(shown.id, shown.version))).encode()
            digest = hashlib.sha256(document).hexdigest()[:_DIGEST_CHARACTERS]
            known = pb.Appearance(document=document, digest=digest)
            self._documents.put((shown.id, shown.version), known)
        return known

    async def ResolveForm(self, request: pb.ResolveFormRequest, context: Context) -> pb.ResolvedForm:  # noqa: N802
        """Reads one form that is not disabled."""
        shown = await self._shown(request.agent)
        forms = (await self._store.appearance(shown.id, shown.version)).get("forms") or []
        form = next((form for form in forms if form["id"] == request.form_id), None)
        if form is None or form.get("disabled"):
            raise not_found("The form")
        return pb.ResolvedForm(
            character_id=shown.id,
            slug=shown.slug,
            tenant_id=shown.tenant_id,
            definition=to_struct(completed(form)),
        )

    async def _shown(self, agent: str) -> Shown:
        """The character, if who asks may see it.

        Raises: CallboxError `not_found`, `origin_not_allowed`.
        """
        identity = current_identity()
        shown = await self._store.shown(agent)
        if shown is None:
            raise not_found(access.WHAT)
        origins = shown.allowed_origins if self._check_origins else None
        access.admit(identity, shown.tenant_id, origins, is_active=shown.is_active, deed="show")
        return shown


class _Documents:
    """Documents of versions, which never change. Bounded: what was asked for longest ago is forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], pb.Appearance] = OrderedDict()
        self._bytes = 0

    def get(self, version: tuple[str, int]) -> pb.Appearance | None:
        found = self._known.get(version)
        if found is not None:
            self._known.move_to_end(version)
        return found

    def put(self, version: tuple[str, int], appearance: pb.Appearance) -> None:
        if version in self._known:
            return
        self._known[version] = appearance
        self._bytes += len(appearance.document)
        while self._bytes > _MAX_REMEMBERED_BYTES:
            _, forgotten = self._known.popitem(last=False)
            self._bytes -= len(forgotten.document)
