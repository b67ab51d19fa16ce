"""The OpenAPI document as Markdown, for docs/: `python -m services.gateway.openapi.markdown docs/http-reference.md`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.gateway.openapi.document import document
from services.gateway.openapi.schema import operations

# Fields nested deeper are only in the OpenAPI document.
_MAX_DEPTH = 3
# Headers that many answers have; the introduction describes them.
_COMMON_HEADERS = frozenset({"X-Request-Id", "Retry-After", "WWW-Authenticate"})
# Keywords of lower and upper bounds, and their unit.
_BOUNDS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)
_HEAD = """# HTTP reference

<!-- Written by `make docs` from the gateway's OpenAPI document. -->
"""


def markdown(described: dict[str, Any]) -> str:
    """The reference of an OpenAPI 3.1 document."""
    return "\n".join(_lines(described, Schemas(described["components"]["schemas"]))) + "\n"


class Schemas:
    """Describes the schemas of a document in words."""

    def __init__(self, named: dict[str, Any]) -> None:
        self._named = named

    def resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema itself, or the one that it refers to."""
        name = schema.get("$ref", "").rpartition("/")[2]
        found: dict[str, Any] = self._named[name] if name else schema
        return found

    def kind(self, schema: dict[str, Any]) -> str:
        """The type of a value in a few words."""
        if "$ref" in schema:
            model = self.resolve(schema)
            return self.kind(model) if "enum" in model else str(model.get("title", "object"))
        if "enum" in schema:
            return " | ".join(json.dumps(value) for value in schema["enum"])
        if "const" in schema:
            return json.dumps(schema["const"])
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return " or ".join(dict.fromkeys(self.kind(choice) for choice in choices))
        if schema.get("type") == "array":
            return f"array of {self.kind(schema.get('items', {}))}"
        return " ".join(filter(None, (schema.get("type", "any value"), schema.get("format"))))

    def limits(self, schema: dict[str, Any]) -> str:
        """The default and the bounds of a value as sentences; empty when it has none."""
        sentences = []
        if schema.get("default") not in (None, "", [], {}):
            sentences.append(f"Default `{json.dumps(schema['default'], ensure_ascii=False)}`.")
        for candidate in (schema, *schema.get("anyOf", ())):
            for least, most, unit in _BOUNDS:
                low, high = candidate.get(least), candidate.get(most)
                if low is not None or high is not None:
                    sentences.append(_between(low, high) + unit + ".")
        return " ".join(sentences)

    def inner(self, schema: dict[str, Any]) -> dict[str, Any] | None:
        """The object with properties inside a schema, or None."""
        for candidate in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
            model = self.resolve(candidate)
            if "properties" in model:
                return model
        return None


def _lines(described: dict[str, Any], schemas: Schemas) -> Iterator[str]:
    yield _HEAD
    yield described["info"]["description"]
    yield "\n[api.md](api.md) says how to begin, and what Callbox does where the documented API says nothing.\n"
    yield "| operation | |\n|---|---|"
    for path, method, operation in operations(described):
        yield f"| [{operation['summary']}](#{_anchor(operation['summary'])}) | `{method.upper()} {path}` |"
    yield from _refusals(described, schemas)
    for tag in described["tags"]:
        yield f"\n## {tag['name'].capitalize()}\n\n{tag['description']}"
        for path, method, operation in operations(described):
            if tag["name"] in operation["tags"]:
                yield from _operation(path, method, operation, described, schemas)


def _refusals(described: dict[str, Any], schemas: Schemas) -> Iterator[str]:
    yield "\n## Errors\n"
    yield from _fields({"$ref": "#/components/schemas/ErrorBody"}, schemas)
    yield "\n| status | `code` | an example |\n|---|---|---|"
    seen: dict[tuple[str, str], str] = {}
    for _, _, operation in operations(described):
        for status, answer in operation["responses"].items():
            if status >= "400":
                for code in answer["content"]["application/json"]["examples"]:
                    seen[status, code] = described["components"]["examples"][code]["value"]["message"]
    yield from (f"| {status} | `{code}` | {_cell(message)} |" for (status, code), message in sorted(seen.items()))


