"""Validates the definition of a character on write, and fills in the defaults."""

from itertools import islice
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.characters.definition import cross_checks
from services.kit.character_definition.field_types import ValidationContext, compact_json, must_be_one_of
from services.kit.character_definition.fields import MAX_DEFINITION_BYTES, Definition
from services.kit.character_definition.tools import TOOL_KINDS
from services.kit.errors import CallboxError, Code, validation
from services.kit.net.url_policy import Allowances

_MAX_FAULTS = 50
_DOCUMENTS = "documents"
_NOTHING_ALLOWED = Allowances()


def validated(content: dict[str, Any], allowed: Allowances = _NOTHING_ALLOWED) -> dict[str, Any]:
    """The whole definition: the content, with defaults for fields that are not set.

    allowed: private addresses that URLs may name.
    Raises: CallboxError `validation_failed` with each fault by its path, such as `tools.0.name`.
    """
    kept = {name: value for name, value in content.items() if name in Definition.model_fields and name != _DOCUMENTS}
    if len(compact_json(kept).encode()) > MAX_DEFINITION_BYTES:
        raise CallboxError(
            Code.VALIDATION_FAILED, f"A character must be at most {MAX_DEFINITION_BYTES:,} bytes of JSON; shorten it."
        )
    context = ValidationContext(allowed)
    try:
        definition = _plain(Definition.model_validate_json(compact_json(content), context=context))
    except ValidationError as fault:
        faults: dict[str, list[str]] = {}
        for error in fault.errors(include_input=False, include_url=False)[:_MAX_FAULTS]:
            path, sentence = _fault(error)
            faults.setdefault(path, []).append(sentence)
        raise validation(faults) from None
    if conflicts := dict(islice(cross_checks.faults(definition, context).items(), _MAX_FAULTS)):
        raise validation(conflicts)
    return definition


def _plain(definition: Definition) -> dict[str, Any]:
    """The definition as JSON. The appearance and the configurations of tools keep only what was set."""
    plain = definition.model_dump(mode="json")
    plain["widget_appearance"] = definition.widget_appearance.model_dump(mode="json", exclude_unset=True)
    for tool, plain_tool in zip(definition.tools, plain["tools"], strict=True):
        plain_tool["config"] = tool.config.model_dump(mode="json", exclude_unset=True)
    return plain


def _fault(error: ErrorDetails) -> tuple[str, str]:
    """Path and sentence of a fault."""
    steps = [str(step) for step in error["loc"]]
    if error["type"].startswith("union_tag_"):
        return ".".join((*steps, "kind")), must_be_one_of(TOOL_KINDS)
    if steps[0] == "tools" and len(steps) > 2 and steps[2] in TOOL_KINDS:
        # pydantic puts the kind of the tool into the path, where the document has no such step.
        del steps[2]
    return ".".join(steps), error["msg"].removeprefix("Value error, ")


DEFAULTS = validated({"slug": "default", "name": "default"}) | {"slug": "", "name": ""}
