"""/api/agents/{slug}/form-responses/: answers to forms."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import mimeparse
from callbox.sessions.v1 import forms_pb2 as pb
from fastapi import APIRouter, Header, Query, Request, Response
from starlette.responses import JSONResponse, StreamingResponse

from services.gateway.answers import csv
from services.gateway.answers.envelope import BODY, headers, refusals
from services.gateway.answers.errors import answer
from services.gateway.answers.form_responses import item
from services.gateway.answers.structs import to_struct
from services.gateway.gateway import CallerOf, Gateway, GatewayOf, address_of, documented, documented_public
from services.gateway.models.form import FormResponse, SubmitForm
from services.gateway.paging.pages import MAX_PAGE_SIZE, WindowOf, numbered
from services.gateway.public import cors
from services.gateway.public.access import PublicRoute, ask
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.credentials import Caller, presented
from services.gateway.requests.path_names import PathName, existing
from services.kit.errors import CallboxError
from services.kit.logs import get_logger
from services.kit.rpc import context
from services.kit.rpc.client import call

public = APIRouter(prefix="/api/agents", tags=["forms"], route_class=PublicRoute)
router = APIRouter(prefix="/api/agents", tags=["forms"], route_class=StrictBodyRoute)
_PATH = "/{slug}/form-responses/"
# Without pages the list is answered whole, up to here; `X-Total-Count` and `page` lead to the rest.
_MAX_ITEMS, _MAX_LIST_BYTES = 5_000, 16 * 1024 * 1024
_EXPORT_SECONDS = 600.0
_CSV = "text/csv"
_VARIES = {"Vary": "Accept"}
_OWN_COLUMNS = ("id", "form_id", "session_id", "created_at")
_log = get_logger(__name__)


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
        str | None, Header(description="The same key and body within 24 hours answer what was stored first.")
    ] = None,
) -> Response:
    """Judges the values by the form as it is and stores them.

    For pages whose `Origin` the character lists, and for its owner.
    """

    async def send(token: str) -> pb.SubmitFormResponse:
        message = pb.SubmitFormRequest(
            agent=existing(slug, "The character"),
            form_id=existing(body.form_id, "The form"),
            session_id=body.session_id or "",
            values=to_struct(body.values, "values"),
            idempotency_key=idempotency_key or "",
            client_address=address_of(request),
        )
        return await call(gateway.backends.forms.SubmitForm, message, identity=token)

    asked = await ask(gateway, slug, presented(request), request.headers.get("origin"), send)
    if isinstance(asked.answer, CallboxError):
        return cors.mark(answer(asked.answer), asked.readable_by)
    response = JSONResponse(item(asked.answer.response), 201)
    if asked.answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return cors.mark(response, asked.readable_by)


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
    window: WindowOf,
    form_id: Annotated[str | None, Query(max_length=200, description="Only answers to this form.")] = None,
    session_id: Annotated[str | None, Query(max_length=200, description="Only answers given in this call.")] = None,
    format: Annotated[  # noqa: A002 - the name of the parameter
        Literal["json", "csv"] | None, Query(description="`csv` answers all that match as a file; so does `Accept`.")
    ] = None,
) -> Response:
    """Answers to the forms of one's own character, newest first; all of them unless `page` or `page_size` is sent."""
    wanted = pb.FormResponseFilter(
        agent=existing(slug, "The character"), form_id=form_id or "", session_id=session_id or ""
    )
    if format == "csv" or (format is None and _prefers_csv(request)):
        return await _exported(gateway, caller, wanted)
    if window.is_whole:
        items, total = await _whole(gateway, caller, wanted)
    else:
        listed = await _read(gateway, caller, wanted, window.size, skip=window.skip)
        items, total = [item(response) for response in listed.responses], listed.total_size
    return numbered(JSONResponse(items, headers=_VARIES), window, total, request)


@public.options(_PATH, include_in_schema=False)
async def preflight(request: Request) -> Response:
    """Answers a browser that asks before it sends; grants nothing."""
    return cors.preflight(request, "GET, POST, OPTIONS")


async def _read(
    gateway: Gateway, caller: Caller, wanted: pb.FormResponseFilter, size: int, token: str = "", skip: int = 0
) -> pb.ListFormResponsesResponse:
    message = pb.ListFormResponsesRequest(filter=wanted, page_size=size, page_token=token, skip=skip)
    return await call(gateway.backends.forms.ListFormResponses, message, identity=caller.token)


async def _whole(gateway: Gateway, caller: Caller, wanted: pb.FormResponseFilter) -> tuple[list[dict[str, Any]], int]:
    """(the newest answers that match, how many match)."""
    items: list[dict[str, Any]] = []
    listed = await _read(gateway, caller, wanted, MAX_PAGE_SIZE)
    total, size = listed.total_size, 0
    while True:
        items += [item(response) for response in listed.responses]
        size += listed.ByteSize()
        if not listed.next_page_token:
            return items, total
        if len(items) >= _MAX_ITEMS or size >= _MAX_LIST_BYTES:
            _log.warning("a list was cut", items=len(items))
            return items, total
        listed = await _read(gateway, caller, wanted, MAX_PAGE_SIZE, listed.next_page_token)


async def _exported(gateway: Gateway, caller: Caller, wanted: pb.FormResponseFilter) -> Response:
    context.set_deadline(_EXPORT_SECONDS)
    columns = pb.ListFormColumnsRequest(filter=wanted)
    names = list((await call(gateway.backends.forms.ListFormColumns, columns, identity=caller.token)).names)
    first = await _read(gateway, caller, wanted, MAX_PAGE_SIZE)

    async def lines() -> AsyncIterator[str]:
        yield csv.line(csv.headings(_OWN_COLUMNS, names))
        listed = first
        while True:
            yield "".join(_line(response, names) for response in listed.responses)
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


def _line(response: pb.FormResponse, names: list[str]) -> str:
    cells = item(response)
    return csv.line([*(cells[name] for name in _OWN_COLUMNS), *(cells["values"].get(name) for name in names)])


def _prefers_csv(request: Request) -> bool:
    """Whether CSV is more welcome than JSON, which is what comes unasked (RFC 9110, 12.5.1)."""
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
