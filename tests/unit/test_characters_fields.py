"""Contract 2.2, 14.1 and 14.5: the OpenAPI document has every field that characters takes, with the same limits."""

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from services.characters.definition.validation import DEFAULTS, validated
from services.gateway.openapi.document import document
from services.kit.character_definition.fields import Definition
from services.kit.errors import CallboxError

Schema = dict[str, Any]
Path = tuple[str | int, ...]

LIMITS = (
    "const", "enum", "maximum", "maxItems", "maxLength", "maxProperties", "minimum", "minItems", "minLength",
    "pattern", "type",
)  # fmt: skip
DOCUMENT = document()["components"]["schemas"]
DECLARED = Definition.model_json_schema(ref_template="#/components/schemas/{model}")
TOOL = {"description": "Does it."}
# Has every object that a definition can have.
WHOLE: dict[str, Any] = {
    "slug": "support-bot",
    "name": "Support",
    "voice": {},
    "handoff_targets": [{"slug": "sales-bot"}],
    "mcp_servers": [{"name": "search", "url": "https://mcp.acme.com/mcp"}],
    "tools": [
        {**TOOL, "name": "a", "kind": "http", "config": {"url": "https://api.acme.com/"}},
        {**TOOL, "name": "b", "kind": "kb", "config": {}},
        {**TOOL, "name": "c", "kind": "mcp", "config": {"server_name": "search", "tool_name": "web_search"}},
        {**TOOL, "name": "d", "kind": "client_event", "config": {"topic": "custom.open"}},
    ],
    "widget_appearance": {
        **{name: {} for name in ("theme", "dimensions", "layout", "labels", "noise_cancellation")},
        "languages": [{"code": "en"}],
        "forms": [
            {
                "id": "a-form",
                "title": "A form",
                "layout": {},
                "fields": [{"name": "email", "type": "email"}],
                "steps": [{"fields": [{"name": "email", "type": "email"}]}],
            }
        ],
    },
}


def alternatives(schema: Schema, named: dict[str, Schema]) -> Iterator[Schema]:
    """The schemas that a value may follow, but for `null`."""
    if "$ref" in schema:
        yield from alternatives(named[schema["$ref"].rpartition("/")[2]], named)
    elif choices := schema.get("anyOf") or schema.get("oneOf"):
        for choice in choices:
            yield from alternatives(choice, named)
    elif schema.get("type") != "null":
        yield schema


def limits(schema: Schema, named: dict[str, Schema], path: Path = ()) -> Iterator[tuple[Path, str, Any]]:
    """Path, keyword and value of every limit. An item of an array is at 0, or at the number of its alternative."""
    for number, choice in enumerate(alternatives(schema, named)):
        # A property that is const stands for the kind of its object.
        yield from ((path, keyword, choice[keyword]) for keyword in LIMITS if keyword in choice)
        for name, field in choice.get("properties", {}).items():
            yield from limits(field, named, (*path, name))
        if isinstance(values := choice.get("additionalProperties"), dict):
            yield from limits(values, named, (*path, "*"))
        for index, item in enumerate(alternatives(choice["items"], named) if "items" in choice else ()):
            yield from limits(item, named, (*path, index))
        assert number == 0, f"{path} has alternatives that are not of an array"


@pytest.mark.parametrize("model", ["CharacterDefinition", "CharacterChange", "CharacterReplacement"])
def test_every_field_has_the_limits_of_its_declaration(model: str) -> None:
    declared = {limit for limit in limits(DECLARED, DECLARED["$defs"]) if limit[1] not in ("enum", "const")}
    words = [limit for limit in limits(DECLARED, DECLARED["$defs"]) if limit[1] in ("enum", "const")]
    documented = list(limits(DOCUMENT[model], DOCUMENT))
    without_slug = model != "CharacterDefinition"
    missing = [limit for limit in (*declared, *words) if limit not in documented]
    assert [limit for limit in missing if not (without_slug and limit[0] == ("slug",))] == []
    assert len(documented) > 250


def beyond(keyword: str, limit: Any) -> Any:
    """A value that breaks a limit."""
    match keyword:
        case "maxLength":
            return "x" * (limit + 1)
        case "minLength":
            return ""
        case "maxItems":
            return ["x"] * (limit + 1)
        case "minItems":
            return []
        case "maxProperties":
            return {f"X-{number}": "1" for number in range(limit + 1)}
        case "minimum":
            return limit - 1
        case "maximum":
            return limit + 1
        case "enum" | "const" | "pattern":
            return "no such word!"
    return None


def test_every_documented_limit_is_enforced() -> None:
    tried = 0
    for path, keyword, limit in limits(DOCUMENT["CharacterDefinition"], DOCUMENT):
        value = beyond(keyword, limit)
        if value is None or path[-1] == "kind" or path[0] == "documents":
            continue
        content = copy.deepcopy(WHOLE)
        container: Any = content
        for step, following in pairwise(path):
            if isinstance(container, dict):
                container.setdefault(step, [] if isinstance(following, int) else {})
            container = container[step]
        if isinstance(container, list):
            container.append(value)
        else:
            container["X-Own" if path[-1] == "*" else path[-1]] = value
        with pytest.raises(CallboxError) as caught:
            validated(content)
        steps = path[:-1] if isinstance(path[-1], int) else path
        place = ".".join(str(step) for step in steps if step != "*")
        assert next(iter(caught.value.fields)).startswith(place), f"{keyword} of {place}: {caught.value.fields}"
        tried += 1
    assert tried > 120


def test_what_holds_every_object_is_valid() -> None:
    assert set(validated(WHOLE)) == set(DEFAULTS)
