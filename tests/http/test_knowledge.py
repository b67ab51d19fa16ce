"""The knowledge base over HTTP. Contract 12.1 and the row of 14.12."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.characters.knowledge.app import running as running_reader
from services.characters.knowledge.settings import KnowledgeSettings
from tests.fixtures import documents
from tests.fixtures.embedder import embedder
from tests.http.site import Site, refused
from tests.speech.server import Server

__all__ = ["embedder"]

DOCUMENTS = "/api/knowledge-base/support-bot/documents/"
QUERY = "/api/knowledge-base/query/"
FIELDS = {"id", "file", "file_type", "status", "chunk_count", "created_at", "name", "error", "notes"}


async def upload(client: httpx.AsyncClient, name: str, content: bytes, path: str = DOCUMENTS) -> httpx.Response:
    return await client.post(path, files={"file": (name, content)})


async def read(client: httpx.AsyncClient, document_id: str) -> dict[str, Any]:
    """The document, as a client that polls the list gets it in the end."""
    async with asyncio.timeout(30):
        while True:
            rows: list[dict[str, Any]] = (await client.get(DOCUMENTS)).json()
            found = next(row for row in rows if row["id"] == document_id)
            if found["status"] != "PENDING":
                return found
            await asyncio.sleep(0.05)


@pytest_asyncio.fixture
async def reading(site: Site, embedder: Server) -> AsyncIterator[Site]:
    """A site whose documents are read."""
    told = {name: getattr(site.house.settings, name) for name in ("database_url", "data_dir")}
    async with running_reader(KnowledgeSettings(**told, triton_address=embedder.url, drain_seconds=3.0)):
        yield site


async def test_upload_poll_ask_delete(reading: Site) -> None:
    """Contract 12.1: 201 with PENDING and `chunk_count` 0, a bare list, PROCESSED, passages best first."""
    taken = await upload(
        reading.owner, "manual.pdf", documents.pdf([["About wheels."], ["Parking is behind the house."]])
    )
    assert taken.status_code == 201, taken.text
    body = taken.json()
    assert set(body) == FIELDS
    assert (body["file_type"], body["status"], body["chunk_count"]) == ("pdf", "PENDING", 0)
    assert body["file"].endswith("/manual.pdf")
    assert body["error"] is None
    assert body["created_at"].endswith("Z")
    assert datetime.fromisoformat(body["created_at"])
    assert re.fullmatch(r"doc_[\w-]{20,}", body["id"])
    done = await read(reading.owner, body["id"])
    assert done == {**body, "status": "PROCESSED", "chunk_count": 2}
    asked: dict[str, str | int] = {"q": "Where can I park?", "top_k": 3, "character_slug": "support-bot"}
    answers = [
        await reading.keyed.get(QUERY, params=asked),
        await reading.owner.get(QUERY[:-1], params=asked),
        await reading.keyed.post(QUERY, json=asked),
        await reading.owner.post(QUERY, json=asked),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.json() == answers[0].json()
    (passage,) = answers[0].json()
    assert set(passage) == {"text", "metadata", "score", "document_id"}
    assert passage["metadata"] == {"source": "manual.pdf", "page": 2}
    assert "Parking" in passage["text"]
    assert passage["document_id"] == body["id"]
    gone = await reading.keyed.delete(f"{DOCUMENTS}{body['id']}/")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await reading.owner.get(DOCUMENTS)).json() == []
    assert (await reading.keyed.get(QUERY, params=asked)).json() == []


@pytest.mark.parametrize(("name", "content"), [("tool.exe", b"MZ"), ("broken.docx", b"PK"), ("empty.txt", b"")])
async def test_what_cannot_be_read_is_taken_and_fails_with_error(reading: Site, name: str, content: bytes) -> None:
    """Contract 14.12: taken with 201, becomes FAILED with `error`."""
    taken = await upload(reading.owner, name, content)
    assert taken.status_code == 201
    failed = await read(reading.owner, taken.json()["id"])
    assert (failed["status"], failed["chunk_count"]) == ("FAILED", 0)
    assert len(failed["error"]) > 20


async def test_words_alone_are_told_in_a_header_and_page_is_for_pdf_only(reading: Site) -> None:
    """The sentence model is away from this site's characters."""
    taken = await upload(reading.owner, "hours.txt", b"On Saturdays the shop opens at ten.")
    await read(reading.owner, taken.json()["id"])
    answer = await reading.keyed.get(QUERY, params={"q": "saturdays", "character_slug": "support-bot"})
    assert answer.headers["x-callbox-search"] == "words"
    assert answer.json()[0]["metadata"] == {"source": "hours.txt"}


