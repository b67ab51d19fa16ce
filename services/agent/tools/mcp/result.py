"""What the model reads of a result of an MCP tool."""

from __future__ import annotations

import mcp_types as mcp

from services.agent.tools.tool import Outcome, as_text, failure

_MAX_FAILURE_CHARACTERS = 2_000


def outcome_of(result: mcp.CallToolResult) -> Outcome:
    """The texts of a result; without a text its structured content. Images, sounds and files are only named."""
    texts = [part.text for part in result.content if isinstance(part, mcp.TextContent)]
    if not any(text.strip() for text in texts) and result.structured_content is not None:
        text = as_text(result.structured_content)
    else:
        text = "\n".join(map(_words, result.content))
    if result.is_error:
        return failure("tool_error", text[:_MAX_FAILURE_CHARACTERS] or "The tool failed and did not say why.")
    return Outcome(text or "Done. The tool returned nothing.")


def _words(part: mcp.ContentBlock) -> str:
    match part:
        case mcp.TextContent():
            return part.text
        case mcp.EmbeddedResource(resource=mcp.TextResourceContents() as resource):
            return resource.text
        case mcp.EmbeddedResource():
            return f"[a file that is not shown: {part.resource.uri}]"
        case mcp.ResourceLink():
            return f"[a link: {part.title or part.name}, {part.uri}]"
        case mcp.ImageContent():
            return "[an image that is not shown]"
        case mcp.AudioContent():
            return "[a sound that is not played]"
