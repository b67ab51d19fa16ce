"""Contract 14.11: `document.processed` comes from the characters service, each once, whatever is away meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callbox.characters.v1 import knowledge_pb2 as pb
from callbox.characters.v1 import knowledge_pb2_grpc

from deploy.local.ports import pick_ports
from services.kit.identity import Signer
from services.kit.rpc.client import connect
from services.kit.rpc.context import require_service
from services.kit.rpc.server import Server
from services.kit.tasks import end
from services.sessions.webhooks.document_relay import DocumentRelay
from tests.fixtures.knowledge import MakeLibrary, make_library
from tests.fixtures.post import TENANT, Post, post, verified
from tests.fixtures.sessions import until
from tests.fixtures.wire import listening, say

if TYPE_CHECKING:
    from callbox.characters.v1.knowledge_pb2_grpc import KnowledgeServiceAsyncStub

    from tests.fixtures.identities import Callers

__all__ = ["make_library", "post"]

NOBODY = "127.0.0.1:9"


class Knowledge(knowledge_pb2_grpc.KnowledgeServiceServicer):
    """The events of a characters service, as a test decides. asked: the bounds that were asked for."""

    def __init__(self) -> None:
        self.events: list[pb.DocumentEvent] = []
        self.asked: list[int] = []

    def happen(
        self, name: str, status: pb.DocumentStatus.ValueType, error: str = "", tenant_id: str = "ten_one"
    ) -> None:
        document = pb.Document(
            id=f"doc_{name}",
            name=name,
            file=f"s3://b/{name}",
            file_type="pdf",
            status=status,
            chunk_count=3,
            error=error,
        )
        document.create_time.FromDatetime(datetime(2026, 11, 21, 12, 0, tzinfo=UTC))
        number = len(self.events) + 1
        self.events.append(
            pb.DocumentEvent(number=number, tenant_id=tenant_id, character_slug="support-bot", document=document)
        )

    async def ListDocumentEvents(  # noqa: N802
        self, request: pb.ListDocumentEventsRequest, context: Any
    ) -> pb.ListDocumentEventsResponse:
        require_service("sessions")
        self.asked.append(request.after)
        return pb.ListDocumentEventsResponse(events=self.events[request.after :][: request.page_size])


@asynccontextmanager
async def serving(knowledge: Knowledge, keys_dir: Path, port: int) -> AsyncIterator[None]:
    server = Server(f"127.0.0.1:{port}", keys_dir)
    knowledge_pb2_grpc.add_KnowledgeServiceServicer_to_server(knowledge, server.grpc)
    await server.start([])
    try:
        yield
    finally:
        await server.stop(0.1)


@asynccontextmanager
async def relaying(post: Post, keys_dir: Path, port: int) -> AsyncIterator[None]:
    async with (
        connect(f"127.0.0.1:{port}") as channel,
        relaying_of(post, keys_dir, knowledge_pb2_grpc.KnowledgeServiceStub(channel)),
    ):
        yield


@asynccontextmanager
async def relaying_of(post: Post, keys_dir: Path, stub: KnowledgeServiceAsyncStub) -> AsyncIterator[None]:
    task = asyncio.create_task(
        DocumentRelay(post.database, stub, Signer(keys_dir, "sessions"), poll_seconds=0.05).run()
    )
    try:
        yield
    finally:
        await end(task)


async def test_each_document_is_told_once_by_however_many_processes(
    post: Post, keys_dir: Path, callers: Callers
) -> None:
    knowledge, port = Knowledge(), pick_ports(1)[0]  # type: ignore[abstract]  # nothing else is asked
    async with (
        listening(say) as wire,
        post.courier(),
        serving(knowledge, keys_dir, port),
        relaying(post, keys_dir, port),
        relaying(post, keys_dir, port),
        relaying(post, keys_dir, port),
    ):
        _, secret = await post.endpoint(f"http://127.0.0.1:{wire.port}/")
        knowledge.happen("one", pb.DOCUMENT_STATUS_PROCESSED)
        knowledge.happen("two", pb.DOCUMENT_STATUS_FAILED, "It is no PDF.")
        for number in range(120):
            knowledge.happen(f"more-{number}", pb.DOCUMENT_STATUS_PROCESSED)
        knowledge.happen("foreign", pb.DOCUMENT_STATUS_PROCESSED, tenant_id="ten_two")

        async def all_came() -> bool:
            return len(wire.requests) >= 122 and len(knowledge.events) in knowledge.asked

        await until(all_came, 30)
        told = {}
        for asked in wire.requests:
            message = verified(asked, secret)
            assert message["type"] == "document.processed"
            told[message["data"]["name"]] = message["data"]
        assert len(told) == len(wire.requests) == 122
        assert told["one"] == {
            "id": "doc_one",
            "name": "one",
            "file": "s3://b/one",
            "file_type": "pdf",
            "status": "PROCESSED",
            "chunk_count": 3,
            "error": None,
            "notes": [],
            "created_at": "2026-11-21T12:00:00Z",
            "character_slug": "support-bot",
        }
        assert (told["two"]["status"], told["two"]["error"]) == ("FAILED", "It is no PDF.")


async def test_what_happened_while_either_side_was_away_is_told_when_it_is_back(
    post: Post, keys_dir: Path, callers: Callers
) -> None:
    knowledge, port = Knowledge(), pick_ports(1)[0]  # type: ignore[abstract]  # nothing else is asked
    async with listening(say) as wire, post.courier():
        await post.endpoint(f"http://127.0.0.1:{wire.port}/")

        async def came(*names: str) -> None:
            async def fits() -> bool:
                return [json.loads(asked.body)["data"]["name"] for asked in wire.requests] == list(names)

            await until(fits)

        async with relaying(post, keys_dir, port):
            knowledge.happen("one", pb.DOCUMENT_STATUS_PROCESSED)
            async with serving(knowledge, keys_dir, port):
                await came("one")
            knowledge.happen("two", pb.DOCUMENT_STATUS_PROCESSED)
            async with serving(knowledge, keys_dir, port):
                await came("one", "two")
        knowledge.happen("three", pb.DOCUMENT_STATUS_PROCESSED)
        async with serving(knowledge, keys_dir, port), relaying(post, keys_dir, port):
            await came("one", "two", "three")
            assert len(wire.requests) == 3


async def test_a_document_that_the_characters_service_could_not_read_is_told(
    post: Post, keys_dir: Path, make_library: MakeLibrary
) -> None:
    """Contract 14.11, 14.12: over the real characters service; FAILED with the sentence that the list shows."""
    library = await make_library(NOBODY)
    async with (
        listening(say) as wire,
        post.courier(),
        library.reader(),
        relaying_of(post, keys_dir, library.stub),
    ):
        _, secret = await post.endpoint(f"http://127.0.0.1:{wire.port}/", tenant_id=TENANT)
        taken = await library.upload("broken.pdf", b"%PDF-1.4")
        failed = await library.done(taken.id)

        async def came() -> bool:
            return bool(wire.requests)

        await until(came)
        message = verified(wire.requests[0], secret)
        assert message["type"] == "document.processed"
        assert failed.error
        assert message["data"] == {
            "id": taken.id,
            "name": "broken.pdf",
            "file": taken.file,
            "file_type": "pdf",
            "status": "FAILED",
            "chunk_count": 0,
            "error": failed.error,
            "notes": [],
            "created_at": taken.create_time.ToDatetime(UTC).isoformat().replace("+00:00", "Z"),
            "character_slug": "support-bot",
        }
