"""Contract 14.2 (own): who leaves takes their files along, in the store of files too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from callbox.characters.v1 import knowledge_pb2, media_pb2_grpc
from callbox.characters.v1 import user_data_pb2 as pb
from callbox.characters.v1.user_data_pb2_grpc import UserDataServiceStub

from services.characters.account_data import holdings
from services.characters.knowledge.database import open_pool
from services.characters.settings import CharactersSettings
from services.kit.blobs import Blobs
from services.kit.errors import CallboxError
from services.kit.rpc.client import call
from services.kit.structs import from_struct
from tests.fixtures.knowledge import Library, MakeLibrary, make_library
from tests.fixtures.media import VOICE, image, upload, voice
from tests.fixtures.s3 import S3Server, s3_server

if TYPE_CHECKING:
    from services.kit.database import Pool

__all__ = ["make_library", "s3_server"]

# No document is read here.
NOBODY = "127.0.0.1:9"


class Leaver:
    """A user with a picture, a voice, documents, and the store of files beside other users'."""

    def __init__(self, library: Library, files: dict[str, Any]) -> None:
        self.library = library
        self.blobs = Blobs(CharactersSettings(**library.settings(**files)))
        self._data = UserDataServiceStub(library.channel)
        self._media = media_pb2_grpc.MediaServiceStub(library.channel)

    async def fill(self, slug: str, token: str) -> None:
        await upload(self._media, token, image(), slug=slug)
        await upload(self._media, token, voice(), VOICE, slug=slug)
        for number in range(30):
            await self.library.upload(f"{number}.md", b"Words.", slug, identity=token)

    async def delete_document(self) -> None:
        (document, *_) = await self.library.documents()
        request = knowledge_pb2.DeleteDocumentRequest(character="support-bot", document_id=document.id)
        await call(self.library.stub.DeleteDocument, request, identity=self.library.user, deadline_seconds=20.0)

    async def leave(self) -> bool:
        """Asks once; whether all is gone."""
        token = self.library.user
        await call(self._data.WithdrawUserData, pb.WithdrawUserDataRequest(), identity=token)
        request = pb.DeleteUserDataRequest()
        return (await call(self._data.DeleteUserData, request, identity=token, deadline_seconds=20.0)).done

    async def export(self) -> dict[str, list[dict[str, Any]]]:
        taken: dict[str, list[dict[str, Any]]] = {}
        token = ""
        while True:
            request = pb.ExportUserDataRequest(page_token=token)
            page = await call(self._data.ExportUserData, request, identity=self.library.user)
            taken.setdefault(page.collection, []).extend(map(from_struct, page.items))
            token = page.next_page_token
            if not token:
                return taken

    async def files(self, character_id: str) -> int:
        return sum([len(await self.blobs.keys(f"{top}/{character_id}")) for top in ("characters", "documents")])


async def rows(pool: Pool) -> int:
    return sum(
        [
            await pool.fetchval(f"select count(*) from {holding.table} where {holding.where}", "ten_one")
            for holding in holdings.HOLDINGS
        ]
    )


@pytest.mark.parametrize("store", ["folder", "s3"])
async def test_files_go_with_their_owner(make_library: MakeLibrary, request: pytest.FixtureRequest, store: str) -> None:
    files = request.getfixturevalue("s3_server").settings if store == "s3" else {}
    library = await make_library(NOBODY, **files)
    leaver, stranger = Leaver(library, files), library.callers.user(2, "ten_two")
    mine = (await library.owner.get()).id
    library.owner.token = stranger
    theirs = (await library.owner.create("their-bot")).id
    await leaver.fill("support-bot", library.user)
    await leaver.fill("their-bot", stranger)
    assert (await leaver.files(mine), await leaver.files(theirs)) == (32, 32)
    while not await leaver.leave():
        pass
    assert (await leaver.files(mine), await leaver.files(theirs)) == (0, 32)
    assert len(await library.documents("their-bot", identity=stranger)) == 30
    async with await open_pool(library.database_url, "characters") as pool:
        assert await rows(pool) == 0


async def test_files_and_documents_are_told_before(make_library: MakeLibrary) -> None:
    library = await make_library(NOBODY)
    leaver = Leaver(library, {})
    await leaver.fill("support-bot", library.user)
    taken = await leaver.export()
    assert set(taken) == {"documents", "document_events", "media", "versions", "characters"}
    assert sorted(row["purpose"] for row in taken["media"]) == ["image", "voice"]
    assert {row["name"] for row in taken["documents"]} == {f"{number}.md" for number in range(30)}
    assert {row["status"] for row in taken["documents"]} == {"PENDING"}


async def test_a_store_that_is_away_loses_no_file(make_library: MakeLibrary, s3_server: S3Server) -> None:
    """What could not be deleted, of a document deleted before too, is known and goes at the next asking."""
    library = await make_library(NOBODY, **s3_server.settings)
    leaver = Leaver(library, s3_server.settings)
    character_id = (await library.owner.get()).id
    await leaver.fill("support-bot", library.user)
    s3_server.stop()
    try:
        await leaver.delete_document()
        with pytest.raises(CallboxError, match="upstream_unavailable"):
            await leaver.leave()
    finally:
        s3_server.start()
    # A deletion that was still being tried may have found the store again.
    assert 0 < await leaver.files(character_id) <= 32
    while not await leaver.leave():
        pass
    assert await leaver.files(character_id) == 0
    async with await open_pool(library.database_url, "characters") as pool:
        assert await rows(pool) == 0
