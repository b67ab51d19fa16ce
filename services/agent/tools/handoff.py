"""Functions that hand the call over to another character (contract 7.7, 14.8): one for each target."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.tools.tool import Arguments, Outcome, Tool
from services.kit.character_definition.handoff import tool_name

_MAX_REASON_CHARACTERS = 500
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"reason": {"type": "string", "description": "Why, in one sentence, with what the caller wants."}},
}

# Takes the slug of the target and the reason.
HandOver = Callable[[str, str], Awaitable[Outcome]]


def handoff_tools(targets: Iterable[str], hand_over: HandOver) -> list[Tool]:
    """The functions. targets: slugs."""
    return [
        Tool(
            tool_name(slug),
            pb.TOOL_KIND_HANDOFF,
            f"Hands the call over to the colleague {slug.replace('-', ' ')}, who then speaks with the caller. "
            "Call it when the caller asks for that or when your instructions say so.",
            _SCHEMA,
            partial(_act, slug, hand_over),
        )
        for slug in targets
    ]


async def _act(slug: str, hand_over: HandOver, arguments: Arguments) -> Outcome:
    reason = " ".join(str(arguments.get("reason") or "").split())
    return await hand_over(slug, reason[:_MAX_REASON_CHARACTERS])
