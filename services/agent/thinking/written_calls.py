"""Reads tool calls that a language model wrote as text."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_NAME_KEYS: Final = ("name", "tool", "tool_name", "function", "action")
_ARGUMENT_KEYS: Final = ("arguments", "parameters", "args", "action_input", "tool_input", "input")
_MANY_KEYS: Final = ("tool_calls", "function_call", "tool_call", "function")
_TOKEN: Final = re.compile(r"<[|｜][^<>]{1,40}>|\[(?:ARGS|CALL_ID)\]|```\w{0,12}")
_NAMED: Final = re.compile(r"(?:^|[\s:>])(?:functions\.|call:)?(?P<name>[\w.-]{1,64})(?::\d{1,4})?\s{0,9}(?=\{)")
_XML: Final = re.compile(
    r"<(?:[^<>:\s]{1,20}:|[|｜]DSML[|｜])?(?:function=|invoke\s+name=|function\s+name=)[\"']?(?P<name>[\w.-]{1,64})[\"']?[^<>]{0,40}>"
    r"(?P<body>.{0,8000}?)(?:</[^<>]{0,20}(?:function|invoke)>|\Z)",
    re.DOTALL,
)
_XML_ARGUMENT: Final = re.compile(
    r"<(?:[^<>:\s]{1,20}:|[|｜]DSML[|｜])?parameter(?:=|\s+name=)[\"']?(?P<key>[\w.-]{1,64})[\"']?[^<>]{0,40}>"
    r"(?P<value>.{0,4000}?)</[^<>]{0,20}parameter>",
    re.DOTALL,
)
_PAIR: Final = re.compile(
    r"<arg_key>(?P<key>.{1,64}?)</arg_key>\s{0,9}<arg_value>(?P<value>.{0,4000}?)</arg_value>", re.DOTALL
)
_MAX_CALLS: Final = 16


@dataclass(frozen=True)
class WrittenCall:
    """A tool call. arguments: a JSON object as text."""

    name: str
    arguments: str


def read(text: str) -> list[WrittenCall]:
    """The tool calls in a text without its outer markers; empty if it has none that can be read."""
    return list(_read(text))[:_MAX_CALLS]


def _read(text: str) -> Iterator[WrittenCall]:
    if xml := list(_XML.finditer(text)):
        for match in xml:
            yield from _with_arguments(match["name"], match["body"], _XML_ARGUMENT)
        return
    if pairs := text.partition("<arg_key>"):
        name = pairs[0].strip()
        if pairs[1] and re.fullmatch(r"[\w.-]{1,64}", name):
            yield from _with_arguments(name, text, _PAIR)
            return
    bare = _TOKEN.sub(" ", text)
    objects = list(_objects(bare))
    calls = [call for _, value in objects for call in _of_json(value)]
    if not calls:
        names = {match.end(): match["name"] for match in _NAMED.finditer(bare)}
        calls = [WrittenCall(names[at], json.dumps(value)) for at, value in objects if at in names]
    yield from calls or _of_python(bare.strip())


def _objects(text: str) -> Iterator[tuple[int, Any]]:
    """The JSON objects and lists in a text, each with its place."""
    decoder, at = json.JSONDecoder(), 0
    for _ in range(_MAX_CALLS):
        starts = [start for start in (text.find("{", at), text.find("[", at)) if start >= 0]
        if not starts:
            return
        at = min(starts)
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        yield at, value
        at = end


def _of_json(value: Any) -> Iterator[WrittenCall]:
    if isinstance(value, list):
        for each in value:
            yield from _of_json(each)
        return
    if not isinstance(value, dict):
        return
    for key in _MANY_KEYS:
        if isinstance(value.get(key), dict | list):
            yield from _of_json(value[key])
            return
    name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), "")
    arguments = next((value[key] for key in _ARGUMENT_KEYS if key in value), None)
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except ValueError:
            return
    if name and isinstance(arguments, dict):
        yield WrittenCall(name, json.dumps(arguments))


def _with_arguments(name: str, body: str, argument: re.Pattern[str]) -> Iterator[WrittenCall]:
    """A call whose arguments are tags, or one JSON object."""
    arguments = {match["key"]: _value(match["value"].strip()) for match in argument.finditer(body)}
    if not arguments:
        arguments = next((value for _, value in _objects(body) if isinstance(value, dict)), {})
    yield WrittenCall(name, json.dumps(arguments))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _of_python(text: str) -> Iterator[WrittenCall]:
    """Calls such as `[find(name="x"), close()]`."""
    try:
        node = ast.parse(text, mode="eval").body
        for each in node.elts if isinstance(node, ast.List) else [node]:
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and not each.args:
                arguments = {word.arg: ast.literal_eval(word.value) for word in each.keywords if word.arg}
                yield WrittenCall(each.func.id, json.dumps(arguments))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return
