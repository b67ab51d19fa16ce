"""Documents come, are read, are found and go. Contract 12.1, 14.8, 14.12."""

import asyncio
import signal
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from callbox.characters.v1 import knowledge_pb2 as pb

from services.characters.knowledge.database import open_pool
from services.characters.knowledge.documents import DocumentStore
from services.characters.knowledge.ingestion.cleanup import DocumentCleanup
from services.characters.knowledge.settings import KnowledgeSettings
from services.kit.blobs import Blobs
from services.kit.errors import CallboxError, Code
from services.kit.rpc.client import call
from tests.fixtures import documents
from tests.fixtures.embedder import embedder
from tests.fixtures.knowledge import Library, MakeLibrary, kill, make_library
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.s3 import S3Server, s3_server
from tests.fixtures.sessions import until
from tests.fixtures.wire import Asked, answer, listening, say
from tests.speech.server import Server

__all__ = ["embedder", "make_library", "s3_server"]

NOBODY = "127.0.0.1:9"
HANDBOOK = """# Opening hours

We open at ten on Saturdays and close at four. On Sundays the shop is closed.

# Returns

Bring the bicycle and the receipt back within thirty days, and we pay the money back.

# Article XJ-900

The derailleur XJ-900 fits every frame made since 2019.
"""


@pytest_asyncio.fixture
async def library(make_library: MakeLibrary, embedder: Server) -> Library:
    return await make_library(embedder.url)


async def test_a_document_is_taken_read_found_and_deleted(library: Library) -> None:
    """Contract 12.1: PENDING at first, PROCESSED when it can be found; the file name is the source."""
    taken = await library.upload("handbook.md", HANDBOOK.encode())
    assert taken.id.startswith("doc_")
    assert (taken.name, taken.file_type, taken.status) == ("handbook.md", "md", pb.DOCUMENT_STATUS_PENDING)
    assert (taken.chunk_count, taken.error) == (0, "")
    path = Path(taken.file.removeprefix("file://"))
    assert path.read_bytes() == HANDBOOK.encode()
    async with library.reader():
        read = await library.done(taken.id)
    assert (read.status, read.chunk_count, read.error) == (pb.DOCUMENT_STATUS_PROCESSED, 1, "")
    found = await library.search("When can I come by at the weekend?")
    assert found.mode == pb.SEARCH_MODE_HYBRID
    assert found.passages[0].source == "handbook.md"
    assert found.passages[0].document_id == taken.id
    assert "Saturdays" in found.passages[0].text
    request = pb.DeleteDocumentRequest(character="support-bot", document_id=taken.id)
    await call(library.stub.DeleteDocument, request, identity=library.user)
    assert await library.documents() == []
    assert not (await library.search("Saturdays")).passages
    assert not path.exists()
    with pytest.raises(CallboxError, match="not_found"):
        await call(library.stub.DeleteDocument, request, identity=library.user)


async def test_questions_find_by_meaning_and_by_words(library: Library) -> None:
    texts = {
        "hours.txt": "We open at ten on Saturdays and close at four.",
        "returns.txt": "Bring the goods back within thirty days and we pay the money back.",
        "parts.txt": "The derailleur XJ-900 fits every frame made since 2019.",
        "delivery.txt": "Parcels to Norway and Sweden take three to five days.",
    }
    async with library.reader():
        for taken in [await library.upload(name, text.encode()) for name, text in texts.items()]:
            await library.done(taken.id)
    for question, source in (
        ("Can I get a refund?", "returns.txt"),
        ("do you ship to scandinavia", "delivery.txt"),
        ("XJ-900", "parts.txt"),
        ("what time is it open at the weekend", "hours.txt"),
    ):
        found = await library.search(question, 4)
        assert found.passages[0].source == source, question
        scores = [passage.score for passage in found.passages]
        assert scores == sorted(scores, reverse=True)
        assert 0 < scores[-1] <= scores[0] <= 1
    assert len((await library.search("days", 2)).passages) == 2
    assert {passage.page for passage in found.passages} == {0}


async def test_a_pdf_names_its_pages(library: Library) -> None:
    lines = [f"This line, number {line}, is about wheels." for line in range(30)]
    async with library.reader():
        taken = await library.upload("manual.pdf", documents.pdf([lines, ["Parking is behind the house."]]))
        assert (await library.done(taken.id)).file_type == "pdf"
    (passage, *_) = (await library.search("Where can I park?")).passages
    assert passage.page == 2
    assert "Parking is behind the house." in passage.text


