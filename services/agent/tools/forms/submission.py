"""How the agent submits a form itself, when the caller has no page: to the form's own address."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from services.agent.tools.forms.filling import Filling, Refusal
from services.kit.net.outbound import Outbound, OutboundError

_SECONDS = 10.0
_MAX_BYTES = 64 * 1024
_MAX_MESSAGE_CHARACTERS = 300
_MAX_ERRORS = 50

# Submits a form. key: the same for all attempts of one opening. None: it was taken. Never raises.
Submit = Callable[[Filling, str], Awaitable[Refusal | None]]


class FormSubmission:
    """Submits forms: to managed storage with `store`, or to a form's own address."""

    def __init__(self, store: Submit, outbound: Outbound) -> None:
        self._store = store
        self._outbound = outbound

    async def __call__(self, filling: Filling, key: str) -> Refusal | None:
        """Submits the values of a form."""
        if not filling.form.submit_url:
            return await self._store(filling, key)
        return await self._send(filling, key)

    async def _send(self, filling: Filling, key: str) -> Refusal | None:
        """Sends the same body as a page: every field, as text, in one flat object."""
        form = filling.form
        if not urlsplit(form.submit_url).hostname:
            return Refusal("page_only", "This form can only be submitted on the page; its address is relative to it.")
        try:
            answer = await self._outbound.request(
                str(form.definition.get("submit_method") or "POST"),
                form.submit_url,
                headers={"Accept": "application/json", "Content-Type": "application/json", "Idempotency-Key": key},
                content=json.dumps(filling.values, ensure_ascii=False).encode(),
                deadline_seconds=_SECONDS,
                max_bytes=_MAX_BYTES,
            )
        except OutboundError as fault:
            return Refusal(fault.code, str(fault))
        if 200 <= answer.status < 300:
            return None
        errors, message = _errors_in(answer.body)
        return Refusal(f"http_{answer.status}", message or f"The server answered {answer.status}.", errors)


def field_errors(errors: Any) -> dict[str, str]:
    """Errors by field name, from an object of names, or of paths such as `values.email`, to one or more sentences."""
    found: dict[str, str] = {}
    if not isinstance(errors, dict):
        return found
    for path, told in list(errors.items())[:_MAX_ERRORS]:
        sentence = told[0] if isinstance(told, list) and told else told
        if isinstance(sentence, str):
            found[str(path).removeprefix("values.")] = sentence[:_MAX_MESSAGE_CHARACTERS]
    return found


def _errors_in(body: bytes) -> tuple[dict[str, str], str]:
    """The errors by field and the message in an answer, in the form of this API (contract 14.1); may be empty."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}, ""
    if not isinstance(answer, dict):
        return {}, ""
    message = answer.get("message")
    told = message[:_MAX_MESSAGE_CHARACTERS] if isinstance(message, str) else ""
    return field_errors(answer.get("errors")), told
