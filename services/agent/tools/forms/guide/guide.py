"""Answers the caller in the model's place while a form is filled: sets what is said, and asks for what is missing."""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

from services.agent.moments import ReplySpoken, TurnBegan
from services.agent.tools.forms.filling import Filling, Status
from services.agent.tools.forms.forms import Forms
from services.agent.tools.forms.guide.meanings import Act, Answers
from services.agent.tools.forms.guide.questions import (
    Ask,
    Question,
    hint,
    joined,
    next_question,
    said_value,
    sentence,
)
from services.agent.tools.forms.values.words import Words, words_of
from services.agent.tools.part import Dialogue, OwnAnswer, Turn
from services.kit.forms import naming

# Answers, each with its question, that may still be spoken. Attempts are dropped while the caller goes on.
_MAX_PREPARED = 16


class Guide:
    """The guide of one character's forms in one call. What it does with forms, it does by their functions.

    `answer` changes nothing: it may be asked for a turn that then goes on.
    """

    def __init__(self, forms: Forms) -> None:
        self._forms = forms
        self._prepared: deque[tuple[str, Question]] = deque(maxlen=_MAX_PREPARED)
        self._asked: Question | None = None
        # By the number of a filling and the name of a field: the value that the caller has called right.
        self._confirmed: dict[int, dict[str, str]] = {}
        self._is_listening = False

    def begin(self, dialogue: Dialogue) -> None:
        """Listens to what is said: the character takes the call."""
        if not self._is_listening:
            self._is_listening = True
            dialogue.moments.turn_began.add(self._on_turn)
            dialogue.moments.reply_spoken.add(self._on_reply)

    async def note(self, *, ahead: bool = False) -> str:
        """Nothing: the forms tell what the model is to know."""
        return ""

    def caller_returned(self) -> None:
        """Nothing was missed."""

    async def leave(self) -> None:
        """Stops: another character takes the call."""
        self._asked = None

    async def close(self) -> None:
        """Stops."""

    async def answer(self, turn: Turn) -> OwnAnswer | None:
        """The answer to a turn that is about a form; None for the model's turn."""
        filling = self._forms.newest
        words = words_of(self._forms.around.context().language)
        if filling is None or words is None:
            return None
        if turn.done:
            return await self._after(filling, turn, words)
        if not filling.is_open:
            return self._confirmation(filling, turn, words)
        # The page submits it: there is nothing to ask until it tells how that ended.
        if self._forms.is_watched(filling):
            return None
        if not turn.said:
            return await self._refusal(filling, words) if filling.refusal is not None else None
        return await self._reply(filling, turn.said, words)

    async def _reply(self, filling: Filling, said: str, words: Words) -> OwnAnswer:
        """The answer to what the caller says while a form is open."""
        question = self._question_of(filling) or await self._pending(filling, words)
        read = self._answers(filling, words).meaning
        # Patterns can take long.
        meaning = await asyncio.to_thread(read, said, question) if filling.form.has_patterns else read(said, question)
        match meaning.act:
            case Act.SET:
                return self._calls(naming.SET_VALUES, filling, values=dict(meaning.values))
            case Act.SEND if question is self._asked:
                return self._calls(naming.SUBMIT, filling)
            case Act.SEND:
                return self._asks(question, words)
            case Act.CLOSE:
                return self._calls(naming.CLOSE, filling)
            case Act.CONFIRM:
                confirmed = {**self._confirmed_in(filling), question.name: filling.values[question.name]}
                return self._asks(await self._pending(filling, words, confirmed), words)
            case Act.ASK_CHANGE:
                asked = words.get("guide.change")
                return self._asks(Question(Ask.CHANGE, "", asked, asked), words)
            case Act.ASK_AGAIN:
                return self._asks(question, words, words.get("guide.again"), self._hint(filling, question, words))
            case Act.LEAVE_TO_MODEL:
                return self._asks_after_model(question)

    async def _after(self, filling: Filling, turn: Turn, words: Words) -> OwnAnswer | None:
        """What follows a function that has run in this turn."""
        name = turn.done[-1]
        if name == naming.CLOSE and filling.status is Status.CLOSED:
            return OwnAnswer(text=words.get("guide.closed"))
        if name == naming.SUBMIT and filling.status is Status.SUBMITTED:
            return OwnAnswer(text=_sent(filling, words))
        if not filling.is_open:
            return None
        if name == naming.SUBMIT and self._forms.is_watched(filling):
            return OwnAnswer(text=words.get("guide.sending"))
        if name == naming.SUBMIT and filling.refusal is not None:
            return await self._refusal(filling, words)
        pending = await self._pending(filling, words)
        if name == filling.form.tool_name and (mentioned := self._answers(filling, words).mentioned(turn.said)):
            return self._calls(naming.SET_VALUES, filling, values=mentioned)
        if name != filling.form.tool_name and name not in naming.STEERING:
            return self._asks_after_model(pending)
        if (step := self._step_to_show(filling, pending)) is not None and name != naming.GO_TO_STEP:
            return self._calls(naming.GO_TO_STEP, filling, step_index=step)
        begin = [words.get("guide.begin")] if turn.done == (filling.form.tool_name,) else []
        return self._asks(pending, words, *begin, *self._echo(filling, pending, words))

    def _confirmation(self, filling: Filling, turn: Turn, words: Words) -> OwnAnswer | None:
        """What is said when the caller's page has confirmed the submission."""
        # It may follow the caller's “yes” before that is answered.
        is_told = filling.confirmation and turn.said.endswith(filling.confirmation)
        return OwnAnswer(text=_sent(filling, words)) if filling.status is Status.SUBMITTED and is_told else None

    async def _refusal(self, filling: Filling, words: Words) -> OwnAnswer | None:
        """What is said when a submission has failed. What nobody knows is left to the model."""
        refusal = filling.refusal
        if refusal is None or refusal.code == "no_answer":
            return None
        told = [words.get("guide.refused"), refusal.message, *refusal.errors.values()]
        return self._asks(await self._pending(filling, words), words, *told)

    def _echo(self, filling: Filling, pending: Question, words: Words) -> list[str]:
        """What is said of the values that were just given: dates and times, or that one was not understood."""
        if pending.name in filling.problems:
            return [words.get("guide.again"), self._hint(filling, pending, words)]
        if pending.ask is Ask.SENDING:
            return []
        context = self._forms.around.context()
        fresh = [name for name, (_, number) in filling.read_back.items() if number == self._forms.turn]
        dated = [name for name in fresh if filling.form.fields[name].get("type") in ("date", "time")]
        return [sentence(said_value(filling, name, context), words) for name in dated]

    def _step_to_show(self, filling: Filling, question: Question) -> int | None:
        """The step that has the field that is asked for, unless the page shows it or there is no page."""
        if not question.name or self._forms.around.clients.by_phone:
            return None
        step = filling.form.step_of(question.name)
        return step if step != filling.step else None

    def _hint(self, filling: Filling, question: Question, words: Words) -> str:
        if question.ask is not Ask.VALUE:
            return ""
        return hint(filling.form.fields[question.name], words, self._forms.around.context())

    async def _pending(self, filling: Filling, words: Words, confirmed: Mapping[str, str] | None = None) -> Question:
        known = self._confirmed_in(filling) if confirmed is None else confirmed
        faults = await self._forms.faults(filling)
        return next_question(filling, faults, known, words, self._forms.around.context())

    def _question_of(self, filling: Filling) -> Question | None:
        """The question that the caller has heard last, if it can still be answered."""
        asked = self._asked
        if asked is None or (asked.name and asked.name not in filling.form.fields):
            return None
        if asked.ask is Ask.CONFIRMATION and not filling.values[asked.name]:
            return None
        # What was missing then may have been filled on the page since, and what was whole may be blank.
        wanted = {*filling.missing(), *filling.problems}
        if asked.ask is Ask.VALUE:
            return asked if asked.name in wanted else None
        is_ready = not wanted
        return asked if asked.ask is Ask.CONFIRMATION or is_ready else None

    def _asks(self, question: Question, words: Words, *before: str) -> OwnAnswer:
        text = joined([*before, question.text], words)
        self._prepared.append((text, question))
        return OwnAnswer(text=text)

    def _asks_after_model(self, question: Question) -> OwnAnswer:
        self._prepared.append((question.ending, question))
        return OwnAnswer(text=question.ending, after_model=True)

    def _calls(self, name: str, filling: Filling, **arguments: Any) -> OwnAnswer:
        return OwnAnswer(call=(name, {"form_id": filling.form.id, **arguments}))

    def _answers(self, filling: Filling, words: Words) -> Answers:
        return Answers(filling, words, self._forms.around.context())

    def _confirmed_in(self, filling: Filling) -> dict[str, str]:
        return self._confirmed.get(filling.number, {})

    def _on_turn(self, event: TurnBegan) -> None:
        filling, words = self._forms.newest, words_of(self._forms.around.context().language)
        asked = self._question_of(filling) if filling is not None and filling.is_open else None
        if filling is None or words is None or asked is None or asked.ask is not Ask.CONFIRMATION:
            return
        if self._answers(filling, words).meaning(event.text, asked).act is Act.CONFIRM:
            self._confirmed.setdefault(filling.number, {})[asked.name] = filling.values[asked.name]

    def _on_reply(self, event: ReplySpoken) -> None:
        """Notes which question the caller has heard. One that was cut off counts, unless it lets the form go."""
        heard = event.text.strip()
        for text, question in reversed(self._prepared):
            is_cut = event.interrupted and question.ask is not Ask.SENDING and text.startswith(heard)
            if heard.endswith(question.ending) or is_cut:
                self._asked = question
                return
        self._asked = None


def _sent(filling: Filling, words: Words) -> str:
    return str(filling.form.definition.get("success_message") or "") or words.get("guide.sent")
