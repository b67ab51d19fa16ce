"""The RPC handlers of form responses."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import grpc
from callbox.characters.v1 import appearance_pb2, appearance_pb2_grpc, characters_pb2, characters_pb2_grpc
from callbox.sessions.v1 import forms_pb2 as pb
from callbox.sessions.v1 import forms_pb2_grpc, sessions_pb2

from services.kit import paging
from services.kit.errors import CallboxError, Code, not_found, validation
from services.kit.forms.answers import MAX_VALUES_BYTES, Judged, fields_of, judge
from services.kit.identity import Kind
from services.kit.rpc.client import call
from services.kit.rpc.context import current_identity, current_user
from services.kit.structs import from_struct
from services.sessions import idempotency_key as keys
from services.sessions.access import AGENT_SERVICE, is_session_id
from services.sessions.adapters.live_updates import LiveUpdates
from services.sessions.forms.store import FormCall, FormStore, NewResponse, ResponseFilter, StoredResponse
from services.sessions.visitor_rates import VisitorRates

MAX_SESSIONS = 200
_DEFAULT_PAGE, _MAX_PAGE, _MAX_SKIP = 50, 200, 10_000_000
_ASK_SECONDS = 1.0
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
Context = grpc.aio.ServicerContext[Any, Any]


class FormResponsesService(forms_pb2_grpc.FormResponsesServiceServicer):
    """Stores and lists answers to forms."""

    def __init__(
        self,
        store: FormStore,
        rates: VisitorRates,
        live: LiveUpdates,
        appearance: appearance_pb2_grpc.AppearanceServiceAsyncStub,
        characters: characters_pb2_grpc.CharactersServiceAsyncStub,
    ) -> None:
        self._store = store
        self._rates = rates
        self._live = live
        self._appearance = appearance
        self._characters = characters

    async def SubmitForm(self, request: pb.SubmitFormRequest, context: Context) -> pb.SubmitFormResponse:  # noqa: N802
        """Validates values against the current form and stores them."""
        identity = current_identity()
        by_agent = identity.is_service(AGENT_SERVICE) and bool(request.session_id)
        if identity.kind is Kind.SERVICE and not by_agent:
            raise CallboxError(Code.PERMISSION_DENIED, "A form is answered by a user, a visitor or an agent in a call.")
        key = keys.checked(request.idempotency_key)
        if not _FORM_ID.match(request.form_id):
            raise not_found("The form")
        form = await call(
            self._appearance.ResolveForm,
            appearance_pb2.ResolveFormRequest(agent=request.agent, form_id=request.form_id),
            deadline_seconds=_ASK_SECONDS,
        )
        if identity.kind is Kind.VISITOR:
            await self._rates.count(form.character_id, request.client_address)
        values = from_struct(request.values, "values")
        # Without `agent`: it may be the slug or the id of the character. Keys belong to one character anyway.
        digest = keys.digest(request, "idempotency_key", "client_address", "agent")
        if key and (replay := await self._replay(form.character_id, key, digest)):
            return replay
        definition = from_struct(form.definition, "form")
        form_call = await self._call_of(request.session_id) if request.session_id else None
        # A character that took a call over has forms of its own.
        if form_call is not None and not (
            form_call.tenant_id == form.tenant_id if by_agent else form_call.character_id == form.character_id
        ):
            form_call = None
        judged = await self._judge(definition, values, is_foreign=bool(request.session_id) and form_call is None)
        new = NewResponse(
            tenant_id=form.tenant_id,
            character_id=form.character_id,
            character_slug=form.slug,
            form_id=request.form_id,
            session_id=request.session_id or None,
            body=judged.values,
            field_names=tuple(str(field["name"]) for field in fields_of(definition)),
            idempotency_key=key,
            digest=digest if key else None,
        )
        stored = await self._store.add(new)
        if stored is not None:
            if form_call is not None and not by_agent:
                self._live.notify(request.session_id, _event(stored, form_call))
            return pb.SubmitFormResponse(response=stored.message())
        # Another request with the same key was faster.
        replay = await self._replay(form.character_id, key or "", digest)
        if replay is None:
            raise keys.lost_race()
        return replay

    async def ListFormResponses(  # noqa: N802
        self, request: pb.ListFormResponsesRequest, context: Context
    ) -> pb.ListFormResponsesResponse:
        """Lists answers to the forms of one of the user's characters."""
        size, skip = request.page_size or _DEFAULT_PAGE, request.skip
        if size < 0 or not 0 <= skip <= _MAX_SKIP:
            raise validation({"page_size" if size < 0 else "skip": ["Is out of range."]})
        size = min(size, _MAX_PAGE)
        below = paging.number_below(request.page_token)
        wanted = await self._wanted(request.filter)
        if wanted is None:
            return pb.ListFormResponsesResponse()
        page = await self._store.page(wanted, below, skip, size + 1)
        return pb.ListFormResponsesResponse(
            responses=[response.message() for response in page[:size]],
            next_page_token=paging.token_after(page[size - 1].id) if len(page) > size else "",
            total_size=0 if request.page_token else await self._store.count(wanted),
        )

    async def ListFormColumns(self, request: pb.ListFormColumnsRequest, context: Context) -> pb.ListFormColumnsResponse:  # noqa: N802
        """Lists the field names of the answers that match."""
        wanted = await self._wanted(request.filter)
        return pb.ListFormColumnsResponse(names=[] if wanted is None else await self._store.field_names(wanted))

    async def ListSessionFormResponses(  # noqa: N802
        self, request: pb.ListSessionFormResponsesRequest, context: Context
    ) -> pb.ListSessionFormResponsesResponse:
        """Lists the answers given in some of the user's calls."""
        user = current_user()
        if len(request.session_ids) > MAX_SESSIONS:
            raise validation({"session_ids": [f"must be at most {MAX_SESSIONS}"]})
        known = [session_id for session_id in request.session_ids if is_session_id(session_id)]
        found = await self._store.of_sessions(known, None if user.is_staff else user.tenant_id)
        return pb.ListSessionFormResponsesResponse(responses=[response.message() for response in found])

    async def _call_of(self, session_id: str) -> FormCall | None:
        """The call in which an answer is given; None when there is none."""
        return await self._store.call_of(session_id) if is_session_id(session_id) else None

    async def _judge(self, definition: dict[str, Any], values: dict[str, Any], *, is_foreign: bool) -> Judged:
        """Validates values against a form. is_foreign: whether the answer names a call that is not the character's.

        Raises: CallboxError `validation_failed` with every fault by path.
        """
        if definition["submit_url"]:
            sentence = "names a form that is submitted to its own submit_url; send the values there"
            raise validation({"form_id": [sentence]})
        # In a thread: patterns can take long, and other requests must not wait for them.
        judged = await asyncio.to_thread(judge, definition, values)
        errors = judged.errors()
        if is_foreign:
            errors = {"session_id": ["is no call of this character; leave it out or send the call's own"], **errors}
        size = len(json.dumps(judged.values, ensure_ascii=False, separators=(",", ":")).encode())
        if not errors and size > MAX_VALUES_BYTES:
            errors = {"values": [f"must be at most {MAX_VALUES_BYTES:,} bytes of JSON"]}
        if errors:
            raise validation(errors)
        return judged

    async def _replay(self, character_id: str, key: str, digest: bytes) -> pb.SubmitFormResponse | None:
        """What an earlier request with the key was answered; None when there was none."""
        known = await self._store.by_key(character_id, key)
        if known is None:
            return None
        if known[1] != digest:
            raise keys.other_request("answer")
        return pb.SubmitFormResponse(response=known[0].message(), replayed=True)

    async def _wanted(self, asked: pb.FormResponseFilter) -> ResponseFilter | None:
        """The filter for the store; None when nothing can match.

        Raises: CallboxError `not_found` for a character that is not the user's.
        """
        current_user()
        character = await call(
            self._characters.GetCharacter,
            characters_pb2.GetCharacterRequest(slug=asked.agent),
            deadline_seconds=_ASK_SECONDS,
        )
        if asked.form_id and not _FORM_ID.match(asked.form_id):
            return None
        if asked.session_id and not is_session_id(asked.session_id):
            return None
        return ResponseFilter(character.id, asked.form_id, asked.session_id)


def _event(stored: StoredResponse, form_call: FormCall) -> sessions_pb2.FormEvent:
    """The event for those who watch the call. `start_seconds` is 0 before the caller has joined."""
    joined = form_call.join_time or stored.create_time
    return sessions_pb2.FormEvent(
        form_id=stored.form_id,
        action=sessions_pb2.FORM_ACTION_SUBMITTED,
        start_seconds=max(0.0, (stored.create_time - joined).total_seconds()),
    )