async def test_a_second_upload_replaces_the_first_when_asked_and_notes_name_what_is_left_out(reading: Site) -> None:
    """Contract 14: `?replace=true` and `notes` are own."""
    first = await read(reading.owner, (await upload(reading.owner, "hours.txt", b"We open at nine.")).json()["id"])
    both = await read(reading.owner, (await upload(reading.owner, "hours.txt", b"We open at ten.")).json()["id"])
    assert [row["id"] for row in (await reading.owner.get(DOCUMENTS)).json()] == [both["id"], first["id"]]
    page = b"<p>We open at eleven.</p><p hidden>or at twelve</p>"
    taken = await upload(reading.keyed, "hours.txt", b"We open at eleven.", f"{DOCUMENTS}?replace=true")
    assert taken.status_code == 201, taken.text
    await read(reading.owner, taken.json()["id"])
    assert [row["id"] for row in (await reading.owner.get(DOCUMENTS)).json()] == [taken.json()["id"]]
    with_notes = await read(reading.owner, (await upload(reading.owner, "hours.html", page)).json()["id"])
    assert with_notes["notes"] == ["Text that the page hides was left out."]
    wrong = await upload(reading.owner, "a.txt", b"x", f"{DOCUMENTS}?replace=perhaps")
    assert "replace" in refused(wrong, 422, "validation_failed")["errors"]


async def test_an_address_is_taken_as_json_and_judged(site: Site) -> None:
    """Contract 14.9."""
    taken = await site.owner.post(DOCUMENTS, json={"url": "https://shop.example/faq"})
    assert taken.status_code == 201, taken.text
    assert set(taken.json()) == FIELDS
    assert (taken.json()["name"], taken.json()["file_type"]) == ("https://shop.example/faq", "html")
    for url in ("http://169.254.169.254/", "http://localhost/", "file:///etc/passwd", "", "x" * 3000):
        assert "url" in refused(await site.owner.post(DOCUMENTS, json={"url": url}), 422, "validation_failed")["errors"]
    assert "url" in refused(await site.owner.post(DOCUMENTS, json={}), 422, "validation_failed")["errors"]
    assert "url" in refused(await site.owner.post(DOCUMENTS, json={"url": 1}), 422, "validation_failed")["errors"]


async def test_uploads_that_are_no_upload_are_refused_with_what_to_send(site: Site) -> None:
    post = site.owner.post
    no_file = refused(await post(DOCUMENTS, files={"other": ("a.txt", b"x")}), 422, "validation_failed")
    assert no_file["errors"] == {"file": ["send one file in this field of a multipart form, and no other"]}
    text = await post(DOCUMENTS, data={"file": "text"}, files={"x": ("a", b"")})
    assert refused(text, 422, "validation_failed")["errors"].keys() == {"file"}
    for other in ("file", "other"):
        two = [("file", ("a.txt", b"x")), (other, ("b.txt", b"x"))]
        assert refused(await post(DOCUMENTS, files=two), 422, "validation_failed")["errors"].keys() == {"file"}
    form = {"content-type": "multipart/form-data; boundary=b"}
    cut_off = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nWe open at'
    for content in (cut_off, cut_off + b"\r\n--b\r\n"):
        broken = refused(await post(DOCUMENTS, content=content, headers=form), 400, "invalid_request")
        assert "last boundary" in broken["message"]
    for content, headers in (
        (b"", form),
        (b"nothing of a form", form),
        (b"--b\r\nbroken", form),
        (b"--b\r\n\r\n", {"content-type": "multipart/form-data"}),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", form),
    ):
        answer = await post(DOCUMENTS, content=content, headers=headers)
        assert answer.status_code in (400, 422), (content, answer.text)
    pdf = await post(DOCUMENTS, content=b"x", headers={"content-type": "application/pdf"})
    assert "part `file` of a form" in refused(pdf, 415, "unsupported_media_type")["message"]
    assert "part `file` of a form" in refused(await post(DOCUMENTS, content=b""), 400, "invalid_request")["message"]
    assert (await site.owner.get(DOCUMENTS)).json() == []


