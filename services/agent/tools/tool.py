"""A tool as the belt runs it: what the model is shown of it, and what a call of it comes to."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from services.agent.moments import Kind

Arguments: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a call of a tool came to.

    text: the tool's own answer, of any length; of a failure its message. error: code of the failure, such as `timeout`
    or `http_500` (contract 14.8); empty when there was none. is_last: the model says nothing of it.
    """

    text: str
    error: str = ""
    is_last: bool = False


@dataclass(frozen=True)
class Tool:
    """A function that the model can call.

    schema: JSON Schema of the arguments, an object. act: carries a call out with valid arguments; never raises, except
    CancelledError. is_active: asked before each answer; a tool that is not active is not shown to the model.
    listed_schema: a schema that becomes known during the call, and replaces `schema` then; None as long as it is not.
    wait_phrases: what the caller hears while it runs, instead of the fixed lines.
    """

    name: str
    kind: Kind
    description: str
    schema: Mapping[str, Any]
    act: Callable[[Arguments], Awaitable[Outcome]]
    is_active: Callable[[], bool] = lambda: True
    listed_schema: Callable[[], Mapping[str, Any] | None] | None = None
    wait_phrases: tuple[str, ...] = ()


def failure(code: str, detail: str) -> Outcome:
    """A failure. detail: a sentence that tells the model what happened and what would do."""
    return Outcome(detail, code)


def as_text(value: Any) -> str:
    """A value as JSON for the model."""
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
