"""Contract 14.1: the OpenAPI document says everything of every operation, and is a good document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from services.characters.definition.validation import DEFAULTS
from services.gateway.openapi.document import document
from services.gateway.openapi.examples import Examples
from services.gateway.openapi.schema import operations
from services.kit.errors import CallboxError, Code

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = document()
OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method.upper()} {path}")
    for path, method, operation in operations(DOCUMENT)
]
NAME = re.compile(r"[a-z]+(_[a-z0-9]+)+")
each_operation = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """What a reference inside the document means."""
    while "$ref" in part:
        found: Any = DOCUMENT
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def validator(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]})


def examples(media: dict[str, Any]) -> list[Any]:
    many = [resolved(example)["value"] for example in media.get("examples", {}).values()]
    return [*many, media["example"]] if "example" in media else many


def schemas(part: Any, where: str, *, is_schema: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema that stands in a part of the document, with those inside it, and where it stands."""
    if isinstance(part, list):
        for number, item in enumerate(part):
            yield from schemas(item, f"{where}/{number}", is_schema=is_schema)
    elif isinstance(part, dict):
        if is_schema:
            yield where, part
        for name, item in part.items():
            inside = f"{where}/{name}"
            if is_schema and name in ("properties", "$defs"):
                for field, schema in item.items():
                    yield from schemas(schema, f"{inside}/{field}", is_schema=True)
            elif name == "schema" or (
                is_schema and name in ("items", "anyOf", "oneOf", "allOf", "additionalProperties")
            ):
                yield from schemas(item, inside, is_schema=True)
            elif not is_schema and name not in ("example", "examples"):
                yield from schemas(item, inside)


def all_schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        yield from schemas(schema, name, is_schema=True)
    yield from schemas({**DOCUMENT, "components": {**DOCUMENT["components"], "schemas": {}}}, "")


def test_the_document_is_openapi_3_1() -> None:
    faults = [
        f"{list(fault.absolute_path)}: {fault.message}" for fault in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()
    ]
    assert not faults
    assert DOCUMENT["openapi"].startswith("3.1")
    assert all(DOCUMENT["info"][name] for name in ("title", "version", "summary", "description", "license"))
    assert all(server["url"] and server["description"] for server in DOCUMENT["servers"])


def test_every_tag_is_described() -> None:
    bare = [tag["name"] for tag in DOCUMENT["tags"] if not tag["description"]]
    assert not bare, f"say in `_TAGS` of services/gateway/openapi/schema.py what these tags are about: {bare}"


def test_names_of_operations_are_good_names_of_functions() -> None:
    names = [operation["operationId"] for _, _, operation in operations(DOCUMENT)]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice, f"two routes have the same function name; rename one, or set operation_id: {twice}"
    poor = [name for name in names if not NAME.fullmatch(name)]
    assert not poor, (
        f"clients call these: name the function by verb and noun (`get_me`), or in `_DEEDS` of schema.py: {poor}"
    )


@each_operation
def test_an_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    assert path.startswith("/api/"), "an operation of the API lives under /api/"
    assert path.endswith("/"), "write the route's path with its trailing slash; both forms are served"
    assert operation.get("summary", "")[:1].isupper(), "give the route a summary: `summary='List …'`"
    assert not re.search(r"[.!?]$", operation["summary"]), "a summary has no full stop"
    assert len(operation.get("description", "")) > 20, "give the route's function a docstring that says what it does"
    assert len(operation.get("tags", ())) == 1, "give the router one tag"
    for parameter in operation.get("parameters", ()):
        where = f"{parameter['in']} parameter {parameter['name']}"
        assert parameter.get("description"), f"describe the {where}: `Query(description=…)`"
        assert parameter["schema"], f"give the {where} a type"


@each_operation
def test_who_may_ask_is_said(path: str, method: str, operation: dict[str, Any]) -> None:
    open_to_all = path.startswith("/api/auth/") or "/public/" in path
    assert operation.get("security") or open_to_all, (
        "say who may ask: `dependencies=documented` (token or key), `documented_token_only`, or `documented_public` "
        "(Origin too), from services/gateway/gateway.py"
    )
    for choice in operation.get("security", ()):
        assert set(choice) <= set(DOCUMENT["components"]["securitySchemes"])


@each_operation
def test_bodies_have_examples_that_are_true(path: str, method: str, operation: dict[str, Any]) -> None:
    if method in ("put", "patch"):
        assert "requestBody" in operation, "a PUT or PATCH takes a body"
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        assert media.get("schema"), "give the body a model"
        if kind != "application/json":
            continue
        assert examples(media), "give the body's model an example: `json_schema_extra={'example': …}`"
        for example in examples(media):
            validator(media["schema"]).validate(example)


