"""Checks a tool's input schema: valid JSON Schema of an object, without outside references, with safe patterns.

Nothing is fetched: a schema with a `$ref` or `$schema` that leads elsewhere is refused.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from services.kit.character_definition.field_types import ValidationContext, must_be_one_of
from services.kit.patterns.judge import judge

DIALECTS = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-04/schema",
)
_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
# Keywords whose value is data, and keywords whose value has a schema under each name.
_DATA = frozenset({"const", "default", "enum", "example", "examples"})
_BY_NAME = frozenset({"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"})
# Bytes of a compiled regular expression.
_PATTERNS = jsonschema_rs.RegexOptions(size_limit=1_000_000, dfa_size_limit=1_000_000)

Path = tuple[str | int, ...]


def faults(schema: Mapping[str, Any], context: ValidationContext) -> Iterator[tuple[Path, str]]:
    """The faults of a schema, each with its path inside the schema."""
    found = False
    for path, keyword, value in _keywords(schema, ()):
        if keyword == "$schema":
            fault = _dialect_fault(value, path)
        elif keyword in _REFERENCES:
            fault = None if isinstance(value, str) and value.startswith("#") else "must lead to a place in this schema"
        else:
            fault = _pattern_fault(value, context)
        if fault is not None:
            found = True
            yield path, fault
    if schema.get("type") != "object":
        found = True
        yield ("type",), 'must be "object": a model calls a tool with named arguments'
    if not found:
        try:
            jsonschema_rs.validator_for(dict(schema), offline=True, pattern_options=_PATTERNS)
        except jsonschema_rs.ValidationError as fault:
            yield tuple(fault.instance_path), f"is not valid JSON Schema: {fault.message[:300]}"
        except (jsonschema_rs.ReferencingError, ValueError) as fault:
            yield (), f"is not valid JSON Schema: {str(fault)[:300]}"


def _pattern_fault(pattern: str, context: ValidationContext) -> str | None:
    judgement = judge(pattern)
    if judgement.faults:
        return judgement.faults[0]
    return None if context.spend_on_schema(pattern, judgement.work) else "is one of too many patterns; leave some out"


def _dialect_fault(value: Any, path: Path) -> str | None:
    if len(path) > 1:
        return "may stand at the top only"
    known = isinstance(value, str) and value.removesuffix("#") in DIALECTS
    return None if known else must_be_one_of(DIALECTS)


def _keywords(schema: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    """Path, keyword and value of every `$schema`, reference and pattern inside a schema."""
    if isinstance(schema, list):
        for number, item in enumerate(schema):
            yield from _keywords(item, (*path, number))
    elif isinstance(schema, Mapping):
        for keyword, value in schema.items():
            here = (*path, keyword)
            if keyword == "$schema" or keyword in _REFERENCES or (keyword == "pattern" and isinstance(value, str)):
                yield here, keyword, value
            elif keyword in _BY_NAME and isinstance(value, Mapping):
                for name, item in value.items():
                    if keyword == "patternProperties":
                        yield (*here, name), "pattern", name
                    yield from _keywords(item, (*here, name))
            elif keyword not in _DATA:
                yield from _keywords(value, here)