async def test_what_cannot_be_read_is_taken_and_fails_with_a_reason(library: Library) -> None:
    """Contract 14.12: an unreadable or unsupported file becomes FAILED with `error`."""
    async with library.reader():
        for name, content, error in (
            ("tool.exe", b"MZ", "send one of"),
            ("no-ending", b"text", "send one of"),
            ("broken.pdf", b"%PDF-1.4", "damaged"),
            ("empty.txt", b"", "no text"),
        ):
            failed = await library.done((await library.upload(name, content)).id)
            assert (failed.status, failed.chunk_count) == (pb.DOCUMENT_STATUS_FAILED, 0), name
            assert error in failed.error


async def test_names_are_cited_without_folders_and_hidden_signs(library: Library) -> None:
    taken = await library.upload("C:\\docs\\..\\Preis\u202eliste \u0007 2026 😀.MD", b"x")
    assert (taken.name, taken.file_type) == ("Preisliste 2026 😀.MD", "md")
    assert taken.file.endswith("/Preis-liste-2026-.MD") or taken.file.endswith(".MD")
    assert ".." not in taken.file.removeprefix(library.data_dir.as_uri())
    with pytest.raises(CallboxError, match="has no name"):
        await library.upload("../", b"x")


async def test_a_file_above_50_mb_is_refused_and_leaves_nothing(library: Library) -> None:
    with pytest.raises(CallboxError) as refusal:
        await library.upload("big.txt", b"x" * (50 * 1024 * 1024 + 1))
    assert refusal.value.code is Code.PAYLOAD_TOO_LARGE
    assert await library.documents() == []
    assert not [path for path in (library.data_dir / "files").rglob("*") if path.is_file()]


async def test_words_alone_answer_while_the_sentence_model_is_away(make_library: MakeLibrary, embedder: Server) -> None:
    """A call goes on without the model; documents wait for it and count no attempt."""
    library = await make_library(NOBODY)
    taken = await library.upload("handbook.md", HANDBOOK.encode())
    async with library.reader(triton_address=embedder.url):
        await library.done(taken.id)
    found = await library.search("Which derailleur is the XJ-900?")
    assert found.mode == pb.SEARCH_MODE_WORDS
    assert "XJ-900" in found.passages[0].text
    assert found.passages[0].score == 1.0
    waiting = await library.upload("later.txt", b"Later.")
    async with library.reader(document_attempts=1):
        await asyncio.sleep(1.0)
        assert (await library.documents())[0].status == pb.DOCUMENT_STATUS_PENDING
    async with library.reader(document_attempts=1, triton_address=embedder.url):
        assert (await library.done(waiting.id)).status == pb.DOCUMENT_STATUS_PROCESSED


@pytest.mark.timeout(180)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_document_whose_reader_is_killed_is_read_by_another(library: Library, number: signal.Signals) -> None:
    """Killed in the middle of a long document: nothing is lost and nothing is twice.

    Slow: the reader is a process that imports the service.
    """
    text = "\n\n".join(
        f"Paragraph {at} is about the wheel number {at}. " + "It turns and turns. " * 60 for at in range(20)
    )
    taken = await library.upload("long.md", text.encode())
    first = await library.reader_process()
    connection = await asyncpg.connect(library.database_url)
    try:
        async with asyncio.timeout(60):
            while not await connection.fetchval("select attempts from characters.documents"):
                await asyncio.sleep(0.05)
        if number is signal.SIGTERM:
            first.terminate()
            await asyncio.wait_for(first.wait(), 10)
        await kill(first)
        assert (await library.documents())[0].status == pb.DOCUMENT_STATUS_PENDING
        async with library.reader():
            read = await library.done(taken.id, seconds=120)
        assert read.status == pb.DOCUMENT_STATUS_PROCESSED
        counted = await connection.fetchval("select count(*) from characters.chunks")
        assert counted == read.chunk_count > 10

        async def no_job_is_left() -> bool:
            return bool(await connection.fetchval("select count(*) from characters.pgqueuer") == 0)

        # The job is removed after its document is done.
        await until(no_job_is_left)
    finally:
        await kill(first)
        await connection.close()
    assert [event.document.id for event in await library.events()] == [taken.id]