def _operation(
    path: str, method: str, operation: dict[str, Any], described: dict[str, Any], schemas: Schemas
) -> Iterator[str]:
    yield f"\n### {operation['summary']}\n\n`{method.upper()} {path}`\n\n{operation['description']}\n"
    yield f"Credential: {_credential(operation, described)}."
    if parameters := operation.get("parameters"):
        yield "\n| parameter | in | type | |\n|---|---|---|---|"
        for parameter in parameters:
            kind, needed = schemas.kind(parameter["schema"]), ", required" if parameter.get("required") else ""
            name, place = parameter["name"], parameter["in"]
            meaning = _cell(f"{parameter['description']} {schemas.limits(parameter['schema'])}")
            yield f"| `{name}` | {place} | {_cell(kind)}{needed} | {meaning} |"
    for media_type, media in operation.get("requestBody", {}).get("content", {}).items():
        yield f"\nBody, `{media_type}`:\n"
        yield from _fields(media["schema"], schemas)
        yield from _examples(media)
    for status, answer in operation["responses"].items():
        if status < "400":
            yield from _success(status, answer, schemas)
    refused = [status for status in operation["responses"] if status >= "400"]
    yield "\nRefused with " + ", ".join(_refusal(status, operation["responses"][status]) for status in refused) + "."


def _credential(operation: dict[str, Any], described: dict[str, Any]) -> str:
    schemes = described["components"]["securitySchemes"]
    words = {
        "http": "access token (`Authorization: Bearer`)",
        "X-API-Key": "API key (`X-API-Key`)",
        "Origin": "none for a page whose `Origin` the character lists",
    }
    names = [name for choice in operation.get("security", ()) for name in choice]
    kinds = [words[schemes[name].get("name", schemes[name]["type"])] for name in names]
    return ", or ".join(kinds) if kinds else "none"


def _success(status: str, answer: dict[str, Any], schemas: Schemas) -> Iterator[str]:
    headers = [f"`{name}`" for name in answer["headers"] if name not in _COMMON_HEADERS]
    listed = f" Headers: {', '.join(headers)}." if headers else ""
    yield f"\nAnswers {status}: {answer['description']}{listed}"
    for media_type, media in answer.get("content", {}).items():
        if media_type != "application/json":
            yield f"\nThe body is `{media_type}`."
            continue
        choices = media["schema"].get("anyOf", [media["schema"]])
        for choice in choices:
            if len(choices) > 1:
                yield f"\n{schemas.kind(choice)}:"
            yield ""
            yield from _fields(choice, schemas)
        yield from _examples(media)


def _refusal(status: str, answer: dict[str, Any]) -> str:
    codes = answer["content"]["application/json"]["examples"]
    return f"{status} " + " or ".join(f"`{code}`" for code in codes)


def _fields(schema: dict[str, Any], schemas: Schemas) -> Iterator[str]:
    rows = list(_rows(schema, schemas, "", 1))
    if rows:
        yield "| field | type | |\n|---|---|---|"
        yield from rows
    elif schema:
        yield f"{schemas.kind(schema)}"


def _rows(schema: dict[str, Any], schemas: Schemas, path: str, depth: int) -> Iterator[str]:
    model = schemas.inner(schema)
    if model is None or depth > _MAX_DEPTH:
        return
    for name, field in model["properties"].items():
        needed = ", required" if name in model.get("required", ()) else ""
        meaning = _cell(f"{field.get('description', '')} {schemas.limits(field)}")
        yield f"| `{path}{name}` | {_cell(schemas.kind(field))}{needed} | {meaning} |"
        inside = ".0." if schemas.resolve(field).get("type") == "array" else "."
        yield from _rows(field, schemas, f"{path}{name}{inside}", depth + 1)


def _examples(media: dict[str, Any]) -> Iterator[str]:
    many = [example["value"] for example in media.get("examples", {}).values() if "value" in example]
    for example in [*many, *([media["example"]] if "example" in media else [])]:
        if not isinstance(example, str):
            yield f"\n```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```"


def _between(low: float | None, high: float | None) -> str:
    if high is None:
        return f"At least {low:g}"
    return f"At most {high:.0f}" if low is None else f"{low:.0f} to {high:.0f}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _anchor(heading: str) -> str:
    return "".join(sign for sign in heading.lower().replace(" ", "-") if sign.isalnum() or sign in "-_")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(document()))
