"""Holds every answer that a test gets against the OpenAPI document of the gateway."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from services.gateway.openapi.document import document
from services.gateway.openapi.schema import HEADERS, operations

if TYPE_CHECKING:
    import httpx

_STREAM = "text/event-stream"
_JSON = "application/json"
# Given before there is an operation to describe them: of the method, or of the wire.
_BEFORE = frozenset({405, 408, 414, 431})
# What a browser may do with an answer; no client depends on it.
_FREE = frozenset({"Cache-Control"})


@dataclass
class Operation:
    """One operation of the document. path: the template."""

    path: str
    method: str
    described: dict[str, Any]
    pattern: re.Pattern[str]
    validators: dict[str, jsonschema_rs.Validator] = field(default_factory=dict)


class Conformance:
    """Answers against one document."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._components = copy.deepcopy(described["components"])
        for schema in self._components["schemas"].values():
            # A field that nobody described is a fault of the document, though not one of JSON Schema.
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)
        self._operations = [
            Operation(path, method.upper(), operation, _pattern(path))
            for path, method, operation in operations(described)
        ]
        # The most literal template wins, as it does in the router.
        self._operations.sort(key=lambda operation: operation.path.count("{"))

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that a request asks for."""
        slashed = path if path.endswith("/") else f"{path}/"
        for operation in self._operations:
            if operation.method == method and operation.pattern.fullmatch(slashed):
                return operation
        return None

    def faults(self, method: str, path: str, status: int, headers: Any, body: bytes | None) -> list[str]:
        """What is wrong with an answer, in sentences. path: raw, without its query. body: None for a stream."""
        operation = self.operation(method, path)
        if operation is None:
            return []
        described = operation.described["responses"].get(str(status))
        if described is None:
            if status in _BEFORE:
                return []
            return [f"{status} is not described: add it to the route's `responses=refusals(…)` or `responses=`"]
        return [
            *self._header_faults(described, headers),
            *self._body_faults(operation, str(status), described, headers.get("content-type", ""), body),
        ]

    def _header_faults(self, described: dict[str, Any], headers: Any) -> list[str]:
        said = described["headers"]
        faults = [
            f"the header {name} is sent and not described: add it to the answer's `headers` in `responses=`"
            for name in HEADERS
            if name in headers and name not in said and name not in _FREE
        ]
        required = [name for name, header in said.items() if self._is_required(header)]
        return faults + [f"the header {name} is described and not sent" for name in required if name not in headers]

    def _is_required(self, header: dict[str, Any]) -> bool:
        name = header.get("$ref", "").rpartition("/")[2]
        return bool((self._components["headers"][name] if name else header).get("required"))

    def _body_faults(
        self, operation: Operation, status: str, described: dict[str, Any], kind: str, body: bytes | None
    ) -> list[str]:
        content = described.get("content")
        media_type = kind.partition(";")[0]
        if not content:
            return ["a body is sent where none is described"] if body else []
        if media_type not in content and "*/*" not in content:
            return [f"it is {media_type or 'of no type'}; described are {', '.join(content)}"]
        if body is None or media_type != _JSON:
            return []
        if status not in operation.validators:
            schema = {**content[_JSON]["schema"], "components": self._components}
            operation.validators[status] = jsonschema_rs.validator_for(schema, validate_formats=True)
        fault = next(operation.validators[status].iter_errors(json.loads(body)), None)
        return [] if fault is None else [f"the body breaks its schema at {list(fault.instance_path)}: {fault.message}"]


@cache
def conformance() -> Conformance:
    """Against the document of the code as it is."""
    return Conformance(document())


async def hold(response: httpx.Response) -> None:
    """A hook of httpx: fails the test whose client got an answer that is not as described."""
    streamed = response.headers.get("content-type", "").startswith(_STREAM)
    body = None if streamed else await response.aread()
    path = response.request.url.raw_path.decode().partition("?")[0]
    method = response.request.method
    faults = conformance().faults(method, path, response.status_code, response.headers, body)
    assert not faults, f"{method} {path} answered {response.status_code}, not as the OpenAPI document says: {faults}"


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(
        "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", path))
    )
