"""Requests made from the OpenAPI document: a good one for every operation."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from services.gateway.openapi.document import document
from services.gateway.openapi.schema import operations

JSON = "application/json"
FORM = "multipart/form-data"
PLACE = re.compile(r"\{(\w+)\}")
# What a file of an upload is, where the document says no more.
_FILE = ("prices.txt", b"Saturday: 10 to 16.\n", "text/plain")
# One white pixel, and a tenth of a second of silence.
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63f80f00010101001bb6ee560000000049454e44ae426082"
)
_SOUND = bytes(3_200)
_WAV = b"".join(
    (
        b"RIFF" + (36 + len(_SOUND)).to_bytes(4, "little"),
        b"WAVEfmt " + (16).to_bytes(4, "little"),
        b"\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00",
        b"data" + len(_SOUND).to_bytes(4, "little") + _SOUND,
    )
)
_RAW = {"image/png": _PNG, "audio/wav": _WAV, "text/plain": _FILE[1]}
# Operations that take a credential and need none: what they show to everybody is public.
_OPEN = {"GET /api/media/{character_id}/{name}/", "GET /api/voices/{voice}/sample/"}


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
    def open(self) -> bool:
        """Whether nobody in particular may ask, though a credential may let them see more."""
        return self.name in _OPEN or not self.schemes

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
        for kind in _RAW:
            if kind in content:
                return {"content": _RAW[kind], "headers": {"Content-Type": kind}}
        if FORM in content:
            properties = resolved(content[FORM]["schema"])["properties"]
            files = [
                name for name, schema in properties.items() if "binary" in str(schema) or "contentMedia" in str(schema)
            ]
            assert files, f"{self.name}: which field is the file?"
            return {"files": {files[0]: _FILE}}
        assert not content, f"{self.name}: say in `_RAW` of {__file__} what a good body is; it takes {list(content)}"
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
