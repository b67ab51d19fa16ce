"""What the model reads of the results of MCP tools."""

from typing import Any

import mcp_types as mcp
import pytest

from services.agent.tools.mcp.result import outcome_of

TEXT = {"type": "text", "text": "Seven."}


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"content": [TEXT, {"type": "text", "text": "Eight."}]}, "Seven.\nEight."),
        ({"content": [TEXT], "structuredContent": {"count": 7}}, "Seven."),
        ({"content": [], "structuredContent": {"count": 7}}, '{"count": 7}'),
        ({"content": [{"type": "text", "text": " "}], "structuredContent": {"who": "Ünal"}}, '{"who": "Ünal"}'),
        (
            {"content": [TEXT, {"type": "image", "data": "AAAA", "mimeType": "image/png"}]},
            "Seven.\n[an image that is not shown]",
        ),
        ({"content": [{"type": "audio", "data": "AAAA", "mimeType": "audio/wav"}]}, "[a sound that is not played]"),
        (
            {"content": [{"type": "resource_link", "name": "terms", "uri": "https://shop.example/terms"}]},
            "[a link: terms, https://shop.example/terms]",
        ),
        ({"content": [{"type": "resource", "resource": {"uri": "file:///a.txt", "text": "Open."}}]}, "Open."),
        (
            {"content": [{"type": "resource", "resource": {"uri": "file:///a.bin", "blob": "AAAA"}}]},
            "[a file that is not shown: file:///a.bin]",
        ),
        ({"content": []}, "Done. The tool returned nothing."),
    ],
)
def test_a_result_is_text(result: dict[str, Any], text: str) -> None:
    outcome = outcome_of(mcp.CallToolResult.model_validate(result))
    assert (outcome.text, outcome.error) == (text, "")


def test_an_error_is_a_failure_with_what_the_tool_said() -> None:
    said = {"content": [{"type": "text", "text": "out of stock " * 1_000}], "isError": True}
    outcome = outcome_of(mcp.CallToolResult.model_validate(said))
    assert outcome.error == "tool_error"
    assert outcome.text.startswith("out of stock")
    assert len(outcome.text) == 2_000
    nothing = outcome_of(mcp.CallToolResult.model_validate({"content": [], "isError": True}))
    assert (nothing.error, bool(nothing.text)) == ("tool_error", True)
