"""Contract 2.2, 7 and 14.5: what a definition may be, and how its faults are named."""

import math
import socket
import time
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from services.characters.definition.input_schema import DIALECTS
from services.characters.definition.validation import DEFAULTS, validated
from services.kit.errors import CallboxError, Code
from services.kit.net.url_policy import Allowances
from services.kit.structs import from_struct

TOOL: dict[str, Any] = {
    "name": "find_order",
    "kind": "http",
    "description": "Finds an order.",
    "config": {"url": "https://api.acme.com/orders"},
}
KB = {"name": "look_up", "kind": "kb", "description": "Looks something up.", "config": {}}
MCP = {"name": "search_web", "kind": "mcp", "description": "Searches the web."}
EVENT = {"name": "open_pricing", "kind": "client_event", "description": "Opens the prices."}
SERVER = {"name": "search", "url": "https://mcp.acme.com/mcp"}
LEAST = {"slug": "support-bot", "name": "Support"}


def judged(content: dict[str, Any]) -> dict[str, Any]:
    """The definition as it comes out after the way in a message."""
    message = Struct()
    message.update(content)
    return validated(from_struct(message))


def faults(content: dict[str, Any]) -> dict[str, list[str]]:
    with pytest.raises(CallboxError) as caught:
        judged(content)
    assert caught.value.code is Code.VALIDATION_FAILED
    return dict(caught.value.fields)


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        ({"slug": "Support"}, "slug"),
        ({"slug": "-a"}, "slug"),
        ({"slug": "a\n"}, "slug"),
        ({"slug": "a" * 64}, "slug"),
        ({"slug": None}, "slug"),
        ({"name": None}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"system_prompt": "ü" * 32_769}, "system_prompt"),
        ({"greeting": "x" * 5001}, "greeting"),
        ({"greeting": 5}, "greeting"),
        ({"language": "klingon-speak"}, "language"),
        ({"language": "en_US"}, "language"),
        ({"keyterms": "Brompton"}, "keyterms"),
        ({"keyterms": ["Brompton"] * 101}, "keyterms"),
        ({"keyterms": ["a", "x" * 51]}, "keyterms.1"),
        ({"keyterms": [" "]}, "keyterms.0"),
        ({"keyterms": ["a\nb"]}, "keyterms.0"),
        ({"llm_max_tokens": 15}, "llm_max_tokens"),
        ({"llm_max_tokens": 4097}, "llm_max_tokens"),
        ({"llm_max_tokens": 99.5}, "llm_max_tokens"),
        ({"llm_max_sentences": -1}, "llm_max_sentences"),
        ({"llm_max_sentences": 11}, "llm_max_sentences"),
        ({"llm_max_sentences": "2"}, "llm_max_sentences"),
        ({"llm_fallbacks": "second"}, "llm_fallbacks"),
        ({"llm_fallbacks": ["a", "b", "c", "d"]}, "llm_fallbacks"),
        ({"llm_fallbacks": ["a", " "]}, "llm_fallbacks.1"),
        ({"llm_fallbacks": ["a" * 201]}, "llm_fallbacks.0"),
        ({"llm_fallbacks": [{"url": "https://x"}]}, "llm_fallbacks.0"),
        ({"background_audio": "jungle"}, "background_audio"),
        ({"allowed_origins": "https://acme.com"}, "allowed_origins"),
        ({"allowed_origins": ["https://ok.com", "acme"]}, "allowed_origins.1"),
        ({"handoff_targets": [{}]}, "handoff_targets.0.slug"),
        ({"is_active": "yes"}, "is_active"),
        ({"max_turn_seconds": 1.5}, "max_turn_seconds"),
        ({"llm_provider": "other"}, "llm_provider"),
        ({"widget_appearance": []}, "widget_appearance"),
        ({"widget_appearance": {"max_call_seconds": -1}}, "widget_appearance.max_call_seconds"),
        ({"widget_appearance": {"forms": [{"id": "a"}]}}, "widget_appearance.forms.0.title"),
        ({"widget_appearance": {"huge": "x" * 262_144}}, "widget_appearance"),
        ({"image": "javascript:alert(1)"}, "image"),
        ({"image": "https://"}, "image"),
        ({"image": "https:// /"}, "image"),
        ({"image": 'https://x.example/"><script>'}, "image"),
        ({"image": "https://x.example/a b.png"}, "image"),
        ({"image": "https://ada:secret@x.example/a.png"}, "image"),
        ({"image": "https://x.example:99999/a.png"}, "image"),
        ({"image": " "}, "image"),
        ({"voice": {"audio_file": "https://"}}, "voice.audio_file"),
        ({"voice": {"audio_file": "https://x.example/<a>.wav"}}, "voice.audio_file"),
        ({"voice": {"audio_file": "a.wav"}}, "voice.audio_file"),
        ({"voice": {"voice_url": "http://127.0.0.1/a.wav"}}, "voice.voice_url"),
        ({"kb_query_url": "http://169.254.169.254/latest"}, "kb_query_url"),
        ({"handoff_targets": [{"slug": "sales"}, {"slug": "sales"}]}, "handoff_targets.1.slug"),
        ({"handoff_targets": [{"slug": "support-bot"}]}, "handoff_targets.0.slug"),
        ({"handoff_targets": [{"slug": "a"}, {"slug": "b" * 53}]}, "handoff_targets.1"),
        ({"documents": {}}, "documents"),
        ({"greeting": "nul\x00"}, "greeting"),
        ({"max_turn_seconds": math.inf}, "max_turn_seconds"),
    ],
)
def test_each_fault_is_named_by_its_path(fields: dict[str, Any], faulty: str) -> None:
    assert list(faults({**LEAST, **fields})) == [faulty]


