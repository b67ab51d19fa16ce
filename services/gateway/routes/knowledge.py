"""/api/knowledge-base/: documents of characters, and searches in them (contract 12.1, 14.12)."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from callbox.characters.v1 import knowledge_pb2 as pb
from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import JSONResponse

from services.gateway.answers.envelope import BODY, ErrorBody, refusals
from services.gateway.gateway import CallerOf, GatewayOf, documented
from services.gateway.models import knowledge as models
from services.gateway.paging import read_all
from services.gateway.requests.body import StrictBodyRoute, read_object
from services.gateway.requests.path_names import PATTERN, PathName, require_name
from services.gateway.requests.upload import Upload, form_of, is_form
from services.kit.errors import CallboxError, Code
from services.kit.rpc import context
from services.kit.rpc.client import call
from services.kit.times import iso, moment

router = APIRouter(
    prefix="/api/knowledge-base", tags=["knowledge base"], route_class=StrictBodyRoute, dependencies=documented
)
_WHAT = "The character"
_MAX_FILE_BYTES = 50 * 1024 * 1024
_OR_A_FILE = "Or send a file as the part `file` of a form (multipart/form-data)."
_REPLACE = (
    "`true`: the document replaces the older ones of the same name. They are found until this one is `PROCESSED`, and "
    "stay if it fails."
)
# From the end of the upload to the answer: characters stores the file in this time.
_KEEP_SECONDS = 60.0
# For the embedding of the question and two searches. Characters waits at most a second for the embedding.
_QUERY_SECONDS = 4.0
_MODE_HEADER = "X-Callbox-Search"
_MODES = {pb.SEARCH_MODE_HYBRID: "hybrid", pb.SEARCH_MODE_WORDS: "words"}
_UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            **form_of("At most 50 MB: pdf, docx, txt, pptx, xlsx, html, md, csv."),
            "application/json": {"schema": models.PageBody.model_json_schema()},
        },
    }
}
_TOO_LARGE: dict[int | str, dict[str, Any]] = {
    413: {"model": ErrorBody, "description": "The file is larger than 50 MB, or the JSON body than 1 MB."}
}
_TAKEN: dict[int | str, dict[str, Any]] = {201: {"content": {"application/json": {"example": models.TAKEN}}}}
_SEARCH_HEADERS: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            _MODE_HEADER: {
                "description": "`hybrid`: found by meaning and by words; `words`: by words alone, because the "
                "embedding model did not answer.",
                "schema": {"type": "string", "enum": sorted(_MODES.values())},
            }
        }
    }
}


@router.get(
    "/query/",
    response_model=list[models.Passage],
    response_model_exclude_none=True,
    responses={**refusals(401, 404, 422), **_SEARCH_HEADERS},
    summary="Search a character's documents",
)
async def query(
    caller: CallerOf,
    gateway: GatewayOf,
    q: Annotated[str, Query(min_length=1, max_length=models.MAX_QUERY_CHARACTERS, description="The question.")],
    character_slug: Annotated[str, Query(pattern=PATTERN, description="Slug or id of the character.")],
    top_k: Annotated[
        int, Query(ge=1, le=models.MAX_TOP_K, description="Number of passages wanted.")
    ] = models.DEFAULT_TOP_K,
) -> Response:
    """Answers the passages that fit a question, best first."""
    return await _search(caller, gateway, q, top_k, character_slug)


@router.post(
    "/query/",
    response_model=list[models.Passage],
    response_model_exclude_none=True,
    responses={**refusals(*BODY, 401, 404), **_SEARCH_HEADERS},
    summary="Search a character's documents by JSON",
)
async def query_by_body(body: models.Query, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Answers the passages that fit a question, best first."""
    return await _search(caller, gateway, body.q, body.top_k, body.character_slug)


