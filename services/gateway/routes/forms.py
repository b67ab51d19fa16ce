"""/api/agents/{slug}/form-responses/: form responses."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import mimeparse
from callbox.sessions.v1 import forms_pb2 as pb
from fastapi import APIRouter, Header, Query, Request, Response
from starlette.responses import JSONResponse, StreamingResponse

from services.gateway.answers import csv_rows
from services.gateway.answers.envelope import BODY, headers, refusals
from services.gateway.answers.errors import error_response
from services.gateway.answers.form_responses import form_response
from services.gateway.gateway import CallerOf, Gateway, GatewayOf, address_of, documented, documented_public
from services.gateway.models.form import FormResponse, SubmitForm
from services.gateway.paging import MAX_ITEMS, MAX_PAGE_SIZE, PageRequestOf, warn_incomplete, with_page_headers
from services.gateway.public import cors
from services.gateway.public.access import PublicRoute, send_as_caller
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.credentials import Caller, credential_of
from services.gateway.requests.path_names import PathName, require_name
from services.kit.errors import CallboxError
from services.kit.rpc import context
from services.kit.rpc.client import call
from services.kit.structs import to_struct

public = APIRouter(prefix="/api/agents", tags=["forms"], route_class=PublicRoute)
router = APIRouter(prefix="/api/agents", tags=["forms"], route_class=StrictBodyRoute)
_PATH = "/{slug}/form-responses/"
# A complete list has at most MAX_ITEMS and about this many bytes. `X-Total-Count` and `page` lead to the rest.
_MAX_LIST_BYTES = 16 * 1024 * 1024
_EXPORT_SECONDS = 600.0
_CSV = "text/csv"
_VARIES = {"Vary": "Accept"}
_OWN_COLUMNS = ("id", "form_id", "session_id", "created_at")


@public.post(
    _PATH,
    status_code=201,
    response_model=FormResponse,
    responses={201: {"headers": headers("Idempotent-Replayed")}, **refusals(*BODY, 401, 403, 404, 409, 429)},
    dependencies=documented_public,
    summary="Submit a form",
)
async def submit_form(
    slug: PathName,
    body: SubmitForm,
    request: Request,
    gateway: GatewayOf,
    idempotency_key: Annotated[
        str | None, Header(description="The same key and body within 24 hours get the response that was stored first.")
    ] = None,
) -> Response:
    """Validates the values by the current version of the form and stores them.

    Open to pages whose `Origin` the character lists, and to its owner.
    """

    async def send(token: str) -> pb.SubmitFormResponse:
        message = pb.SubmitFormRequest(
            agent=require_name(slug, "The character"),
            form_id=require_name(body.form_id, "The form"),
            session_id=body.session_id or "",
            values=to_struct(body.values, "values"),
            idempotency_key=idempotency_key or "",
            client_address=address_of(request),
        )
        return await call(gateway.backends.forms.SubmitForm, message, identity=token)

    outcome = await send_as_caller(gateway, slug, credential_of(request), request.headers.get("origin"), send)
    if isinstance(outcome.answer, CallboxError):
        return cors.allow_origin(error_response(outcome.answer), outcome.readable_by)
    response = JSONResponse(form_response(outcome.answer.response), 201)
    if outcome.answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return cors.allow_origin(response, outcome.readable_by)


@router.get(
    _PATH,
    response_model=list[FormResponse],
    responses={
        200: {
            "headers": headers("X-Total-Count", "Link", "Content-Disposition"),
            "content": {_CSV: {"schema": {"type": "string"}}},
        },
        **refusals(401, 404, 422),
    },
    dependencies=documented,
    summary="List answers to forms",
)
async def list_form_responses(
    slug: PathName,
    request: Request,
    caller: CallerOf,
    gateway: GatewayOf,
    page_request: PageRequestOf,
    form_id: Annotated[str | None, Query(max_length=200, description="Only responses to this form.")] = None,
    session_id: Annotated[str | None, Query(max_length=200, description="Only responses given in this call.")] = None,
    format: Annotated[  # noqa: A002 - the name of the parameter
        Literal["json", "csv"] | None,
        Query(description="`csv` for a file with all that match; `Accept: text/csv` does the same."),
    ] = None,
) -> Response:
    """Lists the form responses of one of your characters, newest first; all of them without `page` and `page_size`."""
    wanted = pb.FormResponseFilter(
        agent=require_name(slug, "The character"), form_id=form_id or "", session_id=session_id or ""
    )
    if format == "csv" or (format is None and _prefers_csv(request)):
        return await _exported(gateway, caller, wanted)
    if page_request.wants_all:
        items, total = await _read_all(gateway, caller, wanted)
    else:
        listed = await _read(gateway, caller, wanted, page_request.size, skip=page_request.skip)
        items, total = [form_response(response) for response in listed.responses], listed.total_size
    return with_page_headers(JSONResponse(items, headers=_VARIES), page_request, total, request)


@public.options(_PATH, include_in_schema=False)
async def preflight(request: Request) -> Response:
    """Answers the CORS preflight of a browser."""
    return cors.preflight(request, "GET, POST, OPTIONS")


async def _read(
    gateway: Gateway, caller: Caller, wanted: pb.FormResponseFilter, size: int, token: str = "", skip: int = 0
) -> pb.ListFormResponsesResponse:
    message = pb.ListFormResponsesRequest(filter=wanted, page_size=size, page_token=token, skip=skip)
    return await call(gateway.backends.forms.ListFormResponses, message, identity=caller.token)


async def _read_all(
    gateway: Gateway, caller: Caller, wanted: pb.FormResponseFilter
) -> tuple[list[dict[str, Any]], int]:
    """(the newest responses that match, how many match)."""
    items: list[dict[str, Any]] = []
    listed = await _read(gateway, caller, wanted, MAX_PAGE_SIZE)
    total, size = listed.total_size, 0
    while True:
        items += [form_response(response) for response in listed.responses]
        size += listed.ByteSize()
        if not listed.next_page_token:
            return items, total
        if len(items) >= MAX_ITEMS or size >= _MAX_LIST_BYTES:
            warn_incomplete(len(items))
            return items, total
        listed = await _read(gateway, caller, wanted, MAX_PAGE_SIZE, listed.next_page_token)


async def _exported(gateway: Gateway, caller: Caller, wanted: pb.FormResponseFilter) -> Response:
    context.set_deadline(_EXPORT_SECONDS)
    columns = pb.ListFormColumnsRequest(filter=wanted)
    names = list((await call(gateway.backends.forms.ListFormColumns, columns, identity=caller.token)).names)
    first = await _read(gateway, caller, wanted, MAX_PAGE_SIZE)

    async def lines() -> AsyncIterator[str]:
        yield csv_rows.row(csv_rows.column_names(_OWN_COLUMNS, names))
        listed = first
        while True:
            yield "".join(_csv_row(response, names) for response in listed.responses)
            if not listed.next_page_token:
                return
            listed = await _read(gateway, caller, wanted, MAX_PAGE_SIZE, listed.next_page_token)

    name = "-".join(part for part in (wanted.agent, wanted.form_id, "responses") if part)
    return StreamingResponse(
        lines(),
        media_type=f"{_CSV}; charset=utf-8; header=present",
        headers={
            "Content-Disposition": f'attachment; filename="{_file_name(name)}.csv"',
            "X-Total-Count": str(first.total_size),
            **_VARIES,
        },
    )


def _csv_row(response: pb.FormResponse, names: list[str]) -> str:
    cells = form_response(response)
    return csv_rows.row([*(cells[name] for name in _OWN_COLUMNS), *(cells["values"].get(name) for name in names)])


def _prefers_csv(request: Request) -> bool:
    """Whether `Accept` prefers CSV to JSON, the default (RFC 9110, 12.5.1)."""
    accepted = ", ".join(request.headers.getlist("accept"))
    try:
        best: str = mimeparse.best_match([_CSV, "application/json"], accepted)
    except mimeparse.MimeTypeParseException:
        return False
    return best == _CSV


def _file_name(name: str) -> str:
    return "".join(
        character for character in name if character.isascii() and (character.isalnum() or character in "-_")
    )