def test_only_what_is_kept_counts_as_large() -> None:
    """Contract 14.12: what is too large as a whole is the fault of no field."""
    large = {"system_prompt": "x" * 1_048_576}
    assert faults({**LEAST, **large}) == {}
    assert judged({**LEAST, "own": large, "documents": [large]})["system_prompt"] == ""


@pytest.mark.parametrize("name", ["جست\u200cوجو", "web\u00a0search", "👩\u200d💻"])
def test_a_server_may_be_named_in_any_script(name: str) -> None:
    made = validated({**LEAST, "mcp_servers": [{**SERVER, "name": name}]})
    assert made["mcp_servers"][0]["name"] == name


@pytest.mark.parametrize("name", ["nul\x00", "a\u2028b", "a\u202eb"])
def test_the_name_of_a_server_is_one_line(name: str) -> None:
    assert list(faults({**LEAST, "mcp_servers": [{**SERVER, "name": name}]})) == ["mcp_servers.0.name"]


def tool(**fields: Any) -> dict[str, Any]:
    return {"tools": [{**TOOL, **fields}]}


def http(**config: Any) -> dict[str, Any]:
    return tool(config={**TOOL["config"], **config})


def event(**config: Any) -> dict[str, Any]:
    return {"tools": [{**EVENT, "config": config}]}


