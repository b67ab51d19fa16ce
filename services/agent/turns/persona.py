"""The character of a call as an agent of livekit-agents."""

import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from livekit import rtc
from livekit.agents import NOT_GIVEN, Agent, FlushSentinel, ModelSettings, llm, stt, tts
from livekit.agents.llm import ChatChunk, ChoiceDelta, FunctionToolCall
from livekit.agents.utils import shortuuid

from services.agent.metadata import Metadata
from services.agent.thinking.answer_events import begins_anew
from services.agent.thinking.language_model import Model
from services.agent.thinking.sentence_limit import SentenceLimit
from services.agent.thinking.visible_text import VisibleText
from services.agent.tools.belt import Belt
from services.agent.tools.part import OwnAnswer, Turn
from services.agent.tools.tool import as_text
from services.agent.turns.memory import Memory
from services.agent.turns.replies import Replies
from services.agent.turns.unanswered import unanswered

# Retracted texts that are remembered until the history has their replies.
_MAX_RETRACTED = 4
_log = structlog.get_logger(__name__)


def instructions(system_prompt: str, metadata: Metadata) -> str:
    """The system prompt with metadata in its places for them, followed by the metadata as facts about the caller."""
    return "\n\n".join(filter(None, (metadata.fill(system_prompt), metadata.facts())))


class Generation:
    """One attempt at an answer. Times are in seconds since the epoch; None until reached.

    own: whether a part of the character answered, so that the model has not read the turn. note: what the model was
    told with this answer only. told: the text that was passed on so far. retracted: text that was passed on before it
    was known to be reasoning. It is not spoken any further.
    """

    own: bool = False
    note: str = ""
    told: str = ""
    first_token: float | None = None
    first_audio: float | None = None
    retracted: str = ""


