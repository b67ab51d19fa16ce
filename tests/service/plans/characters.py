"""Calls every function of characters that sends statements."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from callbox.characters.v1 import user_data_pb2

from services.characters.account_data.service import UserDataService
from services.characters.definition.references import media_url
from services.characters.definition.versions import Version, first
from services.characters.knowledge.database import open_pool as open_knowledge_pool
from services.characters.knowledge.documents import DocumentStore, NewPassage, new_document_id
from services.characters.knowledge.search import Search, by_meaning
from services.characters.media.store import MediaStore
from services.characters.media.validation import MediaFile, Purpose
from services.characters.reseal import reseal
from services.characters.store import CharacterStore
from services.kit.blobs import Blobs, BlobSettings
from services.kit.identity import Identity, Kind
from services.kit.rpc.context import set_identity
from services.kit.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

    from services.characters.knowledge.embeddings import EmbeddingClient
    from services.kit.database import Pool

TENANT = "ten_big"
LIMIT, LIMIT_OF_VERSIONS = 2**62, 2**31 - 1
DIRECTION = np.full(384, 1 / math.sqrt(384), np.float32)


class OneDirection:
    """Takes the place of the sentence model, which needs Triton: every text has the same direction."""

    async def embed(self, _text: str, _deadline_seconds: float) -> Any:
        return DIRECTION


async def use(pool: Pool, url: str, schema: str, folder: Path) -> None:
    """Does with the past what the service does."""
    blobs = Blobs(BlobSettings(data_dir=folder))
    (folder / "secrets.key").write_bytes(b"")
    await _characters(CharacterStore(pool, 2), MediaStore(pool, blobs))
    await reseal(CharacterStore(pool, 2), cast("Vault", Unchanged()))
    async with await open_knowledge_pool(url, schema) as knowledge:
        await _documents(DocumentStore(knowledge))
        await _questions(knowledge)
    await _goes(pool, blobs)


class Unchanged:
    """A vault that seals anew what it is given."""

    def resealed(self, stored: str) -> str:
        return f"{stored} anew"


async def _characters(store: CharacterStore, media: MediaStore) -> None:
    vault = cast("Vault", Unchanged())
    target = await store.create(TENANT, 1, first({"slug": "target", "name": "Target"}, vault))
    assert target is not None
    handing = {"slug": "new", "name": "New", "handoff_targets": [{"slug": "target"}]}
    new = await store.create(TENANT, 1, first(handing, vault))
    assert new is not None
    picture = MediaFile(Purpose.IMAGE, "a" * 64 + ".png", "image/png", b"content")
    await media.put(new.id, 1, picture)
    assert await media.find(new.id, picture.name) is not None

    async def step(_: Any, current: Version) -> Version:
        return Version({**current.definition, "image": media_url(new.id, picture.name)}, {}, ("image",))

    for name in (new.id, "new", "new"):
        assert await store.update(name, lambda _: True, 1, step) is not None
    assert await store.find("new") is not None
    assert await store.find(new.id) is not None
    assert await store.find_access_rules("new") is not None
    assert await store.find_access_rules(new.id) is not None
    assert await store.appearance(new.id, 1) == {}
    for query, below, skip in (("", LIMIT, 0), ("bot-1", LIMIT, 5), ("", new.seq, 0)):
        characters, _ = await store.page(TENANT, below, 5, query=query, skip=skip)
        assert len(characters) == 5
    assert await store.count(TENANT, "bot-1") > 0
    assert await store.versions(new.id, LIMIT_OF_VERSIONS, 20)
    assert await store.count_versions(new.id) > 0
    assert await store.version(new.id, 4) is not None
    assert await store.secrets("chr_3", 1) is not None
    assert await store.delete(new.id, 4)
    assert await media.delete_unused(20) == 20


async def _documents(documents: DocumentStore) -> None:
    document_id, key = new_document_id(), "documents/chr_5/new"
    await documents.add_unused_file(key)
    added = await documents.add(document_id, "chr_5", TENANT, name="new", file_type="md", file_key=key)
    assert added is not None
    assert await documents.page("chr_1", LIMIT, 50)
    assert (await documents.newest(["chr_1", "chr_5"], 50)).keys() == {"chr_1", "chr_5"}
    assert await documents.start_attempt(document_id) is not None
    await documents.undo_attempt(document_id)
    assert await documents.language("chr_5") == ""
    assert await documents.exists(document_id)
    await documents.set_file_type(document_id, "newer", "html")
    passages = [NewPassage(page, text, text, DIRECTION) for page, text in ((0, "a passage of its own"), (1, "another"))]
    assert await documents.mark_processed(added, passages, "english", ["Comments were left out."])
    newer_id = new_document_id()
    newer = await documents.add(
        newer_id, "chr_5", TENANT, name="newer", file_type="md", file_key=f"{key}3", replaces=True
    )
    assert newer is not None
    assert await documents.mark_processed(newer, passages, "english")
    assert not await documents.exists(document_id), "it is replaced"
    second = await documents.add(new_document_id(), "chr_5", TENANT, name="no", file_type="md", file_key=f"{key}2")
    assert second is not None
    assert await documents.mark_failed(second, "It cannot be read.")
    assert await documents.events(6_000, 50)
    assert await documents.delete("chr_5", second.id) == f"{key}2"
    assert await documents.unused_files(60.0, 50)
    await documents.remove_unused_file(f"{key}2")
    assert await documents.requeue(60.0) > 0
    await documents.delete_old(event_days=30.0, grace_seconds=86_400.0)


async def _questions(pool: Pool) -> None:
    search = Search(pool, cast("EmbeddingClient", OneDirection()))
    assert (await search.find("chr_5", "en", "a passage of its own", 5)).passages
    assert (await search.find("chr_1", "en", "a passage", 5)).passages
    async with pool.acquire() as connection:
        assert await by_meaning(connection, "chr_1", DIRECTION, 50, exact_up_to=1)


async def _goes(pool: Pool, blobs: Blobs) -> None:
    set_identity(Identity(Kind.USER, user_id=1, tenant_id="ten_222"))
    service, context = UserDataService(pool, blobs), cast("Any", None)
    token = ""
    while True:
        page = await service.ExportUserData(user_data_pb2.ExportUserDataRequest(page_token=token), context)
        if not (token := page.next_page_token):
            break
    await service.WithdrawUserData(user_data_pb2.WithdrawUserDataRequest(), context)
    while not (await service.DeleteUserData(user_data_pb2.DeleteUserDataRequest(), context)).done:
        pass
    set_identity(None)
