"""RPC handlers of characters."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
from callbox.characters.v1 import characters_pb2 as pb
from callbox.characters.v1 import characters_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.characters import access, messages, preconditions
from services.characters.definition import versions
from services.characters.definition.difference import difference
from services.characters.definition.validation import DEFAULTS
from services.characters.definition.versions import Version
from services.characters.owner_view import OwnerView
from services.characters.store import CharacterStore, MakeVersion, StoredCharacter, StoredVersion
from services.kit import paging
from services.kit.errors import CallboxError, Code, not_found, validation
from services.kit.net.url_policy import Allowances
from services.kit.rpc.context import current_identity, current_user, require_service
from services.kit.structs import from_struct, to_struct
from services.kit.vault import Vault

_MAX_QUERY_CHARACTERS = 200

Context = grpc.aio.ServicerContext[Any, Any]


class CharactersService(characters_pb2_grpc.CharactersServiceServicer):
    """Definitions, versions, resolution for a call."""

    def __init__(
        self,
        store: CharacterStore,
        view: OwnerView,
        vault: Vault,
        allowed: Allowances,
        on_delete: Callable[[], None],
        *,
        check_origins: bool,
    ) -> None:
        """on_delete: called when a character was deleted."""
        self._store = store
        self._view = view
        self._vault = vault
        self._allowed = allowed
        self._on_delete = on_delete
        self._check_origins = check_origins

    async def CreateCharacter(self, request: pb.CreateCharacterRequest, context: Context) -> pb.Character:  # noqa: N802
        """Creates a character of the caller's tenant."""
        user = current_user()
        content = from_struct(request.definition)
        version = await asyncio.to_thread(versions.first, content, self._vault, self._allowed)
        stored = await self._store.create(user.tenant_id, user.user_id, version)
        if stored is None:
            slug = version.definition["slug"]
            raise CallboxError(
                Code.CONFLICT,
                f"The slug {slug!r} is taken on this installation; choose another.",
                {"slug": ["is taken"]},
            )
        return messages.character(stored)

    async def GetCharacter(self, request: pb.GetCharacterRequest, context: Context) -> pb.Character:  # noqa: N802
        """Reads a character of the caller."""
        return await self._view.character(await access.owned_character(self._store, request.slug))

    async def ListCharacters(  # noqa: N802
        self, request: pb.ListCharactersRequest, context: Context
    ) -> pb.ListCharactersResponse:
        """Lists the characters of the caller's tenant, newest first."""
        tenant_id, size = current_user().tenant_id, paging.page_size(request.page_size)
        if len(request.query) > _MAX_QUERY_CHARACTERS or "\x00" in request.query:
            raise validation({"q": [f"must be at most {_MAX_QUERY_CHARACTERS} characters, without U+0000"]})
        page, more = await self._store.page(
            tenant_id, paging.number_below(request.page_token), size, query=request.query, skip=_skip(request.skip)
        )
        return pb.ListCharactersResponse(
            characters=await self._view.characters(page),
            next_page_token=paging.token_after(page[-1].seq) if more else "",
            total_size=await self._store.count(tenant_id, request.query),
        )

    async def UpdateCharacter(self, request: pb.UpdateCharacterRequest, context: Context) -> pb.Character:  # noqa: N802
        """Replaces or merges a definition; a new version when something changed."""
        if request.mode not in (pb.UPDATE_MODE_MERGE, pb.UPDATE_MODE_REPLACE):
            raise CallboxError(Code.INVALID_REQUEST, "Say whether the definition merges or replaces.")
        content = from_struct(request.definition)
        replace = request.mode == pb.UPDATE_MODE_REPLACE

        async def make_version(stored: StoredCharacter, current: Version) -> Version | None:
            preconditions.require(request.if_match, stored.etag)
            # In a thread: to validate a definition of a megabyte takes half a second.
            return await asyncio.to_thread(
                versions.updated, current, content, replace=replace, vault=self._vault, allowed=self._allowed
            )

        return await self._view.character(await self._update(request.slug, make_version))

    async def DeleteCharacter(self, request: pb.DeleteCharacterRequest, context: Context) -> Empty:  # noqa: N802
        """Deletes a character; its history stays."""
        stored = await access.owned_character(self._store, request.slug)
        preconditions.require(request.if_match, stored.etag)
        must_be = stored.version if request.if_match and preconditions.ANY not in request.if_match else None
        if not await self._store.delete(stored.id, must_be):
            await access.owned_character(self._store, stored.id)
            raise preconditions.failed()
        self._on_delete()
        return Empty()

    async def ListCharacterVersions(  # noqa: N802
        self, request: pb.ListCharacterVersionsRequest, context: Context
    ) -> pb.ListCharacterVersionsResponse:
        """Lists the versions of a character, newest first."""
        stored = await access.owned_character(self._store, request.slug)
        size = paging.page_size(request.page_size)
        # The bound of the first page is 64 bits wide, a version 32.
        below = min(paging.number_below(request.page_token), stored.version + 1)
        rows = await self._store.versions(stored.id, below, size + 1, _skip(request.skip))
        return pb.ListCharacterVersionsResponse(
            versions=map(messages.version, rows[:size]),
            next_page_token=paging.token_after(rows[size - 1]["version"]) if len(rows) > size else "",
            total_size=await self._store.count_versions(stored.id),
        )

    async def GetCharacterVersion(  # noqa: N802
        self, request: pb.GetCharacterVersionRequest, context: Context
    ) -> pb.CharacterVersion:
        """Reads one version with its definition."""
        stored = await access.owned_character(self._store, request.slug)
        return messages.whole_version(await self._version(stored.id, request.version))

    async def CompareCharacterVersions(  # noqa: N802
        self, request: pb.CompareCharacterVersionsRequest, context: Context
    ) -> pb.CompareCharacterVersionsResponse:
        """Reads the difference of two versions."""
        stored = await access.owned_character(self._store, request.slug)
        after = (await self._version(stored.id, request.version)).definition
        before = (await self._version(stored.id, request.against)).definition if request.against else DEFAULTS
        steps = await asyncio.to_thread(lambda: list(difference(before, after)))
        return pb.CompareCharacterVersionsResponse(patch=map(to_struct, steps))

    async def RestoreCharacterVersion(  # noqa: N802
        self, request: pb.RestoreCharacterVersionRequest, context: Context
    ) -> pb.Character:
        """Makes a new version with the content of an older one."""
        owned = await access.owned_character(self._store, request.slug)
        wanted = (await self._version(owned.id, request.version)).content

        async def make_version(stored: StoredCharacter, current: Version) -> Version | None:
            preconditions.require(request.if_match, stored.etag)
            return await asyncio.to_thread(versions.restored, current, wanted, self._allowed)

        return await self._view.character(await self._update(owned.id, make_version))

    async def Resolve(self, request: pb.ResolveRequest, context: Context) -> pb.CharacterSnapshot:  # noqa: N802
        """Resolves a slug or identity to a pinned version for one call."""
        identity = current_identity()
        stored = await self._store.find(request.agent)
        if stored is None:
            raise not_found(access.CHARACTER)
        definition = stored.definition
        origins = definition["allowed_origins"] if self._check_origins else None
        access.check_access(
            identity, stored.tenant_id, origins, is_active=definition["is_active"], action="start calls with"
        )
        return messages.snapshot(stored)

    async def ReadSecrets(self, request: pb.ReadSecretsRequest, context: Context) -> pb.ReadSecretsResponse:  # noqa: N802
        """Reads the secrets of one version, for the agent."""
        require_service("agent")
        secrets = await self._store.secrets(request.character_id, request.version)
        if secrets is None:
            raise not_found("Version of a character")
        opened = {key: self._vault.decrypt(sealed) for key, sealed in secrets.items()}
        return pb.ReadSecretsResponse(
            llm_api_key=opened.pop("llm_api_key", ""),
            kb_query_api_key=opened.pop("kb_query_api_key", ""),
            headers=opened,
        )

    async def _update(self, slug_or_id: str, make_version: MakeVersion) -> StoredCharacter:
        user = current_user()
        stored = await self._store.update(slug_or_id, user.may_see, user.user_id, make_version)
        if stored is None:
            raise not_found(access.CHARACTER)
        return stored

    async def _version(self, character_id: str, number: int) -> StoredVersion:
        kept = await self._store.version(character_id, number)
        if kept is None:
            raise not_found("Version of a character")
        return kept


def _skip(asked: int) -> int:
    if asked < 0:
        raise validation({"skip": ["must not be negative"]})
    return asked
