"""The functions of forms: one that opens each form, and those that steer what is open."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.client.messages import FormControl
from services.agent.tools.forms import report, schema
from services.agent.tools.forms.filling import Filling, Refusal, Status
from services.agent.tools.forms.form import Field, Form
from services.agent.tools.forms.forms import Forms
from services.agent.tools.forms.values import Context, Understood, corrected, understood
from services.agent.tools.tool import Arguments, Outcome, Tool, as_text, failure
from services.kit.forms import naming
from services.kit.forms.answers import type_of
from services.kit.forms.text import trimmed

_MAX_LISTED_FAULTS = 5
_CORRECTED = frozenset({"text", "textarea", "email", "tel", "date", "time"})
_NOT_SENT = "The message could not be sent to the visitor's page; the form is filled by voice."
_log = structlog.get_logger(__name__)


def tools_of(forms: Forms) -> tuple[Tool, ...]:
    """One function for each form, and the ones that steer, which are active while a form is open."""
    opening = [
        Tool(
            form.tool_name,
            pb.TOOL_KIND_FORM,
            schema.guided_description(form) if forms.is_guided else schema.opening_description(form),
            schema.NO_ARGUMENTS if forms.is_guided else schema.opening_schema(form),
            partial(_open, forms, form),
        )
        for form in forms.all.values()
        if form.tool_name not in schema.STEERING
    ]
    if len(opening) < len(forms.all):
        _log.error("a form has the name of another function and cannot be opened")
    acts = {
        naming.SET_VALUES: _set_values,
        naming.GO_TO_STEP: _go_to_step,
        naming.SUBMIT: _submit,
        naming.CLOSE: _close,
    }
    steering = [
        Tool(
            name,
            pb.TOOL_KIND_FORM,
            description,
            schema.steering_schema(name),
            partial(_steer, forms, acts[name]),
            lambda: forms.any_open and not forms.is_guided,
        )
        for name, (description, _) in schema.STEERING.items()
    ]
    return tuple(opening + steering) if opening else ()


async def _open(forms: Forms, form: Form, arguments: Arguments) -> Outcome:
    """Opens a form; sets values if it is open."""
    async with forms.lock:
        filling = forms.open_one(form.id)
        # Models pass null or an empty text for what they do not know. With a guide, they invent what they pass.
        given = {} if forms.is_guided else arguments
        known = {name: value for name, value in given.items() if not _is_blank(value)}
        if filling is not None:
            return await _filled(forms, filling, known)
        filling = forms.opened(form)
        told = await _take(forms, filling, known)
        values = {name: filling.values[name] for name in told.pop("set") if filling.values[name]}
        if not await forms.page.open(form, values):
            told["not_shown"] = _NOT_SENT
        return await _told(forms, filling, told)


async def _steer(forms: Forms, act: Any, arguments: Arguments) -> Outcome:
    """Runs a function for a form that is open."""
    async with forms.lock:
        form_id = str(arguments["form_id"])
        filling = forms.open_one(form_id)
        if filling is None:
            known = ", ".join(sorted(forms.all))
            return failure("not_open", f"No form {form_id[:64]!r} is open. Forms: {known}.")
        outcome: Outcome = await act(forms, filling, arguments)
        return outcome


async def _set_values(forms: Forms, filling: Filling, arguments: Arguments) -> Outcome:
    return await _filled(forms, filling, arguments["values"])


async def _filled(forms: Forms, filling: Filling, given: Mapping[str, Any]) -> Outcome:
    """Sets values of an open form, here and on the page."""
    told = await _take(forms, filling, given)
    if names := told.pop("set"):
        values = {name: filling.values[name] for name in names}
        message = FormControl(type="set_values", form_id=filling.form.id, values=values)
        if not await forms.page.steer(message):
            told["not_shown"] = _NOT_SENT
    return await _told(forms, filling, told)


async def _go_to_step(forms: Forms, filling: Filling, arguments: Arguments) -> Outcome:
    index, count = int(arguments["step_index"]), len(filling.form.steps)
    if not 0 <= index < count:
        return failure("invalid_arguments", f"The form has {count} steps: 0 to {count - 1}.")
    filling.step = index
    message = FormControl(type="go_to_step", form_id=filling.form.id, step_index=index)
    told = {} if await forms.page.steer(message) else {"not_shown": _NOT_SENT}
    return await _told(forms, filling, told)


async def _close(forms: Forms, filling: Filling, arguments: Arguments) -> Outcome:
    forms.ended(filling, Status.CLOSED, pb.FORM_ACTION_CLOSED)
    await forms.page.steer(FormControl(type="close", form_id=filling.form.id))
    return Outcome(as_text({"closed": True, "submitted": False}))


async def _submit(forms: Forms, filling: Filling, arguments: Arguments) -> Outcome:
    """Has the page submit the form; submits it itself where no page shows it."""
    if stale := filling.changed_since_read_back(forms.turn):
        names = ", ".join(stale[:_MAX_LISTED_FAULTS])
        return failure(
            "not_confirmed",
            f"{names} changed since the visitor was asked. Read the new value back and ask again before you submit.",
        )
    faults = {**await forms.faults(filling), **filling.problems}
    # A field that the server refused before may be right now: the server decides.
    faults = {name: fault for name, fault in faults.items() if not _is_of_refusal(filling, name, fault)}
    missing = filling.missing()
    if faults or missing:
        sentences = [f"{name}: {fault}" for name, fault in faults.items()]
        sentences += [f"{name}: is required" for name in missing if name not in faults]
        following = report.next_field(filling, faults)
        listed = "; ".join(sentences[:_MAX_LISTED_FAULTS])
        return failure("invalid_values", f"The form cannot be submitted yet. {listed}. Ask for {following} next.")
    if await forms.page.shows(filling):
        if not forms.is_watched(filling) and not await forms.page.steer(
            FormControl(type="submit", form_id=filling.form.id)
        ):
            return failure("not_delivered", "The visitor's page cannot be reached; the form was not submitted.")
        forms.watch(filling)
        told = "The page submits the form; how it went is told by itself in a moment. Do not say that it is done yet."
        return Outcome(as_text({"submitting": True, "note": told}))
    outcome: Outcome = await forms.outlasting(_submit_by_voice(forms, filling))
    return outcome


async def _submit_by_voice(forms: Forms, filling: Filling) -> Outcome:
    """Submits a form without a page."""
    form = filling.form
    key = f"{forms.around.session_id}.{form.id}.{filling.number}"
    refusal: Refusal | None = await forms.around.submit(filling, key)
    if refusal is None:
        forms.ended(filling, Status.SUBMITTED, pb.FORM_ACTION_SUBMITTED)
        message = str(form.definition.get("success_message") or "")
        return Outcome(as_text({"submitted": True, **({"success_message": message} if message else {})}))
    filling.refused(refusal)
    forms.tell(form.id, pb.FORM_ACTION_REFUSED)
    errors = [f"{name}: {error}" for name, error in list(refusal.errors.items())[:_MAX_LISTED_FAULTS]]
    detail = f"The form was not submitted. {refusal.message} {'; '.join(errors)}".strip()
    return failure(refusal.code, f"{detail} Tell the visitor the truth about it.")


async def _take(forms: Forms, filling: Filling, given: Mapping[str, Any]) -> dict[str, Any]:
    """Sets what can be understood of the given values.

    Returns what to tell of it; `set` has the names of the fields that were set.
    """
    context, now = forms.around.context(), forms.now()
    told: dict[str, Any] = {"set": []}
    unknown = [name for name in given if name not in filling.form.fields]
    if unknown:
        _log.info("fields that a form does not have were left out", form_id=filling.form.id, count=len(unknown))
        told["unknown_fields"] = [name[:64] for name in unknown[:_MAX_LISTED_FAULTS]]
    for name, field in filling.form.fields.items():
        if name not in given:
            continue
        value, earlier = given[name], filling.values[name]
        if _is_blank(value):
            if value is not None and not earlier:
                continue
            if field.get("required"):
                filling.problems[name] = "is required and cannot be left blank; the visitor may stop the form instead"
            else:
                filling.decline(name, now)
                told["set"].append(name)
            continue
        hear = partial(_heard, field, earlier, value, context)
        # A pattern can take long.
        heard = await asyncio.to_thread(hear) if field.get("pattern") else hear()
        if heard.problem or heard.value is None:
            filling.problems[name] = heard.problem or "was not understood; ask again"
            continue
        filling.set(name, heard.value, now)
        told["set"].append(name)
        if heard.read_back:
            told.setdefault("read_back", {})[name] = heard.read_back
            filling.told(name, forms.turn)
    return told


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not trimmed(value))


def _heard(field: Field, earlier: str, given: object, context: Context) -> Understood:
    """What was given for a field. Of a text or a date, the caller may correct a part."""
    if earlier and isinstance(given, str) and type_of(field) in _CORRECTED:
        return corrected(field, earlier, given, context)
    return understood(field, given, context)


async def _told(forms: Forms, filling: Filling, told: Mapping[str, Any]) -> Outcome:
    """What a function returns to the model: what happened, and what is to be done next."""
    return Outcome(as_text({**told, **report.progress(filling, await forms.faults(filling))}))


def _is_of_refusal(filling: Filling, name: str, fault: str) -> bool:
    return filling.refusal is not None and filling.refusal.errors.get(name) == fault
