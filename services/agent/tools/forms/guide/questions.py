"""What the guide asks the caller: for the next value, whether a value is right, whether the form may be sent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.agent.tools.forms.filling import Filling
from services.agent.tools.forms.form import Field
from services.agent.tools.forms.report import next_field
from services.agent.tools.forms.values import Context, understood
from services.agent.tools.forms.values.choices import options_of
from services.agent.tools.forms.values.words import Words
from services.kit.forms.answers import type_of
from services.kit.forms.text import trimmed

# Values that are easily misheard are confirmed one by one.
_CONFIRMED = frozenset({"email", "tel"})
# More options are too many to listen to.
_MAX_SAID_OPTIONS = 5
_MAX_VALUE_CHARACTERS = 120


class Ask(StrEnum):
    """What a question is for."""

    VALUE = "value"
    CONFIRMATION = "confirmation"
    SENDING = "sending"
    CHANGE = "change"


@dataclass(frozen=True)
class Question:
    """A question to the caller.

    name: of the field; empty for the whole form. text: as it is spoken. ending: the part of it that is repeated when
    the caller has not answered it.
    """

    ask: Ask
    name: str
    text: str
    ending: str


def joined(sentences: list[str], words: Words) -> str:
    """Sentences in a row."""
    return (" " if words.has_blanks else "").join(filter(None, sentences))


def next_question(
    filling: Filling, faults: Mapping[str, str], confirmed: Mapping[str, str], words: Words, context: Context
) -> Question:
    """What the caller is to be asked now. confirmed: field name → the value that the caller has called right."""
    for name, (value, _) in filling.read_back.items():
        is_fresh = filling.values[name] == value and name not in filling.problems
        if is_fresh and confirmed.get(name) != value and _must_be_confirmed(filling, name):
            heard = said_value(filling, name, context)
            asked = words.get("guide.confirm").format(value=heard)
            return Question(Ask.CONFIRMATION, name, asked, asked)
    if name := next_field(filling, faults):
        asked = _question(filling.form.fields[name], name, words)
        return Question(Ask.VALUE, name, asked, asked)
    values = [
        sentence(f"{_label(field, name)}: {said_value(filling, name, context)}", words)
        for name, field in filling.form.fields.items()
        if trimmed(filling.values[name]) and not (name in confirmed and _must_be_confirmed(filling, name))
    ]
    asked = words.get("guide.send")
    return Question(Ask.SENDING, "", joined([*values, asked], words), asked)


def hint(field: Field, words: Words, context: Context) -> str:
    """What helps a caller whose answer was no value of a field: its help text and its bounds; may be empty."""
    low, high = (_bound(field, name, context) for name in ("min", "max"))
    bounds = ""
    if type_of(field) in ("date", "time", "number") and (low or high):
        key = "between" if low and high else "least" if low else "most"
        bounds = words.get(f"guide.{key}").format(low=low, high=high)
    return joined([sentence(str(field.get("help_text") or ""), words), bounds], words)


def said_value(filling: Filling, name: str, context: Context) -> str:
    """A value of a field as it is spoken."""
    field, value = filling.form.fields[name], filling.values[name]
    labels = {option.value: option.label for option in options_of(field.get("options") or ())}
    return (understood(field, value, context).read_back or labels.get(value, value))[:_MAX_VALUE_CHARACTERS]


def _must_be_confirmed(filling: Filling, name: str) -> bool:
    field = filling.form.fields[name]
    is_code = bool(field.get("pattern")) and any(sign.isdigit() for sign in filling.values[name])
    return type_of(field) in _CONFIRMED or is_code


def _question(field: Field, name: str, words: Words) -> str:
    label = _label(field, name)
    if field.get("type") == "checkbox":
        return words.get("guide.consent").format(label=sentence(label, words))
    asked = label if label.endswith(("?", "？")) else words.get("guide.ask").format(label=label)
    labels = [option.label for option in options_of(field.get("options") or ())]
    if not 1 < len(labels) <= _MAX_SAID_OPTIONS:
        return asked
    options = words.get("guide.either").format(options=", ".join(labels[:-1]), last=labels[-1])
    return joined([asked, words.get("guide.ask").format(label=options)], words)


def _label(field: Field, name: str) -> str:
    return str(field.get("label") or name).strip().rstrip(":*").strip()


def sentence(text: str, words: Words) -> str:
    """A text with a full stop, unless it ends like a sentence."""
    text = text.strip()
    return text if not text or text[-1] in ".!?。！？।" else text + ("." if words.has_blanks else "。")


def _bound(field: Field, name: str, context: Context) -> str:
    if field.get(name) is None:
        return ""
    value = str(field[name])
    plain = {"type": field.get("type"), "name": "bound"}
    return understood(plain, value, context).read_back or value