async def test_a_process_of_its_own_reads_many_documents_at_once(library: Library) -> None:
    """The process as it is run, on uvloop and with gRPC's threads: none of the children that it forks dies at birth."""
    process = await library.reader_process()
    try:
        # After a first document gRPC's threads run, as in a process that is up for long.
        await library.done((await library.upload("first.md", b"Words.")).id)
        taken = [await library.upload(f"part-{n}.md", f"# Part {n}\n\nWords.".encode()) for n in range(12)]
        read = [await library.done(document.id) for document in taken]
    finally:
        await kill(process)
    assert {(document.status, document.error) for document in read} == {(pb.DOCUMENT_STATUS_PROCESSED, "")}


async def test_a_document_that_kills_its_readers_fails_in_the_end(library: Library) -> None:
    taken = await library.upload("deadly.md", b"x")
    connection = await asyncpg.connect(library.database_url)
    try:
        # As readers leave it that were killed, five times over.
        await connection.execute("update characters.documents set attempts = 5")
        async with library.reader():
            failed = await library.done(taken.id)
    finally:
        await connection.close()
    assert "5 attempts" in failed.error


async def test_a_document_that_lost_its_job_gets_a_new_one(library: Library) -> None:
    taken = await library.upload("lost.md", b"Lost and found.")
    connection = await asyncpg.connect(library.database_url)
    try:
        await connection.execute("delete from characters.pgqueuer")
        await connection.execute("update characters.documents set created_at = now() - interval '2 minutes'")
        async with library.reader():
            assert (await library.done(taken.id)).status == pb.DOCUMENT_STATUS_PROCESSED
    finally:
        await connection.close()


async def test_a_reader_outlives_a_restart_of_the_database(library: Library, postgres_server: PostgresServer) -> None:
    async with library.reader():
        await library.done((await library.upload("before.md", b"Before.")).id)
        # In this thread: the server ends with the one that started it.
        postgres_server.restart()
        refused: set[Code] = set()
        taken: pb.Document | None = None
        async with asyncio.timeout(20):
            while taken is None:
                try:
                    taken = await library.upload("after.md", b"After.")
                except CallboxError as outage:
                    refused.add(outage.code)
        assert refused <= {Code.UPSTREAM_UNAVAILABLE}
        assert (await library.done(taken.id)).status == pb.DOCUMENT_STATUS_PROCESSED


async def test_document_and_job_are_made_together_or_not_at_all(library: Library) -> None:
    connection = await asyncpg.connect(library.database_url)
    try:
        await connection.execute("alter table characters.pgqueuer rename to away")
        with pytest.raises(CallboxError):
            await library.upload("a.md", b"x")
        assert await connection.fetchval("select count(*) from characters.documents") == 0
    finally:
        await connection.close()


async def test_events_are_told_to_sessions_alone_in_order(library: Library) -> None:
    """Contract 14.11: `document.processed`, for documents that were read and for those that failed."""
    async with library.reader():
        for name in ("one.md", "two.exe", "three.md"):
            await library.done((await library.upload(name, b"Words.")).id)
    events = await library.events()
    assert [event.document.name for event in events] == ["one.md", "two.exe", "three.md"]
    assert [event.document.status for event in events] == [2, 3, 2]
    assert {(event.tenant_id, event.character_slug) for event in events} == {("ten_one", "support-bot")}
    assert [event.number for event in events] == sorted(event.number for event in events)
    assert await library.events(events[0].number, 1) == events[1:2]
    assert await library.events(events[-1].number) == []
    for identity in (library.user, library.callers.service("agent"), library.callers.visitor()):
        with pytest.raises(CallboxError) as refusal:
            await call(library.stub.ListDocumentEvents, pb.ListDocumentEventsRequest(), identity=identity)
        assert refusal.value.code is Code.PERMISSION_DENIED


async def test_another_tenants_character_is_not_found_whatever_is_asked(library: Library) -> None:
    """Contract 14.1: foreign is 404. The agent may ask every character, a visitor none."""
    stranger = library.callers.user(2, "ten_two")
    async with library.reader():
        taken = await library.done((await library.upload("a.md", b"Our secret is safe.")).id)
    delete = pb.DeleteDocumentRequest(character="support-bot", document_id=taken.id)
    page = pb.AddPageRequest(character="support-bot", url="https://a.example/")
    for ask in (
        lambda: library.documents(identity=stranger),
        lambda: library.search("secret", identity=stranger),
        lambda: library.upload("b.md", b"x", identity=stranger),
        lambda: call(library.stub.DeleteDocument, delete, identity=stranger),
        lambda: call(library.stub.AddPage, page, identity=stranger),
    ):
        with pytest.raises(CallboxError) as refusal:
            await ask()
        assert refusal.value.code is Code.NOT_FOUND
    own = library.callers.user(2, "ten_two")
    request = pb.DeleteDocumentRequest(character="other-bot", document_id=taken.id)
    library.owner.token = own
    await library.owner.create("other-bot")
    with pytest.raises(CallboxError, match="not_found"):
        await call(library.stub.DeleteDocument, request, identity=own)
    assert not (await library.search("secret", character="other-bot", identity=own)).passages
    found = await library.search("secret", identity=library.callers.service("agent"))
    assert found.passages[0].text == "Our secret is safe."
    with pytest.raises(CallboxError, match="not_authenticated"):
        await library.search("secret", identity=library.callers.visitor("https://shop.example"))


