"""Requests that schemathesis makes up from the OpenAPI document, and what is wrong with their answers."""

from __future__ import annotations

import copy
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import hypothesis
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks as openapi_checks

from services.gateway.openapi.document import document
from services.gateway.openapi.schema import operations
from tests.http.conformance import conformance

if TYPE_CHECKING:
    from collections.abc import Iterator


_ANSWER_SECONDS = 15.0
# Refused before it was a request of HTTP, with the connection closed.
_OF_THE_WIRE = frozenset({400, 408, 414, 431})
_EVENTS = "text/event-stream"
_CHECKS: list[Any] = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
    openapi_checks.unsupported_method,
]
# Types of bodies that can be made up.
_MAKES = frozenset({"application/json", "multipart/form-data", "text/plain"})
_MAX_TURNS = 20
_LIMITS_SHARE = 0.5
_QUIET = list(hypothesis.HealthCheck)
# Shares of the cases: by the schema, against it, and good examples with one thing wrong.
_SHARES = {"positive": 0.35, "negative": 0.35, "example": 0.3}
_NASTY: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**53 + 1, -(2**63), 1e308, 0.1, "", " ", "a" * 70_000, "\U0001f6b2",
    "\u202egnp", "\ufeff", "\u0000", "\u001f", "null", "-1", "1e400", "../../etc/passwd", "{{7*7}}",
    "'; drop table x; --",
    "%00", "https://", "http://127.0.0.1/", "file:///etc/passwd", "^(a+)+$", "[", "2026-02-30", "0000-00-00T00:00:00Z",
    "99999-01-01", [], {}, [[]], [None], {"": None}, {"a": {"b": [{"c": [[[[]]]]}]}}, ["x"] * 2_000,
]  # fmt: skip


