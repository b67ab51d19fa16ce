"""Lets the language model read a conversation before the next question, so that its answer comes sooner."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from livekit.agents import APIError, llm

from services.agent.thinking.language_model import Model
from services.kit.tasks import end

_SECONDS = 5.0
# A conversation is read with a question. The next one is other words, which are read then.
_ANY_QUESTION = "Hello"


def opening(prompt: str, greeting: str) -> llm.ChatContext:
    """The conversation when the caller begins to speak: the prompt and the greeting."""
    context = llm.ChatContext.empty()
    context.add_message(role="system", content=prompt)
    if greeting:
        context.add_message(role="assistant", content=greeting)
    return context


def with_a_question(context: llm.ChatContext) -> llm.ChatContext:
    """A copy of a conversation that goes on with a question of the caller."""
    copy = context.copy()
    copy.add_message(role="user", content=_ANY_QUESTION)
    return copy


class ReadingAhead:
    """Reads ahead for one call. Only for models on the operator's own machines, since others charge for each token."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(
        self, model: Model, seen: Callable[[], Awaitable[llm.ChatContext]], tools: Sequence[llm.Tool] = ()
    ) -> None:
        """Starts to read a conversation. Cancels a reading that is still running.

        seen: what the model sees at the next question, with any question. tools: those of the next question. A model
        reads them before the conversation, so all of them must be the same.
        """
        if not model.own:
            return
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(_read(model.reader, seen, tools), name="read-ahead")

    async def close(self) -> None:
        """Cancels a running reading."""
        if self._task is not None:
            await end(self._task)


async def _read(model: llm.LLM[Any], seen: Callable[[], Awaitable[llm.ChatContext]], tools: Sequence[llm.Tool]) -> None:
    """Asks for one token. A failure is harmless: then the model reads everything with the next question."""
    with contextlib.suppress(APIError, TimeoutError):
        async with (
            asyncio.timeout(_SECONDS),
            model.chat(chat_ctx=await seen(), tools=list(tools), extra_kwargs={"max_completion_tokens": 1}) as stream,
        ):
            async for _ in stream:
                pass
