"""A second upload of the same name replaces the first when asked, and what was left out of a document is named."""

import asyncio

import asyncpg
import pytest_asyncio
from callbox.characters.v1 import knowledge_pb2 as pb

from services.kit.rpc.client import call
from tests.document_cases.case import stored
from tests.fixtures.embedder import embedder
from tests.fixtures.knowledge import Library, MakeLibrary, make_library
from tests.fixtures.wire import Asked, answer, listening
from tests.speech.server import Server

__all__ = ["embedder", "make_library"]


@pytest_asyncio.fixture
async def library(make_library: MakeLibrary, embedder: Server) -> Library:
    return await make_library(embedder.url)


async def names(library: Library) -> list[str]:
    return [document.id for document in await library.documents()]


async def test_the_old_document_is_found_until_the_new_one_is_read(library: Library) -> None:
    async with library.reader():
        old = await library.done((await library.upload("hours.txt", b"We open at nine.")).id)
        other = await library.done((await library.upload("other.txt", b"We open a second shop.")).id)
    new = await library.upload("hours.txt", b"We open at eleven.", replace=True)
    assert await names(library) == [new.id, other.id, old.id]
    assert (await library.search("nine")).passages[0].document_id == old.id
    async with library.reader():
        assert (await library.done(new.id)).status == pb.DOCUMENT_STATUS_PROCESSED
    assert await names(library) == [new.id, other.id]
    found = (await library.search("When do you open?", 5)).passages
    assert {passage.text for passage in found} == {"We open at eleven.", "We open a second shop."}
    assert not await left_in_store(library, old), "the cleanup deletes its file"


async def left_in_store(library: Library, document: pb.Document) -> bool:
    """Whether the file of a deleted document stays: it is not noted as unused."""
    connection = await asyncpg.connect(library.database_url)
    try:
        key = document.file.removeprefix(library.data_dir.as_uri()).removeprefix("/files/")
        noted = await connection.fetch("select file_key from characters.discarded_files")
    finally:
        await connection.close()
    return not any(key.endswith(row["file_key"]) for row in noted)


async def test_a_document_that_fails_replaces_nothing(library: Library) -> None:
    async with library.reader():
        old = await library.done((await library.upload("hours.txt", b"We open at nine.")).id)
        failed = await library.done((await library.upload("hours.txt", b"", replace=True)).id)
    assert failed.status == pb.DOCUMENT_STATUS_FAILED
    assert await names(library) == [failed.id, old.id]
    assert (await library.search("nine")).passages[0].document_id == old.id


async def test_without_being_asked_both_stay(library: Library) -> None:
    async with library.reader():
        first = await library.done((await library.upload("hours.txt", b"We open at nine.")).id)
        second = await library.done((await library.upload("hours.txt", b"We open at ten.")).id)
    assert await names(library) == [second.id, first.id]


async def test_the_newest_of_two_replacing_documents_stays_whatever_is_read_first(library: Library) -> None:
    first = await library.upload("hours.txt", b"We open at nine.", replace=True)
    second = await library.upload("hours.txt", b"We open at ten.", replace=True)
    async with library.reader():
        await library.done(second.id)
        again = await library.done((await library.upload("other.txt", b"Later.")).id)
    assert await names(library) == [again.id, second.id]
    assert first.id != second.id


async def test_another_characters_document_of_the_same_name_stays(library: Library) -> None:
    await library.owner.create("other-bot")
    async with library.reader():
        other = await library.done((await library.upload("hours.txt", b"Nine.", "other-bot")).id, "other-bot")
        await library.done((await library.upload("hours.txt", b"Ten.", replace=True)).id)
    assert [document.id for document in await library.documents("other-bot")] == [other.id]


async def test_a_page_replaces_the_page_of_its_address_and_is_read_in_its_servers_encoding(
    make_library: MakeLibrary, embedder: Server
) -> None:
    library = await make_library(embedder.url, outbound_allow="127.0.0.0/8")
    texts = ["Мы открыты с девяти.", "Мы открыты с десяти."]

    async def serve(asked: Asked, writer: asyncio.StreamWriter) -> None:
        page = f"<p>{texts.pop(0)}</p>".encode("cp1251")
        writer.write(answer(200, page, Content_Type="text/html; charset=windows-1251"))

    async with listening(serve) as wire, library.reader(outbound_allow="127.0.0.0/8"):
        url = f"http://127.0.0.1:{wire.port}/hours"
        for replace in (False, True):
            request = pb.AddPageRequest(character="support-bot", url=url, replace=replace)
            read = await library.done((await call(library.stub.AddPage, request, identity=library.user)).id)
            assert read.status == pb.DOCUMENT_STATUS_PROCESSED, read.error
    assert await names(library) == [read.id]
    assert [passage.text for passage in (await library.search("открыты")).passages] == ["Мы открыты с десяти."]


async def test_notes_name_what_was_left_out(library: Library) -> None:
    async with library.reader():
        read = await library.done((await library.upload("price.docx", stored("hidden-price.docx"))).id)
        plain = await library.done((await library.upload("plain.txt", b"Words.")).id)
    assert list(read.notes) == ["Hidden text was left out."]
    assert list(plain.notes) == []
    assert [list(event.document.notes) for event in await library.events()] == [list(read.notes), []]
