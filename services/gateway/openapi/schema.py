"""The OpenAPI document of the API: FastAPI's description of the routes, completed by what is true of every route."""

import json
import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from services.gateway.answers.envelope import BODY, CODES, MEANING, ORIGIN, refusals
from services.gateway.openapi.examples import Examples, refusal
from services.kit.errors import Code

TITLE = "Callbox"
METHODS = ("get", "post", "put", "patch", "delete")
_SUMMARY = "Voice agents over WebRTC, on your own machines."
_DESCRIPTION = """Voice agents over WebRTC, on your own machines.

A credential is an access token (`Authorization: Bearer`, from `/api/auth/login/`) or an API key (`X-API-Key`).
Starting a call also works without one, from a page whose `Origin` the character lists. Every path works with and
without its trailing slash. Every answer has `X-Request-Id`. Every error has the same body; its `message` says what to
do."""
_SERVERS = [
    {"url": "/", "description": "The gateway that serves this document."},
    {"url": "http://127.0.0.1:8000", "description": "One machine, started by `make run`."},
]
_TAGS = {
    "sessions": "Start, read and end calls.",
    "characters": "The definition of an agent: prompt, voice, tools, origins, appearance.",
    "appearance": "How the widget looks on a page.",
    "forms": "Forms that callers filled in.",
    "knowledge base": "Documents from which an agent answers.",
    "history": "Transcripts and usage of calls.",
    "voices": "Voices and recognisers, by name.",
    "webhooks": "Events sent to an address of yours.",
    "accounts": "Users, tokens and API keys.",
}
# Operation ids of functions whose name has no verb. Generated clients take their names from here.
_OPERATION_IDS = {
    "callback": "finish_google_sign_in",
    "google": "begin_google_sign_in",
    "link": "link_google",
    "me": "get_me",
    "query": "query_knowledge",
    "redeliver": "redeliver_webhook",
    "refresh": "refresh_tokens",
    "session_events": "watch_session",
    "session_history": "get_session_history",
    "usage": "list_usage",
}
_FASTAPI_ERRORS = ("HTTPValidationError", "ValidationError")
_FASTAPI_SUCCESS = "Successful Response"
_SUCCESS = {
    200: "The request succeeded.",
    201: "It was created.",
    202: "The request was accepted and is carried out afterwards.",
    204: "The request succeeded; there is no body.",
    304: "It has not changed.",
    302: "Continue at the address in `Location`.",
    303: "Continue at the address in `Location`.",
    307: "Continue at the address in `Location`.",
}
_JSON = "application/json"
_SCHEMAS = "#/components/schemas/"
HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Id of the request; name it when you report an error.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {"description": "The authentication scheme.", "schema": {"const": "Bearer"}},
    "Access-Control-Allow-Origin": {
        "description": "The `Origin` of the page, if it may read the answer.",
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "Tag of this version. Send it back as `If-None-Match`, or as `If-Match` where that is accepted.",
        "schema": {"type": "string"},
    },
    "X-Total-Count": {
        "description": "How many items match the filter, on all pages.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "Link": {
        "description": "Addresses of the first, previous, next and last page (RFC 8288), if you asked for a page.",
        "schema": {"type": "string"},
    },
    "Accept-Ranges": {"description": "`bytes`: you may ask for a part with `Range`.", "schema": {"type": "string"}},
    "Content-Range": {"description": "Which bytes these are, and the size of the file.", "schema": {"type": "string"}},
    "Location": {"description": "The address to continue at.", "schema": {"type": "string"}},
    "Content-Disposition": {"description": "Name of the file.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "Whether and how long it may be cached.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "`true` if the answer is that of an earlier request.",
        "schema": {"type": "string"},
    },
}
# Descriptions of query parameters with the same meaning everywhere; a route may describe its own.
_PARAMETERS = {
    "page": "Number of the page, from 1.",
    "page_size": "Items on a page.",
    "name": "Name of the file.",
    "q": "Text to search for.",
    "top_k": "Most results to answer.",
    "form_id": "Only responses to this form.",
    "session_id": "Only of this call.",
    "character_slug": "Only of this character.",
}
# Descriptions of path parameters.
_IN_PATH = {
    "slug": "Slug or id of the character.",
    "session_id": "Id of the call, from the answer to its start.",
    "document_id": "Id of the document, `doc_…`.",
    "webhook_id": "Id of the webhook, `whk_…`.",
    "delivery_id": "Id of the delivery in the log, `dlv_…`; not its `webhook_id`.",
    "key_id": "Id of the API key.",
    "voice": "Name or alias of the voice.",
    "tenant_id": "Id of the tenant, `ten_…`.",
}
_CONFLICT = "409"
_IDEMPOTENT = "idempotency-key"
_ELSEWHERE = frozenset({"301", "302", "303", "307", "308"})
_OF_STATUS = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}
_REQUIRED_HEADERS = ("X-Request-Id", "WWW-Authenticate", "Retry-After")