def served(**config: Any) -> dict[str, Any]:
    return {"tools": [{**MCP, "config": config}], "mcp_servers": [SERVER]}


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        (tool(name="find order"), "tools.0.name"),
        (tool(name="x" * 65), "tools.0.name"),
        (tool(name=None), "tools.0.name"),
        (tool(kind="magic"), "tools.0.kind"),
        (tool(kind=None), "tools.0.kind"),
        (tool(description=""), "tools.0.description"),
        (tool(config=None), "tools.0.config"),
        (tool(config={}), "tools.0.config.url"),
        (tool(is_active="no"), "tools.0.is_active"),
        (tool(ordering="1"), "tools.0.ordering"),
        (tool(padding="x" * 65_536), "tools.0"),
        ({"tools": [KB, {**KB, "name": "b", "kind": "magic"}]}, "tools.1.kind"),
        ({"tools": [KB, TOOL, {**TOOL, "name": "look_up"}]}, "tools.2.name"),
        (http(url=""), "tools.0.config.url"),
        (http(url="/orders"), "tools.0.config.url"),
        (http(url="ftp://acme.com"), "tools.0.config.url"),
        (http(url="https://user:secret@acme.com"), "tools.0.config.url"),
        (http(method="TRACE"), "tools.0.config.method"),
        (http(method="post"), "tools.0.config.method"),
        (http(timeout_seconds=0.5), "tools.0.config.timeout_seconds"),
        (http(timeout_seconds=121), "tools.0.config.timeout_seconds"),
        (http(send_session="no"), "tools.0.config.send_session"),
        (http(wait_phrases="One moment."), "tools.0.config.wait_phrases"),
        (http(wait_phrases=["a"] * 11), "tools.0.config.wait_phrases"),
        (http(wait_phrases=["a" * 201]), "tools.0.config.wait_phrases.0"),
        (http(wait_phrases=["Fine.", " "]), "tools.0.config.wait_phrases.1"),
        (http(wait_phrases=["One\nTwo"]), "tools.0.config.wait_phrases.0"),
        (http(headers={"X": 1}), "tools.0.config.headers.X"),
        (http(headers={"X Y": "1"}), "tools.0.config.headers"),
        (http(headers={"X": "1\r\n2"}), "tools.0.config.headers"),
        (http(headers={"X": " 1"}), "tools.0.config.headers"),
        (http(headers={"X": "€"}), "tools.0.config.headers"),
        (http(headers={"Host": "evil.example"}), "tools.0.config.headers"),
        (http(headers={"Transfer-Encoding": "chunked"}), "tools.0.config.headers"),
        (http(headers={"X-A": "1", "x-a": "2"}), "tools.0.config.headers"),
        *(
            ({"tools": [{**kind, "config": {**config, "headers": headers}}], "mcp_servers": [SERVER]}, faulty)
            for kind, config in (
                (TOOL, TOOL["config"]),
                (KB, {}),
                (MCP, {"server_name": "search", "tool_name": "web_search"}),
                (EVENT, {"topic": "custom.x"}),
            )
            for headers, faulty in (
                ("abc", "tools.0.config.headers"),
                (["a"], "tools.0.config.headers"),
                (5, "tools.0.config.headers"),
                (True, "tools.0.config.headers"),
                ([None], "tools.0.config.headers"),
                ({"X": 5}, "tools.0.config.headers.X"),
                ({"X": None}, "tools.0.config.headers.X"),
                ({"X": {}}, "tools.0.config.headers.X"),
            )
        ),
        (event(), "tools.0.config.topic"),
        (event(topic=""), "tools.0.config.topic"),
        (event(topic="open prices"), "tools.0.config.topic"),
        (event(topic="voice.reply"), "tools.0.config.topic"),
        (event(topic="form.state"), "tools.0.config.topic"),
        (event(topic="form.control"), "tools.0.config.topic"),
        (event(topic="book-demo.form"), "tools.0.config.topic"),
        (event(topic="lk.chat"), "tools.0.config.topic"),
        (event(topic="custom.x", await_reply_seconds=61), "tools.0.config.await_reply_seconds"),
        (served(tool_name="web_search"), "tools.0.config.server_name"),
        (served(server_name="search"), "tools.0.config.tool_name"),
        (served(server_name="search", tool_name=""), "tools.0.config.tool_name"),
        (served(server_name="other", tool_name="web_search"), "tools.0.config.server_name"),
        ({"mcp_servers": [{"url": "https://mcp.acme.com"}]}, "mcp_servers.0.name"),
        ({"mcp_servers": [{"name": "a"}]}, "mcp_servers.0.url"),
        ({"mcp_servers": [{**SERVER, "url": "u"}]}, "mcp_servers.0.url"),
        ({"mcp_servers": [{**SERVER, "name": " "}]}, "mcp_servers.0.name"),
        ({"mcp_servers": [{**SERVER, "timeout_seconds": 31}]}, "mcp_servers.0.timeout_seconds"),
        ({"mcp_servers": [{**SERVER, "timeout_seconds": 1}]}, "mcp_servers.0.timeout_seconds"),
        ({"mcp_servers": [{**SERVER, "transport": "stdio"}]}, "mcp_servers.0.transport"),
        ({"mcp_servers": [SERVER, SERVER]}, "mcp_servers.1.name"),
    ],
)
def test_each_fault_of_a_tool_or_server_is_named_by_its_path(fields: dict[str, Any], faulty: str) -> None:
    """Contract 7.1 to 7.6, 14.5, 14.12: unknown kinds, names that stand twice, servers that are not there."""
    assert list(faults({**LEAST, **fields})) == [faulty]


