"""What a caller's words mean as an answer to a question about a form. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.agent.tools.forms.filling import Filling
from services.agent.tools.forms.form import Field
from services.agent.tools.forms.guide.questions import Ask, Question
from services.agent.tools.forms.values import Context, corrected, understood
from services.agent.tools.forms.values.consent import consent_in
from services.agent.tools.forms.values.figures import MAX_SPOKEN_CHARACTERS, with_figures
from services.agent.tools.forms.values.result import NotUnderstoodError
from services.agent.tools.forms.values.spelling import without_fillers
from services.agent.tools.forms.values.words import Words, fold
from services.kit.forms.answers import type_of

# A longer answer to a question for a short text is a sentence about something else.
_MAX_TEXT_WORDS, _MAX_TEXT_SIGNS = 6, 20
# More words than this are more than yes, no or a value that was not understood.
_MAX_SHORT_WORDS, _MAX_SHORT_SIGNS = 7, 14
# Types whose values are recognised in the middle of a sentence.
_RECOGNISED = frozenset({"date", "time", "email", "select", "radio"})
_TEXTS = frozenset({"text", "textarea"})
_MIN_LABEL_WORD = 3


class Act(StrEnum):
    """What is to be done after the caller's words."""

    SET = "set"
    CONFIRM = "confirm"
    SEND = "send"
    CLOSE = "close"
    ASK_CHANGE = "ask_change"
    ASK_AGAIN = "ask_again"
    LEAVE_TO_MODEL = "leave_to_model"