async def test_a_file_above_50_mb_is_413_however_it_is_sent(site: Site) -> None:
    """Contract 14.12: 50 MB on uploads."""
    limit = 50 * 1024 * 1024
    whole = await upload(site.owner, "big.txt", b"x" * limit)
    assert whole.status_code == 201, whole.text
    refused(await upload(site.owner, "big.txt", b"x" * (limit + 1)), 413, "payload_too_large")
    refused(await upload(site.owner, "big.txt", b"x" * (limit + 1024 * 1024)), 413, "payload_too_large")

    async def unannounced() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(60):
            yield b"x" * 1024 * 1024

    headers = {"content-type": "multipart/form-data; boundary=b"}
    # The connection may be closed before the rest of it is sent.
    with contextlib.suppress(httpx.WriteError):
        refused(await site.owner.post(DOCUMENTS, content=unannounced(), headers=headers), 413, "payload_too_large")
    assert len((await site.owner.get(DOCUMENTS)).json()) == 1


async def test_another_tenant_and_nobody_are_kept_out(site: Site) -> None:
    """Contract 14.1: foreign is 404; without a credential 401."""
    taken = (await upload(site.owner, "a.md", b"x")).json()
    stranger = await site.stranger()
    asked: dict[str, str | int] = {"q": "x", "character_slug": "support-bot"}
    for client, status, code in ((stranger, 404, "not_found"), (site.nobody, 401, "not_authenticated")):
        refused(await client.get(DOCUMENTS), status, code)
        refused(await upload(client, "a.md", b"x"), status, code)
        refused(await client.post(DOCUMENTS, json={"url": "https://shop.example/"}), status, code)
        refused(await client.delete(f"{DOCUMENTS}{taken['id']}/"), status, code)
        refused(await client.get(QUERY, params=asked), status, code)
        refused(await client.post(QUERY, json=asked), status, code)
    refused(await site.owner.delete(f"{DOCUMENTS}doc_unknown/"), 404, "not_found")
    refused(await site.owner.get("/api/knowledge-base/nobody/documents/"), 404, "not_found")
    assert len((await site.owner.get(DOCUMENTS)).json()) == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"character_slug": "support-bot"}, "q"),
        ({"q": "", "character_slug": "support-bot"}, "q"),
        ({"q": "x" * 2_001, "character_slug": "support-bot"}, "q"),
        ({"q": "x"}, "character_slug"),
        ({"q": "x", "character_slug": "../x"}, "character_slug"),
        ({"q": "x", "character_slug": "support-bot", "top_k": 0}, "top_k"),
        ({"q": "x", "character_slug": "support-bot", "top_k": 21}, "top_k"),
        ({"q": "x", "character_slug": "support-bot", "top_k": "many"}, "top_k"),
    ],
)
async def test_questions_out_of_bounds_name_the_field(site: Site, asked: dict[str, Any], field: str) -> None:
    """Contract 12.1: `q` required, `top_k` 1 to 20."""
    for answer in (await site.keyed.get(QUERY, params=asked), await site.keyed.post(QUERY, json=asked)):
        assert field in refused(answer, 422, "validation_failed")["errors"]
