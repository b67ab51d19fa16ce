"""Contract 2.2: `documents` of a character are those of its knowledge base, and nobody sets them here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncpg
from callbox.characters.v1 import characters_pb2 as pb
from callbox.characters.v1 import knowledge_pb2

from services.characters.owner_view import MAX_DOCUMENTS
from services.kit import times
from services.kit.errors import Code
from services.kit.rpc.client import call
from services.kit.structs import from_struct
from tests.fixtures.knowledge import Library, MakeLibrary, make_library
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from callbox.characters.v1.knowledge_pb2 import Document

__all__ = ["make_library"]

# No document is read here.
NOBODY = "127.0.0.1:9"


def attached(character: pb.Character) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = from_struct(character.definition)["documents"]
    return documents


def as_listed(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "file": document.file,
        "file_type": document.file_type,
        "status": knowledge_pb2.DocumentStatus.Name(document.status).removeprefix("DOCUMENT_STATUS_"),
        "chunk_count": document.chunk_count,
        "created_at": times.iso(times.moment(document.create_time)),
        "name": document.name,
        "error": document.error or None,
        "notes": list(document.notes),
    }


async def listed(library: Library) -> list[pb.Character]:
    answer = await call(library.owner.stub.ListCharacters, pb.ListCharactersRequest(), identity=library.user)
    return list(answer.characters)


async def test_they_are_read_from_the_knowledge_base(make_library: MakeLibrary) -> None:
    library = await make_library(NOBODY)
    await library.owner.create("empty-bot")
    await library.upload("a.md", b"Words.")
    await library.upload("b.txt", b"Words.")
    documents = [as_listed(document) for document in await library.documents()]
    assert [document["name"] for document in documents] == ["b.txt", "a.md"]
    assert documents[0]["status"] == "PENDING"
    assert attached(await library.owner.get()) == documents
    assert [(each.slug, attached(each)) for each in await listed(library)] == [
        ("empty-bot", []),
        ("support-bot", documents),
    ]
    changed = await library.owner.patch(greeting="Hello!")
    assert attached(changed) == documents
    assert attached(await library.owner.restore(1)) == documents
    request = knowledge_pb2.DeleteDocumentRequest(character="support-bot", document_id=documents[0]["id"])
    await call(library.stub.DeleteDocument, request, identity=library.user)
    assert attached(await library.owner.get()) == documents[1:]


async def test_what_is_sent_is_passed_over_and_no_version_has_it(make_library: MakeLibrary) -> None:
    library = await make_library(NOBODY)
    await library.upload("a.md", b"Words.")
    made = await library.owner.get()
    content = from_struct(made.definition)
    assert await library.owner.put(**content) == made
    for sent in ([], None, ["x" * 1_100_000], [{"id": "doc_of_somebody_else"}]):
        assert await library.owner.patch(documents=sent) == made
    await refusal(library.owner.patch(documents="none"), Code.VALIDATION_FAILED)
    other = await library.owner.create("other-bot", documents=content["documents"])
    assert attached(other) == []
    assert "documents" not in (await library.owner.version(1)).definition.fields
    assert "documents" not in [step["path"][1:] for step in await library.owner.compare(1, 0)]


async def test_a_version_of_before_is_as_one_of_now(make_library: MakeLibrary) -> None:
    """Versions once kept what was sent as `documents`."""
    library = await make_library(NOBODY)
    connection = await asyncpg.connect(library.database_url)
    await connection.execute(
        """update characters.versions set definition = (definition - 'is_active') || '{"documents": ["x"]}'::jsonb"""
    )
    await connection.close()
    assert attached(await library.owner.get()) == []
    old = from_struct((await library.owner.version(1)).definition)
    assert "documents" not in old
    assert old["is_active"] is True
    assert (await library.owner.patch(documents=[])).version == 1


async def test_the_newest_are_shown_where_there_are_many(make_library: MakeLibrary) -> None:
    library = await make_library(NOBODY)
    connection = await asyncpg.connect(library.database_url)
    await connection.execute(
        """insert into characters.documents (id, character_id, tenant_id, name, file_type, file_key)
        select 'doc_' || n, id, tenant_id, n || '.md', 'md', 'documents/x/' || n
        from characters.characters, generate_series(1, $1::int) n order by n""",
        MAX_DOCUMENTS + 5,
    )
    await connection.close()
    names = [document["name"] for document in attached(await library.owner.get())]
    assert names == [f"{number}.md" for number in range(MAX_DOCUMENTS + 5, 5, -1)]