@dataclass(frozen=True)
class Meaning:
    """values: for `SET`, field name → the caller's words; None has the field asked for again."""

    act: Act
    values: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """Reads answers about one form. words: of the caller's language."""

    filling: Filling
    words: Words
    context: Context

    def meaning(self, said: str, question: Question) -> Meaning:
        """What an answer to a question means."""
        if not said.strip() or len(said) > MAX_SPOKEN_CHARACTERS:
            return Meaning(Act.LEAVE_TO_MODEL)
        if self._stops(said):
            return Meaning(Act.CLOSE)
        match question.ask:
            case Ask.CONFIRMATION:
                found = self._confirmation(said, question.name)
            case Ask.VALUE:
                found = self._value(said, question.name)
            case Ask.SENDING:
                found = self._sending(said)
            case Ask.CHANGE:
                found = self._changed(said)
        if found is not None:
            return found
        is_unclear = self._is_short(said) and not self._is_question(said)
        return Meaning(Act.ASK_AGAIN if is_unclear else Act.LEAVE_TO_MODEL)

    def mentioned(self, said: str) -> dict[str, str | None]:
        """Values that stand in a sentence with which the caller asked for the form. Names are not guessed."""
        return dict.fromkeys(self._recognised(said, self.filling.form.fields), said)

    def _confirmation(self, said: str, name: str) -> Meaning | None:
        field, earlier = self.filling.form.fields[name], self.filling.values[name]
        heard = corrected(field, earlier, said, self.context)
        consent = self._consent(said)
        if heard.value == earlier and consent is not False:
            return Meaning(Act.CONFIRM)
        if heard.value is not None and heard.value != earlier:
            return Meaning(Act.SET, {name: said})
        if consent is False:
            return Meaning(Act.SET, {name: None})
        return self._labelled(said, without=name)

    def _value(self, said: str, name: str) -> Meaning | None:
        field = self.filling.form.fields[name]
        if type_of(field) in _TEXTS and not field.get("pattern"):
            # A name may have the word of a label in it.
            if (other := self._labelled(said, without=name)) is not None and None not in other.values.values():
                return other
            text = self._text(said, field)
            return Meaning(Act.SET, {name: text}) if text else None
        earlier = self.filling.values[name]
        heard = corrected(field, earlier, said, self.context) if earlier else understood(field, said, self.context)
        if heard.value is None:
            others = self._recognised(said, self.filling.missing())
            return Meaning(Act.SET, dict.fromkeys(others, said)) if others else self._labelled(said, without=name)
        values: dict[str, str | None] = {name: said}
        if type_of(field) in ("date", "time"):
            # “Tuesday at three” answers both.
            missing = [each for each in self.filling.missing() if type_of(self._field(each)) in ("date", "time")]
            values |= dict.fromkeys(self._recognised(said, missing), said)
        return Meaning(Act.SET, values)

    def _sending(self, said: str) -> Meaning | None:
        changed, consent = self._changed(said), self._consent(said)
        # “Yes, the time is fine” names a field and changes nothing.
        if changed is not None and not (consent and None in changed.values.values()):
            return changed
        if consent is None or not self._is_short(said):
            return None
        return Meaning(Act.SEND if consent else Act.ASK_CHANGE)

    def _changed(self, said: str) -> Meaning | None:
        """A new value for a field that is named, or that only one field can have."""
        if (named := self._labelled(said)) is not None:
            return named
        names = self._recognised(said, self.filling.form.fields)
        return Meaning(Act.SET, {names[0]: said}) if len(names) == 1 else None

    def _recognised(self, said: str, names: Iterable[str]) -> list[str]:
        """The fields, of types that are easily recognised, of which a sentence has a new value."""
        if self._is_question(said):
            return []
        heard = {
            name: understood(self._field(name), said, self.context).value
            for name in names
            if type_of(self._field(name)) in _RECOGNISED
        }
        return [name for name, value in heard.items() if value is not None and value != self.filling.values[name]]

    def _labelled(self, said: str, without: str = "") -> Meaning | None:
        """A value for the one field whose label the caller says: “the date is Friday”."""
        if self._is_question(said):
            return None
        spoken = _plain(said)
        labels = {name: _plain(str(each.get("label") or name)) for name, each in self.filling.form.fields.items()}
        tokens = {name: self._tokens(label) for name, label in labels.items()}
        found: dict[str, int] = {}
        for name, own in tokens.items():
            others = set().union(*(each for other, each in tokens.items() if other != name))
            ends = [self._end_of(token, spoken) for token in own - others]
            if ends := [end for end in ends if end]:
                found[name] = max(ends)
        if len(found) != 1 or without in found:
            return None
        ((name, end),) = found.items()
        field = self._field(name)
        if type_of(field) in _TEXTS and not field.get("pattern"):
            rest = self._behind(said, spoken, end)
            linked = self._pattern("guide.link")
            while match := linked.match(fold(rest.strip(" ,.:"))):
                rest = rest.strip(" ,.:")[match.end() :]
            text = self._text(rest, field)
            return Meaning(Act.SET, {name: text}) if text else self._asked_anew(said, name)
        heard = corrected(field, self.filling.values[name], said, self.context)
        if heard.value is not None and heard.value != self.filling.values[name]:
            return Meaning(Act.SET, {name: said})
        return self._asked_anew(said, name)

    def _asked_anew(self, said: str, name: str) -> Meaning | None:
        """Has a field asked for again whose name alone was said: “no, the date”."""
        is_alone = self._field(name).get("required") and self._is_short(said)
        return Meaning(Act.SET, {name: None}) if is_alone else None

    def _text(self, said: str, field: Field) -> str:
        """A short text without what stands before it: “my name is Anna.” is “Anna”; empty if it is none."""
        text = said.strip().rstrip(".。।!,").strip()
        if self._is_question(said) or self._consent(said) is not None:
            return ""
        lead = self._pattern("guide.lead")
        if match := lead.match(fold(text)):
            text = self._behind(text, fold(text), match.end()).strip(" ,:")
        if tail := self.words.get("guide.tail"):
            text = re.sub(rf"(?:{tail})$", "", text).strip()
        is_long = len(text.split()) > _MAX_TEXT_WORDS if self.words.has_blanks else len(text) > _MAX_TEXT_SIGNS
        return "" if is_long and type_of(field) != "textarea" else text

    def _consent(self, said: str) -> bool | None:
        """Whether words say yes or no; None if neither is clear."""
        if not self._is_short(said):
            return None
        try:
            return consent_in(with_figures(said, self.words), self.words)
        except NotUnderstoodError:
            return None

    def _stops(self, said: str) -> bool:
        stop = self._pattern("guide.stop")
        plain = " ".join(re.sub(r"[^\w\s']", " ", fold(said)).split())
        bare = self.words.without("correct.no", plain)
        return any(stop.fullmatch(each) for each in (plain, bare, without_fillers(bare, self.words)))

    def _is_question(self, said: str) -> bool:
        if said.strip().endswith(("?", "？")):
            return True
        begins = self._pattern("guide.question")
        return bool(begins.match(re.sub(r"^[^\w]+", "", fold(said))))

    def _is_short(self, said: str) -> bool:
        if self.words.has_blanks:
            return len(said.split()) <= _MAX_SHORT_WORDS
        return len(said) <= _MAX_SHORT_SIGNS

    def _tokens(self, label: str) -> set[str]:
        """The words of a label that can name its field."""
        if not self.words.has_blanks:
            return {label} if label else set()
        return {word for word in label.split() if len(word) >= _MIN_LABEL_WORD}

    def _end_of(self, token: str, spoken: str) -> int:
        """Where a word ends in a sentence; 0 if it is not in it."""
        if not self.words.has_blanks:
            return spoken.find(token) + len(token) if token in spoken else 0
        match = re.search(rf"\b{re.escape(token)}\b", spoken)
        return match.end() if match else 0

    def _behind(self, text: str, folded: str, end: int) -> str:
        """What follows a place in the folded text. Folding can change the length of words, but not their number."""
        if len(text) == len(folded):
            return text[end:]
        if self.words.has_blanks and len(text.split()) == len(folded.split()):
            return " ".join(text.split()[len(folded[:end].split()) :])
        return folded[end:]

    def _pattern(self, path: str) -> re.Pattern[str]:
        pattern = self.words.pattern(path)
        assert pattern is not None, f"the language has no {path}"
        return pattern

    def _field(self, name: str) -> Field:
        return self.filling.form.fields[name]


def _plain(text: str) -> str:
    """Folded text of the same length as far as possible, without punctuation."""
    return re.sub(r"[^\w\s]|_", " ", fold(text).replace("e-mail", "email "))
