"""The forms of one character in one call: what is open, what pages tell of it, and what the model is told."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.client.messages import (
    FormConfirmation,
    FormControl,
    FormState,
    FormSubmitFailed,
)
from services.agent.metrics import ignored_messages
from services.agent.moments import FormAction, FormStep, TurnBegan
from services.agent.tools.forms import report, wording
from services.agent.tools.forms.filling import Filling, Refusal, Status
from services.agent.tools.forms.form import Field, Form
from services.agent.tools.forms.page import Page
from services.agent.tools.forms.ports import FormSurroundings
from services.agent.tools.forms.submission import field_errors
from services.agent.tools.part import Dialogue, OwnAnswer, Turn
from services.kit.forms import naming
from services.kit.forms.answers import type_of
from services.kit.tasks import end

# A page has this long to tell how a submission ended that the agent asked for.
_OUTCOME_SECONDS = 12.0
_LAST_SUBMISSION_SECONDS = 3.0
# A page may close its form before it tells how the submission ended.
_LATE_OUTCOME_SECONDS = 30.0
# Messages of a page that was closed or submitted from here are still on their way.
_ON_ITS_WAY_SECONDS = 1.0
# Steps that pages can add to the history of one call. Later messages that would add one are ignored.
_MAX_PAGE_STEPS = 100
_MAX_MESSAGE_CHARACTERS = 300
_log = structlog.get_logger(__name__)


class Forms:
    """Only one filling of each form is kept, the newest. `begin` and `leave` may alternate: characters change.

    is_guided: values are asked for and set by the guide. The model only opens forms.
    """

    def __init__(self, forms: Sequence[Form], around: FormSurroundings, is_guided: bool = False) -> None:
        self.all = {form.id: form for form in forms}
        self.around = around
        self.is_guided = is_guided
        self.page = Page(around.clients)
        # Functions of one answer run side by side; what they do with forms must not mix.
        self.lock = asyncio.Lock()
        self._fillings: dict[str, Filling] = {}
        self._openings = 0
        self._page_steps = 0
        self._turn = 0
        self._dialogue: Dialogue | None = None
        self._watches: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_listening = False

    @property
    def any_open(self) -> bool:
        """Whether a form is open."""
        return any(filling.is_open for filling in self._fillings.values())

    @property
    def newest(self) -> Filling | None:
        """The form that was opened last among those that are open; with none open, among all."""
        fillings = [filling for filling in self._fillings.values() if filling.is_open] or self._fillings.values()
        return max(fillings, key=lambda filling: filling.number, default=None)

    @property
    def expected(self) -> Field | None:
        """The field that the caller is probably being asked for: the next one of the form that was opened last."""
        newest = self.newest
        name = report.next_field(newest, {}) if newest is not None and newest.is_open else ""
        return newest.form.fields[name] if newest is not None and name else None

    @property
    def turn(self) -> int:
        """Number of the caller's turn."""
        return self._turn

    def open_one(self, form_id: str) -> Filling | None:
        """The filling of a form that is open; underscores of the function's name are taken for hyphens."""
        names = (name for name, form in self.all.items() if form_id in (name, form.tool_name))
        filling = self._fillings.get(next(names, ""))
        return filling if filling is not None and filling.is_open else None

    def begin(self, dialogue: Dialogue) -> None:
        """Listens to pages: the character with these forms takes the call."""
        self._dialogue = dialogue
        router = self.around.clients.router
        router.on_type(FormState.topic, "form_state", FormState, self._on_state)
        router.on_type(FormState.topic, "form_submit_failed", FormSubmitFailed, self._on_failed)
        for topic, type_ in {_confirmation(form) for form in self.all.values()}:
            forms = [form for form in self.all.values() if _confirmation(form) == (topic, type_)]

            def confirmed(message: FormConfirmation, forms: list[Form] = forms) -> None:
                self._on_confirmed(forms, message)

            router.on_type(topic, type_, FormConfirmation, confirmed)
        if not self._is_listening:
            self._is_listening = True
            dialogue.moments.turn_began.add(self._on_turn)
            dialogue.moments.reply_spoken.add(lambda _: self._tell_expected())

    async def leave(self) -> None:
        """Closes the forms that are open: another character takes the call."""
        for filling in list(self._fillings.values()):
            if filling.is_open:
                self.ended(filling, Status.CLOSED, pb.FORM_ACTION_CLOSED)
                await self.page.steer(FormControl(type="close", form_id=filling.form.id))
        self._tell_expected()
        await self.close()

    async def close(self) -> None:
        """Stops: the call ends. A submission that is under way gets a moment, so that the history tells its outcome."""
        for form_id in list(self._watches):
            self._unwatch(form_id)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_SUBMISSION_SECONDS)
        await end(*self._tasks)
        self._dialogue = None

    async def answer(self, turn: Turn) -> OwnAnswer | None:
        """None: the model answers."""

    def caller_returned(self) -> None:
        """Opens what is open again: the caller's page was loaded anew and shows no form."""
        for filling in self._fillings.values():
            if filling.is_open:
                filling.on_page, filling.opened_at = False, self.now()
                values = {name: value for name, value in filling.values.items() if value}
                self._own(self.page.open(filling.form, values), "form opening")

    async def note(self, *, ahead: bool = False) -> str:
        """What the model is told of the forms with its next answer; empty when none was opened."""
        fillings = list(self._fillings.values())
        if self.is_guided:
            return report.guided_note(fillings)
        return report.note([(filling, await self.faults(filling)) for filling in fillings])

    async def faults(self, filling: Filling) -> dict[str, str]:
        """What is wrong with the values of a form. Patterns are matched in a thread, because they can take long."""
        if not filling.is_open:
            return {}
        return await asyncio.to_thread(filling.faults) if filling.form.has_patterns else filling.faults()

    def opened(self, form: Form) -> Filling:
        """Begins to fill a form."""
        self._openings += 1
        filling = self._fillings[form.id] = Filling(form, self._openings, self.now())
        self.tell(form.id, pb.FORM_ACTION_OPENED)
        return filling

    def ended(self, filling: Filling, status: Status, action: FormAction) -> None:
        """Ends the filling of a form. A page that closes it may still tell how its submission ended."""
        if not filling.by_visitor:
            self._unwatch(filling.form.id)
        filling.end(status, self.now())
        self.tell(filling.form.id, action)

    def tell(self, form_id: str, action: FormAction) -> None:
        """Tells the call what was done with a form."""
        if self._dialogue is not None:
            self._dialogue.moments.form_step.tell(FormStep(form_id, action))

    def is_watched(self, filling: Filling) -> bool:
        """Whether a page is submitting a form."""
        return filling.form.id in self._watches

    def watch(self, filling: Filling) -> None:
        """Has the model say so if a page does not tell how a submission ended."""
        self._unwatch(filling.form.id)
        loop = asyncio.get_running_loop()
        self._watches[filling.form.id] = loop.call_later(_OUTCOME_SECONDS, self._on_no_answer, filling)

    async def outlasting(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of work that goes on to its end even if the one who waits is cancelled."""
        return await asyncio.shield(self._own(work, "form submission"))

    def now(self) -> float:
        """The time of the event loop."""
        return asyncio.get_running_loop().time()

    def _own(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _on_turn(self, event: TurnBegan) -> None:
        if not event.continued:
            self._turn += 1

    def _tell_expected(self) -> None:
        """Tells what kind of answer is asked for, so that the end of the turn can wait for the whole of it."""
        if self._dialogue is not None:
            field = self.expected
            field_type = type_of(field) if field is not None else ""
            self._dialogue.expect(field_type, self.around.context().language)

    def _on_state(self, message: FormState) -> None:
        form = self.all.get(message.form_id)
        if self._dialogue is None or form is None:
            ignored_messages.labels("unknown_form").inc()
            return
        filling = self._fillings.get(form.id)
        if not message.is_open:
            if filling is not None and filling.is_open and self._may_step():
                filling.by_visitor = True
                self.ended(filling, Status.CLOSED, pb.FORM_ACTION_CLOSED)
            return
        if filling is None or not filling.is_open:
            if filling is not None and self._is_old(filling, message):
                return
            if not self._may_step():
                return
            filling = self.opened(form)
        filling.shown(message.values, message.step_index, self.now())
        self.page.has_told()

    def _on_failed(self, message: FormSubmitFailed) -> None:
        filling = self._fillings.get(message.form_id)
        if self._dialogue is None or filling is None or not self._can_have_been_submitted(filling):
            ignored_messages.labels("form_not_open").inc()
            return
        if not self._may_step():
            return
        self._unwatch(filling.form.id)
        told = message.message if isinstance(message.message, str) else ""
        status = message.status if isinstance(message.status, int) else 0
        filling.refused(
            Refusal(
                f"http_{status}" if status else "failed",
                told[:_MAX_MESSAGE_CHARACTERS] or "The page could not submit the form.",
                field_errors(message.errors),
            )
        )
        self.tell(filling.form.id, pb.FORM_ACTION_REFUSED)
        self._dialogue.speak_up(wording.failed_by_page(filling.form.id))

    def _on_confirmed(self, forms: Sequence[Form], message: FormConfirmation) -> None:
        fillings = [filling for form in forms if (filling := self._fillings.get(form.id)) is not None]
        filling = next((each for each in fillings if self._can_have_been_submitted(each)), None)
        if self._dialogue is None or filling is None:
            ignored_messages.labels("form_not_open").inc()
            return
        self._unwatch(filling.form.id)
        filling.shown(message.form, filling.step, self.now())
        self.ended(filling, Status.SUBMITTED, pb.FORM_ACTION_SUBMITTED)
        language = self.around.context().language
        filling.confirmation = message.text or wording.submitted(filling.form.title, language)
        self._dialogue.take_text(filling.confirmation)

    def _can_have_been_submitted(self, filling: Filling) -> bool:
        if filling.status is Status.CLOSED and filling.by_visitor:
            return self.now() - filling.changed_at < _LATE_OUTCOME_SECONDS
        return filling.is_open

    def _is_old(self, filling: Filling, message: FormState) -> bool:
        """Whether a page tells of a form as it was before it was closed or submitted."""
        values = {name: value for name, value in message.values.items() if name in filling.values}
        is_same = filling.status is Status.SUBMITTED and all(filling.values[name] == values[name] for name in values)
        return is_same or self.now() - filling.changed_at < _ON_ITS_WAY_SECONDS

    def _may_step(self) -> bool:
        """Whether a page may add another step to the history."""
        self._page_steps += 1
        if self._page_steps > _MAX_PAGE_STEPS:
            ignored_messages.labels("too_many").inc()
            return False
        return True

    def _on_no_answer(self, filling: Filling) -> None:
        self._unwatch(filling.form.id)
        if filling.status is not Status.SUBMITTED and self._dialogue is not None:
            _log.warning("a page has not told how a submission ended", form_id=filling.form.id)
            filling.refused(Refusal("no_answer", "The page has not told whether the form was submitted."))
            self._dialogue.speak_up(wording.no_answer_of_page(filling.form.id))

    def _unwatch(self, form_id: str) -> None:
        if (timer := self._watches.pop(form_id, None)) is not None:
            timer.cancel()


def _confirmation(form: Form) -> tuple[str, str]:
    """Topic and type of a form's confirmation."""
    return naming.confirmation_topic(form.definition), naming.confirmation_type(form.definition)
