"""The arguments of one tool: what the model is asked for, what comes from the metadata, and whether a call is valid."""

import json
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs

from services.agent.metadata import Metadata
from services.agent.tools.tool import Arguments

FROM_METADATA = "x-from-metadata"
_MAX_FAULTS = 3
_MAX_FAULT_CHARACTERS = 200
# As much as a definition may have.
_MAX_LISTED_CHARACTERS = 64 * 1024
_NO_SCHEMA = (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError, TypeError, RecursionError)
_HIDDEN = "••••"
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
# The schema was judged when it was written; these bound what a compiled pattern may take.
_PATTERNS = jsonschema_rs.RegexOptions(size_limit=1_000_000, dfa_size_limit=1_000_000)


class InvalidArguments(Exception):
    """Arguments that do not fit the schema. str: what is wrong, for the model."""


class InvalidSchema(Exception):
    """A schema that a server lists and that cannot be used."""


class ArgumentSchema:
    """The JSON Schema of a tool's arguments.

    A property marked with `x-from-metadata` is filled from the metadata of the call; the model is not asked for it. A
    property that is `writeOnly` or of the format `password` is masked where arguments are kept.
    """

    def __init__(self, schema: Mapping[str, Any], metadata: Metadata) -> None:
        properties = schema.get("properties", {})
        self._filled = {
            name: metadata.get(name)
            for name, part in properties.items()
            if isinstance(part, Mapping) and part.get(FROM_METADATA) is True
        }
        self._secret = {
            name
            for name, part in properties.items()
            if isinstance(part, Mapping) and (part.get("writeOnly") is True or part.get("format") == "password")
        }
        self._required = frozenset(schema.get("required", ()))
        self._types = {name: part.get("type") for name, part in properties.items() if isinstance(part, Mapping)}
        self._validator = jsonschema_rs.validator_for(dict(schema), offline=True, pattern_options=_PATTERNS)
        self.shown = _without(schema, self._filled)

    def checked(self, given: Mapping[str, Any]) -> Arguments:
        """The arguments of a call, completed from the metadata. Raises: InvalidArguments."""
        if missing := [name for name, value in self._filled.items() if value is None and name in self._required]:
            raise InvalidArguments(
                f"This function needs {', '.join(missing)}, which this call does not know. Do not call it again."
            )
        known = {name: value for name, value in self._filled.items() if value is not None}
        arguments = {**{name: value for name, value in given.items() if name not in self._filled}, **known}
        if faults := list(islice(self._faults(arguments), _MAX_FAULTS)):
            converted = {name: _as_type(value, self._types.get(name)) for name, value in arguments.items()}
            if self._validator.is_valid(converted):
                return converted
            raise InvalidArguments(f"{'; '.join(faults)}. Call the function again with arguments that fit its schema.")
        return arguments

    def kept(self, given: Mapping[str, Any]) -> Arguments:
        """The arguments as they are kept in the history: what the model gave, secrets masked."""
        return {
            name: _HIDDEN if name in self._secret else value
            for name, value in given.items()
            if name not in self._filled
        }

    def _faults(self, arguments: Arguments) -> Iterable[str]:
        for fault in self._validator.iter_errors(arguments):
            place = ".".join(str(part) for part in fault.instance_path)
            message = fault.message[:_MAX_FAULT_CHARACTERS]
            yield f"{place}: {message}" if place else message


def listed_schema(schema: Mapping[str, Any], metadata: Metadata) -> ArgumentSchema:
    """A schema that no owner wrote but a server lists. Raises: InvalidSchema."""
    if schema.get("type") != "object" or not isinstance(schema.get("properties", {}), Mapping):
        raise InvalidSchema("it does not describe an object")
    try:
        if len(json.dumps(schema)) > _MAX_LISTED_CHARACTERS:
            raise InvalidSchema(f"it has more than {_MAX_LISTED_CHARACTERS} characters")
        return ArgumentSchema(schema, metadata)
    except (
        jsonschema_rs.ValidationError,
        jsonschema_rs.ReferencingError,
        ValueError,
        TypeError,
        RecursionError,
    ) as bad:
        raise InvalidSchema(str(bad)) from None


def _as_type(value: Any, type_: Any) -> Any:
    """A value as the type that its property has, where it says the same: small models write numbers as texts."""
    match type_, value:
        case "integer", str() if _INTEGER.fullmatch(value.strip()):
            return int(value)
        case "number", str() if _NUMBER.fullmatch(value.strip()):
            return float(value)
        case "boolean", str() if value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        case "string", int() | float() if not isinstance(value, bool):
            return json.dumps(value)
    return value


def _without(schema: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A schema without some of its top-level properties."""
    hidden = set(names)
    shown = dict(schema)
    shown["properties"] = {name: part for name, part in schema.get("properties", {}).items() if name not in hidden}
    if required := [name for name in schema.get("required", ()) if name not in hidden]:
        shown["required"] = required
    else:
        shown.pop("required", None)
    return shown
