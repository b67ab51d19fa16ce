"""The RPC handlers of form responses."""

from __future__ import annotations

import asyncio
import hashlib
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
from services.sessions import messages
from services.sessions.forms.rates import FormRates
from services.sessions.forms.store import CallOf, FormStore, NewResponse, StoredResponse, Wanted
from services.sessions.live.broadcast import Live

MAX_KEY_CHARACTERS = 255
MAX_SESSIONS = 200
_DEFAULT_PAGE, _MAX_PAGE, _MAX_SKIP = 50, 200, 10_000_000
_ASK_SECONDS = 1.0
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_SESSION_ID = re.compile(r"sess_[A-Za-z0-9_-]{1,64}\Z")
Context = grpc.aio.ServicerContext[Any, Any]


class FormResponsesService(forms_pb2_grpc.FormResponsesServiceServicer):
    """Takes and lists answers to forms."""

    def __init__(
        self,
        store: FormStore,
        rates: FormRates,
        live: Live,
        appearance: appearance_pb2_grpc.AppearanceServiceAsyncStub,
        characters: characters_pb2_grpc.CharactersServiceAsyncStub,
    ) -> None:
        self._store = store
        self._rates = rates
        self._live = live
        self._appearance = appearance
        self._characters = characters

    async def SubmitForm(self, request: pb.SubmitFormRequest, context: Context) -> pb.SubmitFormResponse:  # noqa: N802
        """Judges values by the form as it is and stores them."""
        identity = current_identity()
        if identity.kind is Kind.SERVICE:
            raise CallboxError(Code.PERMISSION_DENIED, "A form is answered by a user or a visitor.")
        key = _key(request.idempotency_key)
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
        asked = json.dumps([request.form_id, request.session_id, values], sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(asked.encode()).digest()
        if key and (replay := await self._replay(form.character_id, key, digest)):
            return replay
        definition = from_struct(form.definition, "form")
        given_in = await self._call_of(request.session_id, form.character_id) if request.session_id else None
        judged = await self._judge(definition, values, is_foreign=bool(request.session_id) and given_in is None)
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
            if given_in is not None:
                self._live.news(request.session_id, _event(stored, given_in))
            return pb.SubmitFormResponse(response=messages.form_response(stored))
        # A request with the same key was faster.
        replay = await self._replay(form.character_id, key or "", digest)
        if replay is None:
            raise CallboxError(Code.CONFLICT, "Another request with this Idempotency-Key was faster; try again.")
        return replay

    async def ListFormResponses(  # noqa: N802
        self, request: pb.ListFormResponsesRequest, context: Context
    ) -> pb.ListFormResponsesResponse:
        """Lists answers to the forms of one character of the user."""
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
            responses=map(messages.form_response, page[:size]),
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
        """Lists the answers given in some calls of the user."""
        user = current_user()
        if len(request.session_ids) > MAX_SESSIONS:
            raise validation({"session_ids": [f"must be at most {MAX_SESSIONS}"]})
        known = [session_id for session_id in request.session_ids if _SESSION_ID.match(session_id)]
        found = await self._store.of_sessions(known, None if user.is_staff else user.tenant_id)
        return pb.ListSessionFormResponsesResponse(responses=map(messages.form_response, found))

    async def _call_of(self, session_id: str, character_id: str) -> CallOf | None:
        """The call in which an answer is given; None for one that is not the character's."""
        found = await self._store.call_of(session_id) if _SESSION_ID.match(session_id) else None
        return found if found is not None and found.character_id == character_id else None

    async def _judge(self, definition: dict[str, Any], values: dict[str, Any], *, is_foreign: bool) -> Judged:
        """is_foreign: whether the answer names a call that is not the character's.

        Raises: CallboxError `validation_failed` with every fault by path.
        """
        if definition["submit_url"]:
            sentence = "names a form that is submitted to its own submit_url; send the values there"
            raise validation({"form_id": [sentence]})
        # Patterns take their time, which must not be that of other requests.
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
        known = await self._store.by_key(character_id, key)
        if known is None:
            return None
        if known[1] != digest:
            raise CallboxError(
                Code.CONFLICT, "This Idempotency-Key was used for another answer; take a new key for a new answer."
            )
        return pb.SubmitFormResponse(response=messages.form_response(known[0]), replayed=True)

    async def _wanted(self, asked: pb.FormResponseFilter) -> Wanted | None:
        """What is asked for; None when nothing can match.

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
        if asked.session_id and not _SESSION_ID.match(asked.session_id):
            return None
        return Wanted(character.id, asked.form_id, asked.session_id)


def _key(key: str) -> str | None:
    if not key:
        return None
    if len(key) > MAX_KEY_CHARACTERS or not (key.isascii() and key.isprintable()):
        raise validation({"Idempotency-Key": [f"Must have 1 to {MAX_KEY_CHARACTERS} printable ASCII characters."]})
    return key


def _event(stored: StoredResponse, given_in: CallOf) -> sessions_pb2.FormEvent:
    """What those who watch the call are told; `start_seconds` is 0 before the caller joined."""
    joined = given_in.join_time or stored.create_time
    return sessions_pb2.FormEvent(
        form_id=stored.form_id,
        action=sessions_pb2.FORM_ACTION_SUBMITTED,
        start_seconds=max(0.0, (stored.create_time - joined).total_seconds()),
    )
