"""The character of a call, as livekit-agents runs it."""

import json
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from livekit import rtc
from livekit.agents import Agent, FlushSentinel, ModelSettings, llm

# Turns the model sees besides its instructions; a small local model has room for 4,096 tokens a call.
_MAX_CONTEXT_ITEMS = 24
_METADATA_INTRODUCTION = "Known about this caller:"


def instructions(system_prompt: str, metadata: Struct) -> str:
    """The prompt in force, with what the client said about the caller."""
    known = MessageToDict(metadata)
    if not known:
        return system_prompt
    return f"{system_prompt}\n\n{_METADATA_INTRODUCTION} {json.dumps(known, ensure_ascii=False)}"


class Generation:
    """Moments of one try at an answer, in seconds since the epoch; None until reached."""

    first_token: float | None = None
    first_audio: float | None = None


class Persona(Agent):
    """Answers as a character, noting when each try at an answer got where.

    on_reply: told an id, the text so far, and whether it is whole, while an answer is being spoken.
    """

    def __init__(self, prompt: str, on_reply: Callable[[str, str, bool], object]) -> None:
        super().__init__(instructions=prompt)
        self._on_reply = on_reply
        self._replies = 0
        # The newest try is the one that is spoken: livekit-agents throws a try away before it starts another.
        self.generation = Generation()

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterator[llm.ChatChunk | str | FlushSentinel]:
        """Asks the language model."""
        generation = self.generation = Generation()
        context = chat_ctx.copy().truncate(max_items=_MAX_CONTEXT_ITEMS)
        async for chunk in Agent.default.llm_node(self, context, tools, model_settings):
            if generation.first_token is None:
                generation.first_token = time.time()
            yield chunk

    async def tts_node(self, text: AsyncIterable[str], model_settings: ModelSettings) -> AsyncIterator[rtc.AudioFrame]:
        """Speaks the answer."""
        generation = self.generation
        async for frame in Agent.default.tts_node(self, text, model_settings):
            if generation.first_audio is None:
                generation.first_audio = time.time()
            yield frame

    async def transcription_node(self, text: AsyncIterable[Any], model_settings: ModelSettings) -> AsyncIterator[Any]:
        """Passes on what is being spoken."""
        self._replies += 1
        reply_id, so_far = f"reply_{self._replies}", ""
        try:
            async for piece in text:
                so_far += str(piece)
                self._on_reply(reply_id, so_far, False)
                yield piece
        finally:
            self._on_reply(reply_id, so_far.strip(), True)
