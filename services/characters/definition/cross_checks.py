"""Checks across the fields of one definition: unique names, and names that refer to each other."""

from collections.abc import Iterable, Iterator
from typing import Any

from services.characters.definition import input_schema
from services.kit.character_definition.field_types import ValidationContext
from services.kit.character_definition.handoff import PREFIX as HANDOFF_PREFIX
from services.kit.forms.naming import STEERING, is_own, opening_topics, tool_name

# Language model endpoints refuse longer names of functions.
_MAX_FUNCTION_CHARACTERS = 64
_MAX_TARGET_CHARACTERS = _MAX_FUNCTION_CHARACTERS - len(HANDOFF_PREFIX)

Fault = tuple[str, str]


def faults(definition: dict[str, Any], context: ValidationContext) -> dict[str, list[str]]:
    """Faults by path. definition: its fields are valid each by itself."""
    found: dict[str, list[str]] = {}
    for path, fault in _faults(definition, context):
        found.setdefault(path, []).append(fault)
    return found


def _faults(definition: dict[str, Any], context: ValidationContext) -> Iterator[Fault]:
    tools, forms = definition["tools"], definition["widget_appearance"].get("forms", [])
    yield from _repeated("mcp_servers.{}.name", [server["name"] for server in definition["mcp_servers"]])
    yield from _repeated("handoff_targets.{}.slug", [target["slug"] for target in definition["handoff_targets"]])
    yield from _names(tools, forms)
    servers = {server["name"] for server in definition["mcp_servers"]}
    yield from _topics(forms)
    form_topics = {topic for form in forms for topic in (*form.get("topics", ()), form.get("confirmation_topic"))}
    for number, tool in enumerate(tools):
        config = tool["config"]
        if tool["kind"] == "mcp" and config["server_name"] not in servers:
            yield f"tools.{number}.config.server_name", _no_such_server(servers)
        if tool["kind"] == "client_event" and config["topic"] in form_topics:
            yield f"tools.{number}.config.topic", "is a topic of one of this character's forms; choose another"
        for path, fault in input_schema.faults(tool["input_schema"], context):
            yield ".".join(map(str, (f"tools.{number}.input_schema", *path))), fault
    for number, target in enumerate(definition["handoff_targets"]):
        if target["slug"] == definition["slug"]:
            yield f"handoff_targets.{number}.slug", "is this character itself"
        if len(target["slug"]) > _MAX_TARGET_CHARACTERS:
            yield (
                f"handoff_targets.{number}",
                f"makes a tool of more than {_MAX_FUNCTION_CHARACTERS} characters, {HANDOFF_PREFIX}…; name a character "
                f"whose slug has at most {_MAX_TARGET_CHARACTERS}",
            )


def _names(tools: list[dict[str, Any]], forms: list[dict[str, Any]]) -> Iterator[Fault]:
    """Names of tools that are not unique. Disabled forms count too, so that one can be enabled at any time."""
    yield from _repeated("tools.{}.name", [tool["name"] for tool in tools])
    form_of: dict[str, str] = {}
    for number, form in enumerate(forms):
        path, name = f"widget_appearance.forms.{number}.id", tool_name(form["id"])
        if name in form_of:
            other = form_of[name]
            yield path, "is not unique" if other == form["id"] else f"makes the same tool as the form {other!r}: {name}"
        elif name.startswith(HANDOFF_PREFIX):
            yield path, f"makes the tool {name}; names that begin with {HANDOFF_PREFIX} are for handing calls over"
        elif name in STEERING:
            yield path, f"makes the tool {name}, which is Callbox's own; choose another id"
        form_of.setdefault(name, form["id"])
    for number, tool in enumerate(tools):
        path, name = f"tools.{number}.name", tool["name"]
        if name in form_of:
            yield path, f"is the name of the tool that opens the form {form_of[name]!r}"
        elif name.startswith(HANDOFF_PREFIX):
            yield path, f"begins with {HANDOFF_PREFIX}, which is for handing calls over"
        elif name in STEERING and forms:
            yield path, f"{name} is a function of Callbox itself, which steers forms; choose another name"


def _topics(forms: list[dict[str, Any]]) -> Iterator[Fault]:
    """Topics of forms that are taken. Disabled forms count too."""
    # Topics made of ids come first, since their owner cannot choose others.
    form_of = {topic: form["id"] for form in forms for topic in opening_topics({"id": form["id"]})}
    for number, form in enumerate(forms):
        path = f"widget_appearance.forms.{number}"
        for topic in filter(is_own, opening_topics({"id": form["id"]})):
            yield f"{path}.id", f"makes the topic {topic}, which is Callbox's own; choose another id"
        for index, topic in enumerate(form.get("topics", ())):
            if is_own(topic):
                yield f"{path}.topics.{index}", "is a topic of Callbox itself; choose one with a prefix of your own"
            elif form_of.setdefault(topic, form["id"]) != form["id"]:
                yield f"{path}.topics.{index}", f"opens the form {form_of[topic]!r} already; choose another"


def _repeated(path: str, names: Iterable[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield path.format(number), f"is not unique: there is another {name!r} before it"
        seen.add(name)


def _no_such_server(servers: set[str]) -> str:
    known = ", ".join(sorted(servers)) if servers else "none"
    return f"names no server of this character's mcp_servers; it has {known[:500]}"
