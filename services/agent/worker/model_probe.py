"""Asks the operator's language model one short question, to learn whether it marks only the end of its reasoning.

Otherwise the first caller would hear the beginning of such reasoning. See `thinking/late_markers.py`.
"""

import asyncio
import importlib
from collections.abc import Callable

from livekit.agents import APIConnectOptions, APIError, llm

from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.thinking.visible_text import VisibleText
from services.kit.logs import get_logger

# The model must not be able to answer it without a thought, and must need few tokens for the thought.
_QUESTION = "What is three plus four? Answer with one word."
# Room for a short thought. An answer that is cut off says nothing about the model.
_MAX_TOKENS = 256
_ANSWER_SECONDS = 30.0
# A note of a call counts as well: it is as good as an answer to the question.
_FRESH_SECONDS = 3600.0
_LOOK_SECONDS = 2.0
# Pause after a question that brought nothing: the model was away, or a call began.
_PAUSE_SECONDS = 60.0
_log = get_logger(__name__)


class ModelProbe:
    """Asks when nothing is known of the model, and again an hour later.

    It asks only while there is no call, and gives up when one begins: a call never waits for it. calls: how many calls
    the worker has now.
    """

    def __init__(self, settings: AgentSettings, shared: SharedState, calls: Callable[[], int]) -> None:
        self._url = settings.llm_url
        self._model = settings.llm_model
        self._key = settings.llm_api_key
        self._shared = shared
        self._calls = calls

    async def run(self) -> None:
        """Asks until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._calls() or self._shared.late_marker_age_seconds(self._url, self._model) < _FRESH_SECONDS:
                continue
            late = await self.ask()
            if late is None:
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if late != self._shared.has_late_marker(self._url, self._model):
                _log.info("the language model's marking of its reasoning has changed", only_its_end_is_marked=late)
            self._shared.note_late_marker(self._url, self._model, late)

    async def ask(self) -> bool | None:
        """Whether the model marks only the end of its reasoning; None if its answer does not show it."""
        # Its import reads the root certificates, which takes up to 0.7 s: not before the worker is ready.
        await asyncio.to_thread(importlib.import_module, "services.agent.thinking.language_model")
        from services.agent.thinking.language_model import language_model

        context = llm.ChatContext.empty()
        context.add_message(role="user", content=_QUESTION)
        try:
            async with (
                asyncio.timeout(_ANSWER_SECONDS),
                language_model(self._url, self._model, self._key) as model,
                model.reader.chat(
                    chat_ctx=context,
                    conn_options=APIConnectOptions(max_retry=0, timeout=_ANSWER_SECONDS),
                    extra_kwargs={"max_completion_tokens": _MAX_TOKENS},
                ) as stream,
            ):
                return await self._read(stream)
        except (APIError, TimeoutError) as fault:
            _log.debug("the language model did not answer the worker's question", fault=repr(fault))
            return None

    async def _read(self, stream: llm.LLMStream) -> bool | None:
        answer = VisibleText()
        pieces = 0
        async for chunk in stream:
            if self._calls():
                return None
            if chunk.delta is not None and chunk.delta.content:
                answer.push(chunk.delta.content)
                pieces += 1
            # A piece has a token at least.
            tokens = max(pieces, chunk.usage.completion_tokens if chunk.usage is not None else 0)
            if answer.has_late_marker:
                return True
            if tokens >= _MAX_TOKENS:
                return None
        answer.finish()
        return False if answer.told else None