@pytest.mark.parametrize(
    "fields",
    [
        *(http(method=method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
        http(timeout_seconds=1, headers={"Authorization": "Bearer x", "X-Empty": ""}, send_session=False),
        http(timeout_seconds=120),
        event(topic="custom.open_pricing", await_reply_seconds=5),
        event(topic="voices"),
        served(server_name="search", tool_name="web_search"),
        {"tools": [KB]},
    ],
)
def test_tools_of_each_kind_are_kept_as_they_were_sent(fields: dict[str, Any]) -> None:
    """Contract 7.3 to 7.6."""
    kept = judged({**LEAST, **fields})["tools"][0]
    assert fields["tools"][0].items() <= kept.items()
    assert (kept["is_active"], kept["ordering"]) == (True, 0)
    assert kept["input_schema"] == {"type": "object", "properties": {}}


PRIVATE = [
    "127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "localhost", "10.0.0.1", "172.16.3.4",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[::1]", "[::]", "[fe80::1]", "[fc00::1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001::1]",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_refused_on_write(host: str) -> None:
    """Contract 14.9, 14.12: literals in every spelling, wherever a URL that Callbox asks may stand."""
    url = f"http://{host}:8080/x"
    fields = {
        **http(url=url),
        "mcp_servers": [{**SERVER, "url": url}],
        "voice": {"voice_url": url},
        "kb_query_url": url,
    }
    assert set(faults({**LEAST, **fields})) == {
        "tools.0.config.url",
        "mcp_servers.0.url",
        "voice.voice_url",
        "kb_query_url",
    }


def test_private_addresses_that_the_operator_lists_are_taken() -> None:
    """Contract 14.9."""
    allowed = Allowances.parse("127.0.0.0/8, hooks.localhost")
    for url in ("http://127.0.0.1:9/x", "http://hooks.localhost/x"):
        assert validated({**LEAST, **http(url=url)}, allowed)["tools"][0]["config"]["url"] == url
    with pytest.raises(CallboxError):
        validated({**LEAST, **http(url="http://10.0.0.1/")}, allowed)


def form(form_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": form_id, "title": "A form", "fields": [{"name": "a", "label": "A", "type": "text"}], **fields}


@pytest.mark.parametrize(
    ("forms", "tools", "faulty"),
    [
        (["book-demo", "book_demo"], [], "widget_appearance.forms.1.id"),
        (["book-demo", "book-demo"], [], "widget_appearance.forms.1.id"),
        (["transfer-to-sales"], [], "widget_appearance.forms.0.id"),
        (["book-demo"], ["book_demo"], "tools.0.name"),
        ([], ["ok", "transfer_to_sales"], "tools.1.name"),
        (["a", "b"], ["b"], "tools.0.name"),
        (["form-submit"], [], "widget_appearance.forms.0.id"),
        (["a"], ["form_set_values"], "tools.0.name"),
    ],
)
def test_no_two_functions_of_a_model_share_a_name(forms: list[str], tools: list[str], faulty: str) -> None:
    """Contract 7.8, 14.5, 14.12: forms, tools and handoffs."""
    fields = {
        "widget_appearance": {"forms": [form(form_id) for form_id in forms]},
        "tools": [{**KB, "name": name} for name in tools],
    }
    assert list(faults({**LEAST, **fields})) == [faulty]
    disabled = [form(form_id, disabled=True) for form_id in forms]
    if forms:
        assert list(faults({**LEAST, **fields, "widget_appearance": {"forms": disabled}})) == [faulty]


@pytest.mark.parametrize(
    ("forms", "faulty"),
    [
        ([form("state")], "0.id"),
        ([form("voice")], "0.id"),
        ([form("lk")], "0.id"),
        ([form("a"), form("control", disabled=True)], "1.id"),
        ([form("a", topics=["open.a", "voice.reply"])], "0.topics.1"),
        ([form("a", topics=["form.state"])], "0.topics.0"),
        ([form("a", topics=["form.control"])], "0.topics.0"),
        ([form("a", topics=["lk.chat"])], "0.topics.0"),
        ([form("a", topics=["callbox.own"])], "0.topics.0"),
        ([form("a", topics=["open"]), form("b", topics=["open"])], "1.topics.0"),
        ([form("a", topics=["form.b"]), form("b")], "0.topics.0"),
        ([form("a"), form("b", topics=["x", "a.form"])], "1.topics.1"),
    ],
)
def test_a_topic_means_one_thing(forms: list[dict[str, Any]], faulty: str) -> None:
    """Contract 5.1, 14.5, 14.6."""
    assert list(faults({**LEAST, "widget_appearance": {"forms": forms}})) == [f"widget_appearance.forms.{faulty}"]


def test_a_form_may_name_its_own_topics_again() -> None:
    forms = [form("a", topics=["form.a", "a.form", "a", "a"]), form("states", topics=["voices", "form.stated"])]
    assert judged({**LEAST, "widget_appearance": {"forms": forms}})["widget_appearance"]["forms"] == forms


def test_a_client_event_does_not_speak_on_a_topic_of_a_form() -> None:
    """Contract 5.1, 7.6."""
    fields = {"widget_appearance": {"forms": [form("a", topics=["custom.ask"])]}, **event(topic="custom.ask")}
    assert list(faults({**LEAST, **fields})) == ["tools.0.config.topic"]


@pytest.mark.parametrize(
    ("schema", "faulty"),
    [
        ({"properties": {}}, "type"),
        ({"type": "string"}, "type"),
        ({"type": ["object", "null"]}, "type"),
        ({"type": "object", "properties": {"q": {"type": "strin"}}}, "properties.q.type"),
        ({"type": "object", "properties": []}, "properties"),
        ({"type": "object", "required": "q"}, "required"),
        ({"type": "object", "properties": {"q": {"minLength": -1}}}, "properties.q.minLength"),
        ({"type": "object", "properties": {"q": {"pattern": "("}}}, "properties.q.pattern"),
        ({"type": "object", "properties": {"q": {"pattern": "(a+)+$"}}}, "properties.q.pattern"),
        ({"type": "object", "patternProperties": {"(a+)+$": {}}}, "patternProperties.(a+)+$"),
        ({"type": "object", "$defs": {"d": {"anyOf": [{"pattern": "["}]}}}, "$defs.d.anyOf.0.pattern"),
        ({"type": "object", "properties": {"default": {"pattern": "["}}}, "properties.default.pattern"),
        ({"type": "object", "properties": {"q": {"$ref": "https://acme.com/s.json"}}}, "properties.q.$ref"),
        ({"type": "object", "properties": {"q": {"$ref": "file:///etc/passwd"}}}, "properties.q.$ref"),
        ({"type": "object", "properties": {"q": {"$ref": "other.json"}}}, "properties.q.$ref"),
        ({"type": "object", "properties": {"q": {"$dynamicRef": "http://acme.com/#a"}}}, "properties.q.$dynamicRef"),
        ({"type": "object", "properties": {"q": {"$ref": 5}}}, "properties.q.$ref"),
        ({"type": "object", "properties": {"q": {"$ref": "#/$defs/none"}}}, ""),
        ({"type": "object", "$schema": "https://acme.com/meta"}, "$schema"),
        ({"type": "object", "$schema": "http://json-schema.org/draft-03/schema#"}, "$schema"),
        ({"type": "object", "$schema": 7}, "$schema"),
        ({"type": "object", "$defs": {"a": {"$schema": DIALECTS[0]}}}, "$defs.a.$schema"),
        ({"type": "object", "$schema": DIALECTS[4], "minimum": 1, "exclusiveMinimum": 5}, "exclusiveMinimum"),
    ],
)
def test_each_fault_of_an_input_schema_is_named_by_its_path(schema: dict[str, Any], faulty: str) -> None:
    """Contract 7.1, 14.5: bad JSON Schema, and patterns that are none or that can hang."""
    assert list(faults({**LEAST, **tool(input_schema=schema)})) == [f"tools.0.input_schema.{faulty}".rstrip(".")]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"query": {"type": "string"}, "top_k": {"type": "integer", "default": 5}}},
        {"type": "object", "$schema": DIALECTS[0] + "#", "properties": {"a": {"prefixItems": [{}]}}},
        {"type": "object", "$schema": DIALECTS[2] + "#", "definitions": {"a": {}}},
        {"type": "object", "$schema": DIALECTS[4], "minimum": 5, "exclusiveMinimum": True},
        {
            "type": "object",
            "$defs": {"a": {"properties": {"a": {"$ref": "#"}}}},
            "properties": {"a": {"$ref": "#/$defs/a"}},
        },
        {"type": "object", "properties": {"pattern": {"const": {"pattern": "("}}, "$ref": {"type": "string"}}},
        {"type": "object", "properties": {"q": {"type": "string", "pattern": "^[0-9]{5}$", "x-from-metadata": True}}},
        {"type": "object", "properties": {"enum": {"enum": [{"$ref": "https://acme.com"}]}}, "required": ["enum"]},
    ],
)
def test_schemas_that_are_good(schema: dict[str, Any]) -> None:
    """Contract 7.1."""
    assert judged({**LEAST, **tool(input_schema=schema)})["tools"][0]["input_schema"] == schema