@router.get(
    "/{slug}/documents/",
    response_model=list[models.Document],
    responses=refusals(401, 404),
    summary="List a character's documents",
)
async def list_documents(slug: PathName, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Lists the documents of a character, newest first."""
    character = require_name(slug, _WHAT)

    async def read(token: str) -> tuple[list[pb.Document], str]:
        request = pb.ListDocumentsRequest(character=character, page_token=token)
        page = await call(gateway.backends.knowledge.ListDocuments, request, identity=caller.token)
        return list(page.documents), page.next_page_token

    return JSONResponse([_document(document) for document in await read_all(read)])


@router.post(
    "/{slug}/documents/",
    status_code=201,
    response_model=models.Document,
    responses={**refusals(*BODY, 401, 404, Code.AT_CAPACITY), **_TOO_LARGE, **_TAKEN},
    summary="Add a document",
    openapi_extra=_UPLOAD_BODY,
)
async def add_document(
    request: Request,
    slug: PathName,
    caller: CallerOf,
    gateway: GatewayOf,
    replace: Annotated[bool, Query(description=_REPLACE)] = False,
) -> Response:
    """Takes a file, in the field `file` of a multipart form, or the address of a web page as JSON.

    It is processed afterwards: its status is `PENDING` until it is `PROCESSED` or `FAILED`. A gateway takes 16 uploads
    at once and answers 503 `at_capacity` to one more.
    """
    character = require_name(slug, _WHAT)
    if not is_form(request):
        page = pb.AddPageRequest(character=character, url=await _page_url(request), replace=replace)
        return _created(await call(gateway.backends.knowledge.AddPage, page, identity=caller.token))
    # So that a caller without the right to add gets the error before 50 MB are read.
    first = pb.ListDocumentsRequest(character=character, page_size=1)
    await call(gateway.backends.knowledge.ListDocuments, first, identity=caller.token)
    async with gateway.uploads.receive(request, _MAX_FILE_BYTES, caller.tenant_id) as upload:
        context.set_deadline(_KEEP_SECONDS)
        document = await call(
            gateway.backends.knowledge.UploadDocument,
            _parts(character, upload, replace),
            identity=caller.token,
            deadline_seconds=_KEEP_SECONDS,
        )
    return _created(document)


@router.delete(
    "/{slug}/documents/{document_id}/", status_code=204, responses=refusals(401, 404), summary="Delete a document"
)
async def delete_document(slug: PathName, document_id: PathName, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Deletes a document. Searches do not find it any more."""
    request = pb.DeleteDocumentRequest(
        character=require_name(slug, _WHAT), document_id=require_name(document_id, "The document")
    )
    await call(gateway.backends.knowledge.DeleteDocument, request, identity=caller.token)
    return Response(status_code=204)


async def _search(caller: CallerOf, gateway: GatewayOf, q: str, top_k: int, character: str) -> Response:
    found = await call(
        gateway.backends.knowledge.Search,
        pb.SearchRequest(character=character, query=q, top_k=top_k),
        identity=caller.token,
        deadline_seconds=_QUERY_SECONDS,
    )
    passages = [_passage(passage) for passage in found.passages]
    return JSONResponse(passages, headers={_MODE_HEADER: _MODES.get(found.mode, "hybrid")})


async def _page_url(request: Request) -> str:
    try:
        body = await read_object(request)
    except CallboxError as error:
        raise CallboxError(error.code, f"{error.message} {_OR_A_FILE}") from None
    try:
        return models.PageBody.model_validate(body).url
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from None


async def _parts(character: str, upload: Upload, replace: bool) -> AsyncIterator[pb.UploadDocumentRequest]:
    yield pb.UploadDocumentRequest(head=pb.DocumentHead(character=character, name=upload.name, replace=replace))
    async for piece in upload.pieces():
        yield pb.UploadDocumentRequest(piece=piece)


def _created(document: pb.Document) -> Response:
    return JSONResponse(_document(document), 201)


def _document(document: pb.Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "file": document.file,
        "file_type": document.file_type,
        "status": pb.DocumentStatus.Name(document.status).removeprefix("DOCUMENT_STATUS_"),
        "chunk_count": document.chunk_count,
        "created_at": iso(moment(document.create_time)),
        "name": document.name,
        "error": document.error or None,
        "notes": list(document.notes),
    }


def _passage(passage: pb.Passage) -> dict[str, Any]:
    metadata: dict[str, Any] = {"source": passage.source}
    if passage.page:
        metadata["page"] = passage.page
    return {
        "text": passage.text,
        "metadata": metadata,
        "score": round(passage.score, 6),
        "document_id": passage.document_id,
    }