async def test_questions_out_of_bounds_are_refused(library: Library) -> None:
    for query, top_k, field in (
        *(("", 5, "q"), ("  ", 5, "q"), ("x" * 2_001, 5, "q"), ("a\x00b", 5, "q")),
        *(("x", 21, "top_k"), ("x", -1, "top_k")),
    ):
        with pytest.raises(CallboxError) as refusal:
            await library.search(query, top_k)
        assert (refusal.value.code, list(refusal.value.fields)) == (Code.VALIDATION_FAILED, [field]), query[:9]


ODD_QUESTIONS = (
    *("'", "\\", "a & | ! b <-> :*", '"unclosed', "-", "日本語", "😀", "\u202e", "the of and", "x " * 900),
    "C:\\x\\y a'b'",
)


async def test_odd_questions_are_answered(library: Library) -> None:
    async with library.reader():
        await library.done((await library.upload("a.md", b"It is a b c: 'quoted' C:\\x\\y and the rest")).id)
    for query in ODD_QUESTIONS:
        assert (await library.search(query)).mode == pb.SEARCH_MODE_HYBRID, query


async def add_page(library: Library, url: str) -> pb.Document:
    request = pb.AddPageRequest(character="support-bot", url=url)
    return await call(library.stub.AddPage, request, identity=library.user)