def openapi(app: FastAPI, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the routes of the app."""
    document = get_openapi(
        title=TITLE,
        version=version,
        summary=_SUMMARY,
        description=_DESCRIPTION,
        routes=app.routes,
        servers=_SERVERS,
        openapi_version="3.1.0",
    )
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    for name in _FASTAPI_ERRORS:
        document["components"]["schemas"].pop(name, None)
    _name_operations(app, document)
    for _, _, operation in operations(document):
        _name_model(operation, document["components"]["schemas"])
    document = _with_good_names(document)
    for _, method, operation in operations(document):
        if method == "patch":
            _forget_defaults(operation, document["components"]["schemas"])
    document["components"]["headers"] = {
        name: {**header, **({"required": True} if name in _REQUIRED_HEADERS else {})}
        for name, header in HEADERS.items()
    }
    document["components"]["examples"] = {str(code): {"value": refusal(code)} for code in Code}
    for _, method, operation in operations(document):
        _complete(method, operation)
    examples = Examples(document["components"]["schemas"])
    for name, schema in document["components"]["schemas"].items():
        if "example" in schema:
            schema["example"] = examples.of(schema, name)
    for _, _, operation in operations(document):
        _add_examples(operation, examples)
    used = {tag for _, _, operation in operations(document) for tag in operation.get("tags", ())}
    order = [tag for tag in _TAGS if tag in used] + sorted(used - set(_TAGS))
    document["tags"] = [{"name": tag, "description": _TAGS.get(tag, "")} for tag in order]
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yields the path, the method in lower case, and the operation, of every operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _name_operations(app: FastAPI, document: dict[str, Any]) -> None:
    """Sets the operation ids; generated clients take their names from them."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                operation = document["paths"][route.path_format][method.lower()]
                _name_body(document, operation, route.operation_id or _OPERATION_IDS.get(route.name, route.name))


def _name_body(document: dict[str, Any], operation: dict[str, Any], name: str) -> None:
    was = operation["operationId"]
    operation["operationId"] = name
    form = document["components"]["schemas"].get(f"Body_{was}")
    if form is not None:
        form["title"] = _pascal(name) + "Form"


def _name_model(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        if name := media["schema"].pop("x-model", None):
            schemas[name] = {**media["schema"], "title": name}
            media["schema"] = {"$ref": _SCHEMAS + name}


def _forget_defaults(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Removes the defaults of a PATCH body: a field that is not sent stays as it is, and clients must not send them."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        model = schemas.get(media["schema"].get("$ref", "").rpartition("/")[2], media["schema"])
        for field in model.get("properties", {}).values():
            field.pop("default", None)


def _with_good_names(document: dict[str, Any]) -> dict[str, Any]:
    """Gives models names that are valid in every language: `Envelope_Session_` becomes `EnvelopeSession`."""
    schemas = document["components"]["schemas"]
    renamed = {
        name: schema["title"] if name.startswith("Body_") else _pascal(name)
        for name, schema in schemas.items()
        if not re.fullmatch(r"[A-Za-z0-9]+", name)
    }
    text = json.dumps(document)
    for old, new in renamed.items():
        text = text.replace(f'"{_SCHEMAS}{old}"', f'"{_SCHEMAS}{new}"')
    document = json.loads(text)
    schemas = document["components"]["schemas"]
    for old, new in renamed.items():
        schemas[new] = {**schemas.pop(old), "title": new}
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    return document


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def _schemes(operation: dict[str, Any]) -> set[str]:
    return {name for choice in operation.get("security", ()) for name in choice}


def _complete(method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        meanings = _IN_PATH if parameter["in"] == "path" else _PARAMETERS
        if parameter["name"] in meanings:
            parameter.setdefault("description", meanings[parameter["name"]])
    responses, schemes = operation["responses"], _schemes(operation)
    # FastAPI adds its own 422 to every operation with parameters; it is not what our gateway answers.
    if _FASTAPI_ERRORS[0] in str(responses.get("422")):
        del responses["422"]
    for status, described in refusals(*_statuses(method, operation, schemes)).items():
        described.pop("model")
        responses.setdefault(str(status), described)
    for status, response in responses.items():
        headers = response.setdefault("headers", {})
        if status >= "400":
            _complete_refusal(status, response, origin=ORIGIN in schemes)
        elif response.get("description") == _FASTAPI_SUCCESS:
            response["description"] = _SUCCESS.get(int(status), _FASTAPI_SUCCESS)
        if status in _ELSEWHERE:
            response.pop("content", None)
            headers.setdefault("Location", None)
        if ORIGIN in schemes:
            headers.setdefault("Access-Control-Allow-Origin", None)
        headers.setdefault("X-Request-Id", None)
        if status in _OF_STATUS:
            headers.setdefault(_OF_STATUS[status], None)
        for name in headers:
            if name in HEADERS:
                headers[name] = {"$ref": f"#/components/headers/{name}"}
        if status == _CONFLICT and _IDEMPOTENT in _headers_taken(operation):
            # Only sent while the first request with the key is still running.
            headers["Retry-After"] = HEADERS["Retry-After"]
    operation["responses"] = dict(sorted(responses.items()))


def _headers_taken(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"].lower() for parameter in operation.get("parameters", ()) if parameter["in"] == "header"}


def _statuses(method: str, operation: dict[str, Any], schemes: set[str]) -> Iterator[int]:
    """Statuses of the errors that an operation of this form may answer, whether its route names them or not."""
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    if "requestBody" in operation:
        yield from BODY
    if method in ("post", "put", "patch", "delete"):
        yield 415
    if "query" in places:
        yield 422
    if "path" in places:
        yield 404
    if schemes:
        yield 401
    if ORIGIN in schemes:
        yield 403


def _complete_refusal(status: str, response: dict[str, Any], *, origin: bool) -> None:
    media = response.setdefault("content", {}).setdefault(_JSON, {})
    media["schema"] = {"$ref": f"{_SCHEMAS}ErrorBody"}
    codes = [Code(code) for code in response.pop("x-codes", ())] or CODES.get(int(status), [])
    if status == "403" and origin:
        codes = [Code.ORIGIN_NOT_ALLOWED]
    response.setdefault("description", MEANING.get(int(status), ""))
    media.setdefault("examples", {str(code): {"$ref": f"#/components/examples/{code}"} for code in codes})


def _add_examples(operation: dict[str, Any], examples: Examples) -> None:
    bodies = [operation.get("requestBody", {})]
    bodies += [response for status, response in operation["responses"].items() if status < "400"]
    for body in bodies:
        for kind, media in body.get("content", {}).items():
            if str(media.get("schema", {}).get("title", "")).startswith("Response "):
                del media["schema"]["title"]
            if "examples" in media or not (kind == _JSON and media.get("schema")):
                continue
            if "example" in media:
                media["example"] = examples.complete(media["example"], media["schema"], operation["operationId"])
                continue
            choices = media["schema"].get("anyOf")
            if choices:
                media["examples"] = {
                    examples.title(choice): {"value": examples.of(choice, operation["operationId"])}
                    for choice in choices
                }
            else:
                media["example"] = examples.of(media["schema"], operation["operationId"])
