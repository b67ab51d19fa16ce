"""Asks the operator's language model one short question, to learn whether it marks only the end of its reasoning.

Otherwise the first caller would hear the beginning of such reasoning. See `thinking/late_markers.py`.
"""

import asyncio
import importlib
from collections.abc import Callable

import openai
from openai.types.chat import ChatCompletionChunk

from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.thinking.endpoint import open_client, read_certificates
from services.agent.thinking.visible_text import VisibleText
from services.kit.logs import get_logger

# The model must not be able to answer it without a thought, and must need few tokens for the thought.
_QUESTION = "What is three plus four? Answer with one word."
# Room for a short thought. An answer that is cut off says nothing about the model.
_MAX_TOKENS = 256
# A small model beside other work needed 30 s.
_ANSWER_SECONDS = 60.0
_LOOK_SECONDS = 2.0
# A note is as old as the last answer to the question or the last change that a call has noted.
_FRESH_SECONDS = 3600.0
# Pause after a question that the model did not get, or that was given up for a call.
_PAUSE_SECONDS = 60.0
_log = get_logger(__name__)


class CallBegan(Exception):
    """A call began while the model was asked."""


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
            await asyncio.sleep(await self._learn())

    async def _learn(self) -> float:
        """Asks once and notes the answer. Returns the seconds until the next time."""
        try:
            late = await self.ask()
        except (TimeoutError, openai.APITimeoutError) as fault:
            # A slow model is not asked more often: each question takes its time.
            _log.info("the language model did not answer the worker's question in time", fault=repr(fault))
            return _FRESH_SECONDS
        except (openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError, CallBegan) as fault:
            _log.debug("the language model was not asked to the end", fault=repr(fault))
            return _PAUSE_SECONDS
        except Exception as fault:  # a model that answers nonsense must not end the worker
            _log.warning("the language model's answer to the worker's question cannot be used", fault=repr(fault)[:200])
            return _FRESH_SECONDS
        if late is not None:
            if late != self._shared.has_late_marker(self._url, self._model):
                _log.info("whether only the end of the model's reasoning is marked has changed", late_marker=late)
            self._shared.note_late_marker(self._url, self._model, late)
        return _FRESH_SECONDS

    async def ask(self) -> bool | None:
        """Whether the model marks only the end of its reasoning; None if its answer does not show it.

        Raises: TimeoutError, CallBegan, openai.OpenAIError, or what the client raises for a broken answer.
        """
        async with asyncio.timeout(_ANSWER_SECONDS):
            await asyncio.to_thread(_prepare)
            async with (
                open_client(self._url, self._key) as client,
                await client.chat.completions.create(
                    model=self._model,
                    messages=[{"role": "user", "content": _QUESTION}],
                    max_completion_tokens=_MAX_TOKENS,
                    stream=True,
                    stream_options={"include_usage": True},
                ) as answer,
            ):
                return await self._read(answer)

    async def _read(self, stream: openai.AsyncStream[ChatCompletionChunk]) -> bool | None:
        answer = VisibleText()
        pieces = 0
        async for chunk in stream:
            if self._calls():
                raise CallBegan
            for choice in chunk.choices:
                if choice.delta.content:
                    answer.push(choice.delta.content)
                    pieces += 1
            # A piece has a token at least.
            tokens = max(pieces, chunk.usage.completion_tokens if chunk.usage is not None else 0)
            if answer.has_late_marker:
                return True
            if tokens >= _MAX_TOKENS:
                return None
        answer.finish()
        return False if answer.told else None


def _prepare() -> None:
    """Does what the first question would do on the event loop otherwise, for up to a second."""
    read_certificates()
    for module in ("anyio._backends._asyncio", "anyio.streams.memory", "openai.resources.chat"):
        importlib.import_module(module)