@each_operation
def test_successes_have_schema_example_and_headers(path: str, method: str, operation: dict[str, Any]) -> None:
    successes = {status: answer for status, answer in operation["responses"].items() if status < "400"}
    assert successes, "an operation can succeed"
    for status, answer in successes.items():
        assert answer["description"] not in ("", "Successful Response"), f"describe the {status}"
        assert "X-Request-Id" in answer["headers"]
        for name, header in answer["headers"].items():
            assert header, f"describe the header {name} in `HEADERS` of services/gateway/openapi/schema.py"
            assert resolved(header).get("description"), f"describe the header {name}"
        if status in ("204", "304") or status.startswith("3"):
            assert not answer.get("content"), f"{status} has no body"
            continue
        assert answer.get("content"), f"say what a {status} is answered with: `response_model=…` or `responses=…`"
        for kind, media in answer["content"].items():
            if kind == "application/json":
                assert media.get("schema"), f"say what a {status} is answered with: `response_model=…`"
                assert examples(media), f"give the answer's model an example ({status})"
                for example in examples(media):
                    validator(media["schema"]).validate(example)


@each_operation
def test_every_refusal_has_the_one_body_and_an_example_for_each_code(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    refused = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
    assert {"500", "503"} <= set(refused)
    if operation.get("security"):
        assert "401" in refused
    for status, answer in refused.items():
        assert answer["description"], f"describe {status} in `MEANING` of services/gateway/answers/envelope.py"
        (media,) = answer["content"].values()
        assert media["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
        assert media["examples"], f"say which codes {status} comes with, in CODES of services.gateway.answers.envelope"
        for code, example in media["examples"].items():
            value = resolved(example)["value"]
            assert value["code"] == code
            assert CallboxError(Code(code), "").http_status == int(status)
            validator(media["schema"]).validate(value)
        if status in ("429", "503"):
            assert "Retry-After" in answer["headers"]
        if status == "401":
            assert "WWW-Authenticate" in answer["headers"]


def test_every_example_inside_a_schema_is_true() -> None:
    """Models keep an example of their own, which the examples of operations are only made from."""
    wrong, seen = [], 0
    for where, schema in all_schemas():
        for example in (*schema.get("examples", ()), *([schema["example"]] if "example" in schema else ())):
            seen += 1
            wrong += [f"{where}: {fault.message}" for fault in validator(schema).iter_errors(example)]
    assert not wrong
    assert seen > 100


def test_every_example_beside_a_schema_is_true() -> None:
    def media(part: Any) -> Iterator[dict[str, Any]]:
        if isinstance(part, dict) and "schema" in part and {"example", "examples"} & set(part):
            yield part
        for item in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from media(item)

    found = list(media(DOCUMENT))
    assert found
    for part in found:
        for example in examples(part):
            validator(part["schema"]).validate(example)


@pytest.mark.parametrize("name", ["ErrorBody", "Character", "Version", "Document"])
def test_the_example_of_an_answer_has_every_field(name: str) -> None:
    """Contract 14.1: `data` is null, and stands there."""
    schema = DOCUMENT["components"]["schemas"][name]
    assert set(schema["example"]) == set(schema["properties"])


def test_a_character_is_answered_whole() -> None:
    """Contract 2.2, 14.5: every field always, none of them null; a version has no documents."""
    models = DOCUMENT["components"]["schemas"]
    stored = {*DEFAULTS, "id", "version", "created_by", "created_at"}
    assert set(models["Character"]["properties"]) == {*stored, "updated_at", "documents"}
    assert set(models["Version"]["properties"]) == {*stored, "changed"}
    for name in ("Character", "Version"):
        assert set(models[name]["required"]) == set(models[name]["properties"])
        assert "null" not in str(models[name]["properties"])
    assert {"subtitle"} <= set(models["Form"]["required"])
    assert set(models["Language"]["required"]) == {"code", "label", "native_label"}


def test_a_change_of_a_character_takes_null_for_what_has_a_default() -> None:
    """Contract 14.5."""
    fields = DOCUMENT["components"]["schemas"]["CharacterChange"]["properties"]
    assert set(fields) == {*DEFAULTS, "documents"} - {"slug"}
    for name, field in fields.items():
        assert validator(field).is_valid(None) == (name != "name"), name
    slug = DOCUMENT["components"]["schemas"]["CharacterReplacement"]["properties"]["slug"]
    assert not validator(slug).is_valid(None)
    assert "default" not in slug
    assert "slug" not in DOCUMENT["components"]["schemas"]["CharacterReplacement"]["required"]


@each_operation
def test_what_answers_304_takes_if_none_match(path: str, method: str, operation: dict[str, Any]) -> None:
    named = {parameter["name"] for parameter in operation.get("parameters", ())}
    assert ("If-None-Match" in named) == ("304" in operation["responses"])
    if "304" in operation["responses"]:
        for status in ("200", "304"):
            assert {"ETag", "Cache-Control"} <= set(operation["responses"][status]["headers"])


def test_an_answer_with_a_secret_says_that_no_cache_keeps_it() -> None:
    declared = {
        operation["operationId"]
        for _, method, operation in operations(DOCUMENT)
        for status, answer in operation["responses"].items()
        if method == "post" and status < "300" and "Cache-Control" in answer["headers"]
    }
    assert declared == {
        *("sign_up", "log_in", "refresh_tokens", "link_google"),
        *("create_key", "start_session", "create_webhook", "rotate_secret"),
    }


def test_the_bound_of_a_password_is_said_where_it_holds() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["SignUp"]["properties"]["password"]["minLength"] == 10
    assert "minLength" not in schemas["SignIn"]["properties"]["password"]
    assert "401" not in DOCUMENT["paths"]["/api/auth/logout/"]["post"]["responses"]


def test_every_code_has_an_example_of_its_own() -> None:
    bare = [code for code in Code if "This was refused" in str(DOCUMENT["components"]["examples"][code])]
    assert not bare, f"write what these look like in `_OF_CODE` of services/gateway/openapi/examples.py: {bare}"


def test_every_text_that_is_answered_has_an_example() -> None:
    made = Examples(DOCUMENT["components"]["schemas"])
    for name, schema in DOCUMENT["components"]["schemas"].items():
        made.of(schema, name)
    assert not made.missing, (
        "give these fields an example (`Field(examples=[…])`), or their name a line in `_OF_NAME` of "
        f"services/gateway/openapi/examples.py: {made.missing}"
    )


def test_a_change_has_a_model_without_defaults_for_itself() -> None:
    of_patch = {str(body) for _, method, body in bodies() if method == "patch"}
    of_others = {str(body) for _, method, body in bodies() if method != "patch"}
    assert not of_patch & of_others, "a PATCH needs a model of its own: what is not sent has no default there"
    for _, method, body in bodies():
        if method == "patch":
            assert not [name for name, field in resolved(body).get("properties", {}).items() if "default" in field]


def bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, method, operation in operations(DOCUMENT):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            yield path, method, media["schema"]


def test_names_of_models_are_good_in_every_language() -> None:
    names = set(DOCUMENT["components"]["schemas"])
    assert [name for name in names if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)] == []
    assert "HTTPValidationError" not in str(DOCUMENT)


def test_an_example_of_a_call_or_document_is_one_that_there_can_be() -> None:
    """Contract 9, 10, 12.1: what is taken is not read yet, nothing is recorded, and the greeting is said first."""
    paths = DOCUMENT["paths"]
    added = paths["/api/knowledge-base/{slug}/documents/"]["post"]["responses"]["201"]
    (document,) = examples(added["content"]["application/json"])
    assert (document["status"], document["chunk_count"], document["error"]) == ("PENDING", 0, None)
    read = paths["/api/billing/sessions/{session_id}/"]["get"]["responses"]["200"]
    call = examples(read["content"]["application/json"])[0]["data"]
    recorded = [call[f"recording_{name}"] for name in ("status", "url", "presigned_url")]
    assert recorded == ["OFF", None, None]
    said = [(turn["turn_index"], turn["role"]) for turn in call["transcript"]]
    assert said == [(0, "assistant"), (1, "user"), (2, "assistant")]
    assert call["turn_count"] == len(said)
    words = {"assistant": "Assistant", "user": "User"}
    assert call["transcript_text"] == "\n".join(f"{words[turn['role']]}: {turn['text']}" for turn in call["transcript"])


def test_names_in_paths_are_told_apart() -> None:
    meanings = {
        parameter["name"]: parameter["description"]
        for _, _, operation in operations(DOCUMENT)
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "path"
    }
    assert len(set(meanings.values())) >= len(meanings) - 1, meanings  # `slug` and `character_id` name one thing
    assert [name for name, meaning in meanings.items() if "slug" in meaning.lower()] == ["slug"]
