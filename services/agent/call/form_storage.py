"""Stores the values of a form that the agent submits itself, in managed storage."""

import grpc
import structlog
import tenacity
from callbox.sessions.v1 import forms_pb2, forms_pb2_grpc

from services.agent.tools.forms.filling import Filling, Refusal
from services.agent.tools.forms.submission import field_errors
from services.kit.errors import CallboxError, Code
from services.kit.identity import Signer
from services.kit.rpc.client import call
from services.kit.structs import to_struct

_ATTEMPT_SECONDS = 3.0
# Attempts go on for this long. A client finds a service that has come back after half a second.
_PATIENCE_SECONDS, _PAUSE_SECONDS = 3.0, 0.3
# The values were valid by the form as it was when the call began.
_CHANGED = "The form has been changed since this call began, so its answers are not accepted as they are."
_log = structlog.get_logger(__name__)


class FormStorage:
    """Asks sessions, for one call."""

    def __init__(self, channel: grpc.aio.Channel, signer: Signer, session_id: str, character_id: str) -> None:
        self._forms = forms_pb2_grpc.FormResponsesServiceStub(channel)
        self._signer = signer
        self._session_id = session_id
        self._character_id = character_id

    async def __call__(self, filling: Filling, key: str) -> Refusal | None:
        """Stores the values. An attempt after a lost answer stores nothing twice."""
        request = forms_pb2.SubmitFormRequest(
            agent=self._character_id,
            form_id=filling.form.id,
            session_id=self._session_id,
            values=to_struct(filling.to_store()),
            idempotency_key=key,
        )
        try:
            async for attempt in tenacity.AsyncRetrying(
                retry=tenacity.retry_if_exception(_is_away),
                stop=tenacity.stop_after_delay(_PATIENCE_SECONDS),
                wait=tenacity.wait_fixed(_PAUSE_SECONDS),
                reraise=True,
            ):
                with attempt:
                    await call(
                        self._forms.SubmitForm,
                        request,
                        identity=self._signer.service_token(),
                        deadline_seconds=_ATTEMPT_SECONDS,
                    )
        except CallboxError as fault:
            _log.warning("form not stored", code=fault.code, form_id=filling.form.id)
            return _refusal(fault)
        return None


def _is_away(fault: BaseException) -> bool:
    return isinstance(fault, CallboxError) and fault.code is Code.UPSTREAM_UNAVAILABLE


def _refusal(fault: CallboxError) -> Refusal:
    errors = field_errors(dict(fault.fields))
    return Refusal(str(fault.code), _CHANGED if errors else fault.message, errors)
