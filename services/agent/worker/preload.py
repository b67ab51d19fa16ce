"""Imported once for all job processes, so that no call does this work on its event loop."""

import asyncio

# Imported by the first question of a call otherwise, which takes up to 0.4 s.
import anyio._backends._asyncio
import anyio.streams.memory
import livekit.agents.llm.async_toolset
import openai.lib.streaming.chat
import openai.pagination
import openai.resources.chat.completions.messages
from livekit.agents.utils import http_context

import services.agent.call.run

__all__ = ["anyio", "livekit", "openai", "services"]


async def _open_http() -> None:
    """Reads the root certificates of livekit-agents' HTTP session, which it opens at the end of every call."""
    async with http_context.open():
        pass


asyncio.run(_open_http())
