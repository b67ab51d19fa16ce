"""The OpenAPI document as one HTML page: no script, nothing from elsewhere."""

import base64
import json
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

_STYLE = (Path(__file__).parent / "page.css").read_text()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_METHODS = ("get", "post", "put", "patch", "delete")
# A model inside a model inside a model is shown by its name alone.
_MAX_DEPTH = 3
_REFUSALS = "Refusals and faults"
# Keywords of the least and the most, and what they count.
_BOUNDS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)


def page(document: dict[str, Any]) -> str:
    """The page of an OpenAPI 3.1 document."""
    return "\n".join(_page(document, Schemas(document["components"]["schemas"])))


class Schemas:
    """Named models of the document."""

    def __init__(self, named: dict[str, Any]) -> None:
        self._named = named

    def resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The model itself where a schema names one."""
        name = schema.get("$ref", "").rpartition("/")[2]
        found: dict[str, Any] = self._named[name] if name else schema
        return found

    def kind(self, schema: dict[str, Any]) -> str:
        """What a value is, in a few words."""
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
        """The object with properties inside a schema, if there is one."""
        for candidate in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
            model = self.resolve(candidate)
            if "properties" in model:
                return model
        return None


def _page(document: dict[str, Any], schemas: Schemas) -> Iterator[str]:
    info = document["info"]
    yield "<!doctype html><html lang=en><head><meta charset=utf-8>"
    yield "<meta name=viewport content='width=device-width, initial-scale=1'>"
    yield f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body>"
    operations = [
        (path, method, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    ]
    yield "<nav aria-label=Contents>"
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><ul>"
        for path, method, operation in _tagged(operations, tag["name"]):
            yield f"<li><a href='#{_anchor(method, path)}'>{escape(operation['summary'])}</a></li>"
        yield "</ul>"
    yield f"</nav><main><h1>{escape(info['title'])} API <small>{escape(info['version'])}</small></h1>"
    yield from (f"<p>{_text(paragraph)}</p>" for paragraph in info["description"].split("\n\n"))
    yield "<p>For programs: <a href='/api/schema/'>the OpenAPI document</a>.</p>"
    yield f"<h2 class=tag>{_REFUSALS}</h2><section>"
    yield from _model({"$ref": "#/components/schemas/ErrorBody"}, schemas)
    yield "</section>"
    for tag in document["tags"]:
        yield f"<h2 class=tag>{escape(tag['name'])}</h2><p>{_text(tag['description'])}</p>"
        for path, method, operation in _tagged(operations, tag["name"]):
            yield from _operation(path, method, operation, schemas)
    yield "</main></body></html>"


def _tagged(operations: list[tuple[str, str, Any]], tag: str) -> list[tuple[str, str, Any]]:
    return [entry for entry in operations if tag in entry[2]["tags"]]


def _operation(path: str, method: str, operation: dict[str, Any], schemas: Schemas) -> Iterator[str]:
    yield f"<section id='{_anchor(method, path)}'><h3>{escape(operation['summary'])}</h3>"
    yield f"<p class=address><b class={method}>{method.upper()}</b> <code>{escape(path)}</code></p>"
    yield f"<p>{_text(operation.get('description', ''))}</p>"
    if schemes := [name for choice in operation.get("security", ()) for name in choice]:
        yield f"<p class=note>Credential: {escape(' or '.join(schemes))}.</p>"
    if parameters := operation.get("parameters"):
        yield "<h4>Parameters</h4><dl>"
        for parameter in parameters:
            schema = parameter["schema"]
            meaning = _said(parameter.get("description", ""), schemas.limits(schema))
            yield _field(parameter["name"], schemas.kind(schema), parameter.get("required", False), meaning)
        yield "</dl>"
    if body := operation.get("requestBody"):
        yield "<h4>Body</h4>"
        yield from _content(body["content"], schemas)
    yield "<h4>Answers</h4>"
    for status, response in operation["responses"].items():
        if status < "300":
            yield f"<details open><summary><b>{status}</b> {_text(response['description'])}</summary>"
            yield from _content(response.get("content", {}), schemas)
            yield "</details>"
        else:
            yield f"<p class=refusal><b>{status}</b> {_text(response['description'])}</p>"
    yield "</section>"


def _content(content: dict[str, Any], schemas: Schemas) -> Iterator[str]:
    for media in content.values():
        schema = media["schema"]
        for choice in schema.get("anyOf", [schema]):
            yield from _model(choice, schemas)


def _model(schema: dict[str, Any], schemas: Schemas) -> Iterator[str]:
    model = schemas.resolve(schema)
    yield f"<p class=note>{escape(schemas.kind(schema))}. {_text(model.get('description', ''))}</p>"
    yield from _properties(schema, schemas, 1)
    if example := model.get("example"):
        yield f"<pre><code>{escape(json.dumps(example, indent=2, ensure_ascii=False))}</code></pre>"


def _properties(schema: dict[str, Any], schemas: Schemas, depth: int) -> Iterator[str]:
    model = schemas.inner(schema)
    if model is None or depth > _MAX_DEPTH:
        return
    yield "<dl>"
    for name, field in model["properties"].items():
        meaning = _said(field.get("description", ""), schemas.limits(field))
        yield _field(name, schemas.kind(field), name in model.get("required", ()), meaning)
        if schemas.inner(field) is not None:
            yield "<dd>"
            yield from _properties(field, schemas, depth + 1)
            yield "</dd>"
    yield "</dl>"


def _field(name: str, kind: str, required: bool, meaning: str) -> str:
    mark = " <em>required</em>" if required else ""
    return f"<dt><code>{escape(name)}</code> <span>{escape(kind)}</span>{mark}</dt><dd>{_text(meaning)}</dd>"


def _said(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _between(low: float | None, high: float | None) -> str:
    if high is None:
        return f"At least {low:g}"
    return f"At most {high:.0f}" if low is None else f"{low:.0f} to {high:.0f}"


def _anchor(method: str, path: str) -> str:
    return escape(method + path.replace("/", "-").strip("{}-").replace("{", "").replace("}", ""))


def _text(markdown: str) -> str:
    """Escaped text; words in backticks become code."""
    parts = escape(" ".join(markdown.split()), quote=False).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
