"""Requests made from the OpenAPI document: a good one for every operation."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from services.gateway.document import document
from services.gateway.schema import operations

JSON = "application/json"
FORM = "multipart/form-data"
PLACE = re.compile(r"\{(\w+)\}")
# What a file of an upload is, where the document says no more.
_FILE = ("prices.txt", b"Saturday: 10 to 16.\n", "text/plain")


@dataclass(frozen=True)
class Route:
    """An operation of the document."""

    path: str
    method: str
    operation: dict[str, Any] = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    @property
    def places(self) -> list[str]:
        """Names of what stands in the path."""
        return PLACE.findall(self.path)

    @property
    def schemes(self) -> set[str]:
        """Names of the security schemes of which one is needed."""
        return {name for choice in self.operation.get("security", ()) for name in choice}

    @property
    def query(self) -> list[str]:
        """Names of the parameters in the query."""
        return [given["name"] for given in self.operation.get("parameters", ()) if given["in"] == "query"]

    @property
    def streams(self) -> bool:
        """Whether the answer has no end of its own."""
        return any("text/event-stream" in answer.get("content", {}) for answer in self.operation["responses"].values())

    def body(self) -> dict[str, Any]:
        """Arguments of httpx for the body: the example of the document."""
        content = self.operation.get("requestBody", {}).get("content", {})
        if JSON in content:
            media = content[JSON]
            example = media.get("example") or next(iter(media["examples"].values()))["value"]
            return {"json": copy.deepcopy(example)}
        if FORM in content:
            properties = resolved(content[FORM]["schema"])["properties"]
            files = [
                name for name, schema in properties.items() if "binary" in str(schema) or "contentMedia" in str(schema)
            ]
            assert files, f"{self.name}: which field is the file?"
            return {"files": {files[0]: _FILE}}
        return {}


def routes() -> list[Route]:
    """Every operation."""
    return [Route(path, method.upper(), operation) for path, method, operation in operations(document())]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The model itself where a schema names one."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document()["components"]["schemas"][name] if name else schema
    return found


def fields(route: Route) -> set[str]:
    """Names of the fields that the body may have."""
    content = route.operation.get("requestBody", {}).get("content", {})
    return {name for media in content.values() for name in resolved(media["schema"]).get("properties", {})}