class Persona(Agent):
    """Answers as a character with its own engines, and records the times of each attempt at an answer.

    ear, voice: None in a text-only conversation. situation: what the model is told with each answer and not afterwards,
    such as the state of forms; may be empty. own_answer: what a part of the character answers in the model's place.
    said: what was said before this character took over.
    """

    def __init__(
        self,
        prompt: str,
        model: Model,
        ear: stt.STT[Any] | None,
        voice: tts.TTS[Any] | None,
        belt: Belt,
        memory: Memory,
        replies: Replies,
        situation: Callable[[], Awaitable[str]],
        own_answer: Callable[[Turn], Awaitable[OwnAnswer | None]],
        said: llm.ChatContext | None = None,
    ) -> None:
        super().__init__(
            id=shortuuid("persona_"),
            instructions=prompt,
            llm=model.llm,
            stt=ear if ear is not None else NOT_GIVEN,
            tts=voice if voice is not None else NOT_GIVEN,
            tools=list(belt.functions),
            chat_ctx=said.copy(exclude_instructions=True, exclude_handoff=True) if said is not None else NOT_GIVEN,
        )
        self._belt = belt
        self._memory = memory
        self._replies = replies
        self._situation = situation
        self._own_answer = own_answer
        self._late_markers = model.late_markers
        self._limits = model.limits
        self._retracted: deque[str] = deque(maxlen=_MAX_RETRACTED)
        # The newest attempt is the one that is spoken: livekit-agents drops an attempt before it starts another.
        self.generation = Generation()

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterator[llm.ChatChunk | str | FlushSentinel]:
        """Asks a part of the character, else the language model."""
        generation = self.generation = Generation()
        own = await self._own_answer(unanswered(chat_ctx))
        if own is not None and not own.after_model:
            generation.own = True
            generation.first_token = time.time()
            generation.told = own.text
            yield own.text if own.call is None else self._own_call(*own.call)
            return
        has_called = False
        async with contextlib.aclosing(self._of_model(chat_ctx, tools, model_settings)) as pieces:
            async for piece in pieces:
                has_called = has_called or _has_calls(piece)
                yield piece
        if own is not None and not has_called:
            text = own.text if generation.told[-1:].isspace() else f" {own.text}"
            generation.told += text
            yield text

    def _own_call(self, name: str, arguments: Mapping[str, Any]) -> ChatChunk:
        """The call of a function by a part of the character, which the model does not see afterwards."""
        chunk = _calls([(name, as_text(arguments))])
        assert chunk.delta is not None
        for call in chunk.delta.tool_calls:
            self._memory.hide_call(call.call_id)
        return chunk

    async def _of_model(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[llm.ChatChunk | str | FlushSentinel, None]:
        """The language model's answer, without reasoning and without tool calls that were written as text."""
        generation = self.generation
        tools = self._belt.shown(tools)
        # An answer that is prepared for the next turn does not follow a tool.
        if self._belt.is_spent and chat_ctx.items and chat_ctx.items[-1].type == "function_call_output":
            model_settings = ModelSettings(tool_choice="none")
        names = [tool.info.name for tool in tools if isinstance(tool, llm.FunctionTool | llm.RawFunctionTool)]
        answer = VisibleText(names, late_markers=self._late_markers.expected)
        length = SentenceLimit(self._limits.sentences)
        tokens = 0
        generation.note = await self._situation()
        seen = self._memory.seen(chat_ctx, generation.note)
        asked = Agent.default.llm_node(self, seen, tools, model_settings)
        # An answer that is long enough is closed, so that the model computes no more of it.
        async with contextlib.aclosing(asked) as chunks:
            async for chunk in chunks:
                if generation.first_token is None:
                    generation.first_token = time.time()
                if isinstance(chunk, ChatChunk) and chunk.usage is not None:
                    tokens = chunk.usage.completion_tokens
                if isinstance(chunk, ChatChunk) and chunk.delta is not None and begins_anew(chunk.delta.extra):
                    goes_on = bool(generation.told)
                    answer = VisibleText(names, late_markers=self._late_markers.expected, goes_on=goes_on)
                    continue
                chunk = _with_own_call_ids(chunk)
                if not (content := _content(chunk)):
                    yield chunk
                    continue
                had_late_marker = answer.has_late_marker
                text = answer.push(content)
                if answer.has_late_marker and not had_late_marker:
                    self._late_markers.seen()
                    if generation.told:
                        generation.retracted, generation.told = generation.told, ""
                        self._retracted.append(generation.retracted.strip())
                        length = SentenceLimit(self._limits.sentences)
                        yield FlushSentinel()
                text = length.push(text)
                if (rest := _with_content(chunk, text)) is not None:
                    generation.told += text
                    yield rest
                if length.reached:
                    break
        is_cut = tokens >= self._limits.tokens or length.reached
        if text := length.push(answer.finish(is_cut=is_cut)):
            yield text
        if answer.told and not answer.has_late_marker and not is_cut:
            self._late_markers.missed()
        if answer.calls:
            _log.info("tool calls were written as text", count=len(answer.calls))
            yield _calls([(call.name, call.arguments) for call in answer.calls])

    async def tts_node(self, text: AsyncIterable[str], model_settings: ModelSettings) -> AsyncIterator[rtc.AudioFrame]:
        """Speaks the answer."""
        generation = self.generation
        retracted = generation.retracted
        async for frame in Agent.default.tts_node(self, text, model_settings):
            if generation.retracted and not retracted:
                return
            if generation.first_audio is None:
                generation.first_audio = time.time()
            yield frame

    async def transcription_node(self, text: AsyncIterable[Any], model_settings: ModelSettings) -> AsyncIterator[Any]:
        """Forwards the text that is being spoken."""
        self._replies.begin()
        so_far = ""
        async for piece in text:
            so_far += str(piece)
            self._replies.written(so_far)
            yield piece

    def without_reasoning(self, reply: str) -> str:
        """A reply without the text that was retracted from it."""
        for text in self._retracted:
            if reply.startswith(text) or text.startswith(reply):
                self._retracted.remove(text)
                return reply.removeprefix(text).strip() if reply.startswith(text) else ""
        return reply


def _new_call_id() -> str:
    return shortuuid("call_")


def _with_own_call_ids(chunk: ChatChunk | str | FlushSentinel) -> ChatChunk | str | FlushSentinel:
    """A piece of an answer with new ids of its tool calls: some servers count from zero in each answer."""
    if not isinstance(chunk, ChatChunk) or chunk.delta is None or not chunk.delta.tool_calls:
        return chunk
    calls = [call.model_copy(update={"call_id": _new_call_id()}) for call in chunk.delta.tool_calls]
    return chunk.model_copy(update={"delta": chunk.delta.model_copy(update={"tool_calls": calls})})


def _has_calls(chunk: ChatChunk | str | FlushSentinel) -> bool:
    return isinstance(chunk, ChatChunk) and chunk.delta is not None and bool(chunk.delta.tool_calls)


def _calls(named: Sequence[tuple[str, str]]) -> ChatChunk:
    """A piece of an answer that calls functions. named: names with their arguments as JSON."""
    calls = [FunctionToolCall(name=name, arguments=given, call_id=_new_call_id()) for name, given in named]
    return ChatChunk(id=shortuuid("own_"), delta=ChoiceDelta(role="assistant", tool_calls=calls))


def _content(chunk: ChatChunk | str | FlushSentinel) -> str:
    """The text in a piece of an answer; may be empty."""
    if isinstance(chunk, str):
        return chunk
    return (chunk.delta.content or "") if isinstance(chunk, ChatChunk) and chunk.delta is not None else ""


def _with_content(chunk: ChatChunk | str | FlushSentinel, text: str) -> ChatChunk | str | None:
    """A piece of an answer with another text; None if nothing is left of it."""
    if not isinstance(chunk, ChatChunk) or chunk.delta is None:
        return text or None
    if not (text or chunk.delta.tool_calls or chunk.delta.extra or chunk.usage):
        return None
    return chunk.model_copy(update={"delta": chunk.delta.model_copy(update={"content": text or None})})