@dataclass
class Fuzz:
    """What was tried so far.

    credentials: headers by the name of who asks; the first two ask most often. identities: of things that exist, by the
    name of their place or the beginning of a path. seed: the same one makes the same cases.
    """

    base_url: str
    credentials: dict[str, dict[str, str]]
    identities: dict[str, list[str]]
    seed: int = 1
    statuses: Counter[int] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    full: int = 0

    def run(self, cases: int) -> None:
        """Tries the limits of every schema, then made-up cases in equal shares for every operation, `cases` in all.

        Where there are more limits than `_LIMITS_SHARE` of the cases, the seed picks among them.
        """
        schema: Any = schemathesis.openapi.from_dict(self._with_identities(document()))
        found = [result.ok() for result in schema.get_all_operations()]
        self._who = random.Random(self.seed)
        limits = [
            case
            for operation in found
            for case in schema.iter_coverage_cases(
                operation, generation_modes=list(GenerationMode), generation_config=schema.config.generation
            )
        ]
        with requests.Session() as session:
            for case in self._who.sample(limits, min(len(limits), round(cases * _LIMITS_SHARE))):
                self._try(case, session, "limits")
            for turn in range(_MAX_TURNS):
                # Some operations have few cases; what they leave over is tried in another turn.
                each = -(-(cases - self.total) // len(found))
                if each <= 0:
                    return
                for operation in found:
                    for kind, share in _SHARES.items():
                        self._sample(operation, kind, max(1, round(each * share)), session, self.seed + turn)

    @property
    def total(self) -> int:
        """How many requests there were."""
        return sum(self.statuses.values())

    def _sample(self, operation: Any, kind: str, number: int, session: requests.Session, seed: int) -> None:
        strategy = _strategy(operation, kind)
        if strategy is None:
            return

        @hypothesis.settings(
            max_examples=number,
            database=None,
            deadline=None,
            suppress_health_check=_QUIET,
            phases=[hypothesis.Phase.generate],
        )
        @hypothesis.given(strategy)
        def each(case: Any) -> None:
            self._try(case, session, kind)

        try:
            hypothesis.seed(seed)(each)()
        except hypothesis.errors.Unsatisfiable:
            return  # nothing breaks the schema of this operation

    def _try(self, case: Any, session: requests.Session, kind: str) -> None:
        names = list(self.credentials)
        who = self._who.choice(names[:2] * 4 + names)
        began = time.monotonic()
        response = case.call(
            base_url=self.base_url, session=session, headers=self.credentials[who], timeout=_ANSWER_SECONDS
        )
        seconds = time.monotonic() - began
        self.statuses[response.status_code] += 1
        self.tried[kind] += 1
        if response.status_code == 503 and response.json().get("code") == "at_capacity":
            self.full += 1
            return
        for fault in self._wrong(case, response, kind):
            self.faults.setdefault(
                f"{case.method} {case.operation.path} → {response.status_code}: {fault}",
                f"by {who}, {kind}, {seconds:.2f} s\n{_shown(response)}",
            )

    def _wrong(self, case: Any, response: Any, kind: str) -> Iterator[str]:
        # As it was sent: what follows a # stays with the client.
        path = response.request.path_url.partition("?")[0]
        headers = {name: ", ".join(values) for name, values in response.headers.items()}
        if headers.get("connection") == "close" and response.status_code in _OF_THE_WIRE:
            return  # there is no operation yet
        yield from conformance().faults(
            case.method, path, response.status_code, requests.structures.CaseInsensitiveDict(headers),
            response.content,
        )  # fmt: skip
        if response.status_code >= 500:
            yield "a fault of the server"
        asked = conformance().operation(case.method, path)
        if kind != "limits" and (asked is None or asked.path != case.operation.path):
            return  # what stands in the path made another address of it
        left_out: set[Any] = set()
        if kind == "example":
            # It is neither good nor bad by the schema once it was changed; only its answer can be judged.
            left_out.add(openapi_checks.negative_data_rejection)
        if response.headers.get("content-type", [""])[0].startswith(_EVENTS):
            # Events are text in OpenAPI 3.1; the check takes them for objects.
            left_out.add(openapi_checks.response_schema_conformance)
        checks = [check for check in _CHECKS if check not in left_out]
        try:
            case.validate_response(response, checks=checks)
        except FailureGroup as group:
            yield from (str(fault.title) + ": " + str(fault.message)[:300] for fault in group.exceptions)
        except Failure as fault:
            yield f"{fault.title}: {fault.message[:300]}"

    def _with_identities(self, described: dict[str, Any]) -> dict[str, Any]:
        """The document, with things that exist among what may stand in paths."""
        described = copy.deepcopy(described)
        for path, method, operation in operations(described):
            if taken := operation.get("requestBody"):
                # Raw pictures and recordings are tried as parts of a form, where there is one.
                made = {kind: media for kind, media in taken["content"].items() if kind in _MAKES}
                taken["content"] = made or {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                }
            for parameter in operation.get("parameters", ()):
                known = self.identities.get(parameter["name"]) or next(
                    (ids for start, ids in self.identities.items() if path.startswith(start)), None
                )
                if parameter["in"] == "path" and known and method != "delete":
                    parameter["schema"] = {"anyOf": [{"enum": known}, {"type": "string", "minLength": 1}]}
                    parameter.pop("example", None)
        return described


def _strategy(operation: Any, kind: str) -> Any:
    if kind != "example":
        return operation.as_strategy(generation_mode=GenerationMode(kind))
    content = operation.definition.raw.get("requestBody", {}).get("content", {}).get("application/json")
    if not content or "example" not in content:
        return None

    def broken(case: Any, choice: int, nasty: int) -> Any:
        case.body = _mutated(content["example"], choice, _NASTY[nasty])
        return case

    return st.builds(
        broken,
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        st.integers(0, 1_000),
        st.integers(0, len(_NASTY) - 1),
    )


def _mutated(example: Any, choice: int, nasty: Any) -> Any:
    """The example with one value of it, at any depth, replaced."""
    changed = copy.deepcopy(example)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, item in list(inner):
            places.append((value, name))
            walk(item)

    walk(changed)
    if places:
        holder, name = places[choice % len(places)]
        holder[name] = nasty
    return changed


def _shown(response: Any) -> str:
    asked = response.request
    body = asked.body if isinstance(asked.body, str) else (asked.body or b"")[:600].decode("latin-1")
    return f"{asked.method} {asked.url[:300]}\n{body[:600]}\n{json.dumps(response.text[:600])}"