def test_a_schema_is_judged_without_a_network() -> None:
    """Contract 14.9: nothing that a schema names is asked, neither a reference nor a meta-schema."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/schema.json"
        for schema in ({"type": "object", "$schema": url}, {"type": "object", "properties": {"a": {"$ref": url}}}):
            faults({**LEAST, **tool(input_schema=schema)})
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_all_patterns_of_a_definition_together_have_a_bound() -> None:
    schema = {"type": "object", "properties": {f"p{n}": {"pattern": f"^a{n}$"} for n in range(300)}}
    tools = [{**TOOL, "name": name, "input_schema": schema} for name in ("a", "b")]
    assert judged({**LEAST, "tools": tools[:1]})
    found = faults({**LEAST, "tools": tools})
    assert found
    assert all(path.startswith("tools.1.input_schema.properties.") for path in found)


def test_a_monstrous_definition_is_judged_in_a_moment() -> None:
    big = {"type": "object", "properties": {f"p{n}": {"type": "string", "enum": ["a"]} for n in range(1400)}}
    tools = [{**TOOL, "name": f"t{n}", "input_schema": big} for n in range(15)]
    patterns = {"type": "object", "properties": {f"p{n}": {"pattern": f"((a{{99}}){{99}}){{{n}}}"} for n in range(400)}}
    began = time.thread_time()
    judged({**LEAST, "tools": tools})
    faults({**LEAST, **tool(input_schema=patterns)})
    assert time.thread_time() - began < 3


def test_all_faults_come_at_once() -> None:
    found = faults({"slug": "Bad Slug", "language": "xx-"})
    assert set(found) == {"slug", "name", "language"}
    assert all(sentences and all(sentences) for sentences in found.values())


@pytest.mark.parametrize(
    "fields",
    [
        {"slug": "a"},
        {"slug": "a" * 63},
        {"name": "\u4f60\u597d" * 100},
        {"system_prompt": "\u00fc" * 32_768},
        {"greeting": "x" * 5000},
        {"language": "zh-Hant-TW"},
        {"language": "fil"},
        {"llm_max_tokens": 4096, "llm_max_sentences": 10},
        {"llm_max_tokens": 16, "llm_max_sentences": 0},
        {"llm_fallbacks": ["Qwen/Qwen2.5-7B-Instruct", "second", "third"]},
        {"keyterms": ["Brompton", "Łódź", "x" * 50] * 33},
        {"handoff_targets": [{"slug": "b" * 52}]},
        {"image": "HTTPS://shop.example:8443/bücher/%20.png?a=1#b"},
        {"background_audio": "crowded room"},
        {"max_turn_seconds": 60, "max_tool_calls_per_turn": 0},
        {"tools": [{**TOOL, "name": "x" * 64, "ordering": 1.5, "input_schema": {"type": "object"}}]},
        {"tools": [{**KB, "is_active": None, "config": None, "input_schema": {}}]},
        {"name": "🤖 Hilfe 👩🏽‍💻"},
        {"name": "مساعد المتجر", "greeting": "\u202bأهلا وسهلا\u202c"},
        {"mcp_servers": [{"name": "a", "url": "https://x", "timeout_seconds": 2.5}]},
        {"mcp_servers": [SERVER, {**SERVER, "name": "b", "transport": "sse", "timeout_seconds": 30}]},
        {"image": "https://shop.example/a.png", "voice": {"audio_file": "/api/media/chr_x/0.wav", "voice_url": ""}},
        {"id": "chr_x", "version": 3, "created_by": None, "anything": [1]},
    ],
)
def test_what_is_allowed(fields: dict[str, Any]) -> None:
    definition = judged({**LEAST, **fields})
    assert list(definition) == list(DEFAULTS)
    for name in fields.keys() & DEFAULTS.keys() - {"tools", "mcp_servers"}:
        assert definition[name] == fields[name]


def test_null_is_read_back_where_it_is_a_value() -> None:
    field = {"name": "age", "type": "number", "rows": None, "min": None, "max": None, "default_value": None}
    form = {"id": "demo", "title": "Demo", "fields": [field], "submit_url": None, "confirmation_type": None}
    stepper = {"id": "long", "title": "Long", "steps": [{"fields": [field]}], "submit_url": None}
    look = {"forms": [form, stepper], "noise_cancellation": {"model_url": None}}
    assert judged({**LEAST, "widget_appearance": look})["widget_appearance"] == look


def test_null_is_the_default_at_every_depth() -> None:
    definition = judged(
        {
            **LEAST,
            "greeting": None,
            "voice": {"voice_url": None},
            "widget_appearance": {"fab_label": None, "theme": {}},
            "tools": [{**TOOL, "is_active": None, "config": {**TOOL["config"], "method": None}}],
        }
    )
    assert (definition["greeting"], definition["voice"]["voice_url"]) == ("", "")
    assert definition["widget_appearance"] == {"theme": {}}
    assert (definition["tools"][0]["is_active"], definition["tools"][0]["config"]) == (True, TOOL["config"])