async def test_a_page_is_fetched_kept_and_found(make_library: MakeLibrary, embedder: Server) -> None:
    library = await make_library(embedder.url, outbound_allow="127.0.0.0/8")
    page = b"<html><head><title>Shop</title></head><body><h1>Hours</h1><p>We open at ten on Saturdays.</p></body>"

    async def serve(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.target == "/moved":
            writer.write(answer(302, Location="/hours.txt"))
        elif asked.target == "/hours.txt":
            writer.write(answer(200, page, Content_Type="text/html; charset=utf-8"))
        else:
            writer.write(answer(404, b"no"))

    async with listening(serve) as wire, library.reader(outbound_allow="127.0.0.0/8"):
        url = f"http://127.0.0.1:{wire.port}/moved"
        taken = await add_page(library, url)
        assert (taken.name, taken.file_type, taken.status) == (url, "html", pb.DOCUMENT_STATUS_PENDING)
        read = await library.done(taken.id)
        assert (read.status, read.file_type, read.name) == (pb.DOCUMENT_STATUS_PROCESSED, "html", url)
        assert Path(read.file.removeprefix("file://")).read_bytes() == page
        gone = await library.done((await add_page(library, f"http://127.0.0.1:{wire.port}/nothing")).id)
        assert gone.status == pb.DOCUMENT_STATUS_FAILED
        assert "answered 404" in gone.error
    assert (await library.search("Saturdays")).passages[0].source == url


async def test_a_page_that_comes_after_its_document_was_deleted_is_not_kept(
    make_library: MakeLibrary, embedder: Server
) -> None:
    library = await make_library(embedder.url, outbound_allow="127.0.0.0/8")
    asked, deleted = asyncio.Event(), asyncio.Event()

    async def late(_: Asked, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await deleted.wait()
        writer.write(answer(200, b"Late.", Content_Type="text/plain"))

    blobs = Blobs(KnowledgeSettings(**library.settings()))
    async with (
        listening(late) as wire,
        library.reader(outbound_allow="127.0.0.0/8"),
        await open_pool(library.database_url, "characters") as pool,
    ):
        stored = DocumentStore(pool)
        taken = await add_page(library, f"http://127.0.0.1:{wire.port}/")
        async with asyncio.timeout(10):
            await asked.wait()
            request = pb.DeleteDocumentRequest(character="support-bot", document_id=taken.id)
            await call(library.stub.DeleteDocument, request, identity=library.user)
            assert await stored.unused_files(0, 1) == []
            deleted.set()
            while not await stored.unused_files(0, 1):
                await asyncio.sleep(0.02)
        assert len(await blobs.keys("documents")) == 1
        await DocumentCleanup(stored, blobs, event_days=30, grace_seconds=0).run_once()
    assert await blobs.keys("documents") == []


FORBIDDEN_ADDRESSES = ("", "file:///etc/passwd", "http://127.0.0.1/", "http://[::ffff:10.0.0.1]/", "ftp://a.example/",
                       "x\x00y")  # fmt: skip


async def test_an_address_that_may_not_be_asked_is_refused_at_once(library: Library) -> None:
    """Contract 14.9."""
    for url in FORBIDDEN_ADDRESSES:
        with pytest.raises(CallboxError) as refusal:
            await add_page(library, url)
        assert (refusal.value.code, list(refusal.value.fields)) == (Code.VALIDATION_FAILED, ["url"]), url


async def test_an_address_that_turns_out_private_is_not_asked(library: Library) -> None:
    """Contract 14.9: names are judged at each use."""
    connection = await asyncpg.connect(library.database_url)
    try:
        async with listening(say) as wire:
            taken = await add_page(library, "https://pages.example/")
            await connection.execute("update characters.documents set url = $1", f"http://127.0.0.1:{wire.port}/")
            async with library.reader():
                failed = await library.done(taken.id)
            assert wire.connections == 0
    finally:
        await connection.close()
    assert failed.status == pb.DOCUMENT_STATUS_FAILED


async def test_a_server_that_does_not_answer_is_asked_again_and_then_given_up(
    make_library: MakeLibrary, embedder: Server
) -> None:
    library = await make_library(embedder.url, outbound_allow="127.0.0.0/8")

    async def busy(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(503, b"busy"))

    async with listening(busy) as wire, library.reader(outbound_allow="127.0.0.0/8", document_attempts=3):
        failed = await library.done((await add_page(library, f"http://127.0.0.1:{wire.port}/")).id)
        assert len(wire.requests) == 3
    assert failed.error == "The address answered 503."


async def test_files_are_kept_in_an_s3_store(make_library: MakeLibrary, embedder: Server, s3_server: S3Server) -> None:
    library = await make_library(embedder.url, **s3_server.settings)
    taken = await library.upload("handbook.md", HANDBOOK.encode())
    assert taken.file.startswith("s3://callbox/some/prefix/documents/")
    blobs = Blobs(KnowledgeSettings(**library.settings(**s3_server.settings)))
    (key,) = await blobs.keys("documents")
    assert await blobs.get(key) == HANDBOOK.encode()
    async with library.reader(**s3_server.settings):
        assert (await library.done(taken.id)).status == pb.DOCUMENT_STATUS_PROCESSED
        s3_server.stop()
        try:
            with pytest.raises(CallboxError, match="upstream_unavailable"):
                await library.upload("later.md", b"Later.")
            request = pb.DeleteDocumentRequest(character="support-bot", document_id=taken.id)
            await call(library.stub.DeleteDocument, request, identity=library.user, deadline_seconds=20.0)
        finally:
            s3_server.start()
    assert await library.documents() == []
    assert await blobs.keys("documents") == [key], "the store was away"
    async with await open_pool(library.database_url, "characters") as pool:
        await DocumentCleanup(DocumentStore(pool), blobs, event_days=30, grace_seconds=0).run_once()
    assert await blobs.keys("documents") == []


async def test_what_belongs_to_nothing_is_swept_away(library: Library) -> None:
    """Files of uploads that broke off, and documents of characters that were deleted."""
    taken = await library.upload("a.md", b"Words.")
    async with library.reader():
        await library.done(taken.id)
    pool = await open_pool(library.database_url, "characters")
    async with pool:
        stored, blobs = DocumentStore(pool), Blobs(KnowledgeSettings(**library.settings()))
        await stored.add_unused_file("documents/x/y/broken-off.md")
        await blobs.put("documents/x/y/broken-off.md", b"x")
        await DocumentCleanup(stored, blobs, event_days=30).run_once()
        assert len(await blobs.keys("documents")) == 2, "younger than the grace"
        await library.owner.delete()
        await DocumentCleanup(stored, blobs, event_days=30, grace_seconds=0).run_once()
        assert await blobs.keys("documents") == []
        assert await pool.fetchval("select count(*) from chunks") == 0
        assert await stored.unused_files(0, 10) == []
