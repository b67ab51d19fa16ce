"""The character of a call as an agent of livekit-agents."""

import json
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from livekit import rtc
from livekit.agents import NOT_GIVEN, Agent, FlushSentinel, ModelSettings, llm, stt, tts
from livekit.agents.utils import shortuuid

from services.agent.turns.memory import Memory

_METADATA_INTRODUCTION = "Known about this caller:"
# Called while an answer is spoken, with (id, text so far, whether the text is complete).
OnReply = Callable[[str, str, bool], object]


def instructions(system_prompt: str, metadata: Struct) -> str:
    """The system prompt, followed by the client's metadata about the caller."""
    known = MessageToDict(metadata)
    if not known:
        return system_prompt
    return f"{system_prompt}\n\n{_METADATA_INTRODUCTION} {json.dumps(known, ensure_ascii=False)}"


class Generation:
    """Times of one attempt at an answer, in seconds since the epoch; None until reached."""

    first_token: float | None = None
    first_audio: float | None = None


class Replies:
    """Numbers the replies of one call, across all its characters."""

    def __init__(self) -> None:
        self._count = 0

    def next_id(self) -> str:
        """The id of the next reply, for clients."""
        self._count += 1
        return f"reply_{self._count}"


class Persona(Agent):
    """Answers as a character with its own engines, and records the times of each attempt at an answer.

    ear, voice: None in a text-only conversation. said: what was said before this character took over.
    """

    def __init__(
        self,
        prompt: str,
        model: llm.LLM[Any],
        ear: stt.STT[Any] | None,
        voice: tts.TTS[Any] | None,
        tools: Sequence[llm.Tool],
        memory: Memory,
        replies: Replies,
        on_reply: OnReply,
        said: llm.ChatContext | None = None,
    ) -> None:
        super().__init__(
            id=shortuuid("persona_"),
            instructions=prompt,
            llm=model,
            stt=ear if ear is not None else NOT_GIVEN,
            tts=voice if voice is not None else NOT_GIVEN,
            tools=list(tools),
            chat_ctx=said.copy(exclude_instructions=True, exclude_handoff=True) if said is not None else NOT_GIVEN,
        )
        self._memory = memory
        self._replies = replies
        self._on_reply = on_reply
        # The newest attempt is the one that is spoken: livekit-agents drops an attempt before it starts another.
        self.generation = Generation()

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterator[llm.ChatChunk | str | FlushSentinel]:
        """Asks the language model."""
        generation = self.generation = Generation()
        async for chunk in Agent.default.llm_node(self, self._memory.seen(chat_ctx), tools, model_settings):
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
        """Forwards the text that is being spoken."""
        reply_id, so_far = self._replies.next_id(), ""
        try:
            async for piece in text:
                so_far += str(piece)
                self._on_reply(reply_id, so_far, False)
                yield piece
        finally:
            self._on_reply(reply_id, so_far.strip(), True)
