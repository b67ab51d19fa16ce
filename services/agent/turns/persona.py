"""The character of a call, as livekit-agents runs it."""

import json
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from livekit import rtc
from livekit.agents import Agent, FlushSentinel, ModelSettings, llm

# History that the model sees besides its instructions, about 1,500 tokens: a small local model has room for 4,096.
# When there is more, half of it is forgotten at once, since a model reads everything anew behind a place that changed.
_MAX_HISTORY_CHARS = 6_000
_KEPT_HISTORY_CHARS = 3_000
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
        self._forgotten = 0
        # The newest try is the one that is spoken: livekit-agents throws a try away before it starts another.
        self.generation = Generation()

    def seen(self, context: llm.ChatContext) -> llm.ChatContext:
        """What the model sees of a conversation: its instructions and what is not forgotten."""
        copy = context.copy()
        instructing = [item for item in copy.items if _is_instruction(item)]
        history = [item for item in copy.items if not _is_instruction(item)]
        copy.items = [*instructing, *history[self._forgotten :]]
        return copy

    def forget(self) -> bool:
        """Forgets the older half of a history that has become too long; whether it did."""
        sizes = [len(_text(item)) for item in self.chat_ctx.items if not _is_instruction(item)][self._forgotten :]
        if sum(sizes) <= _MAX_HISTORY_CHARS:
            return False
        while sum(sizes) > _KEPT_HISTORY_CHARS:
            sizes.pop(0)
            self._forgotten += 1
        return True

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterator[llm.ChatChunk | str | FlushSentinel]:
        """Asks the language model."""
        generation = self.generation = Generation()
        async for chunk in Agent.default.llm_node(self, self.seen(chat_ctx), tools, model_settings):
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


def _is_instruction(item: llm.ChatItem) -> bool:
    return isinstance(item, llm.ChatMessage) and item.role in ("system", "developer")


def _text(item: llm.ChatItem) -> str:
    return (item.text_content or "") if isinstance(item, llm.ChatMessage) else str(item)
