"""Recognition and synthesis on Triton."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import numpy as np
from livekit.agents.utils.aio.channel import Chan, ChanFull
from numpy.typing import NDArray

from services.agent.speech.engine import Ask, EngineError, Samples, Transcript, Unreachable
from services.agent.speech.wire.triton import Inputs, Reply, Triton
from services.inference import protocol

# Most pieces of one text that wait to be played. The longest text has fewer.
_MAX_UNREAD_PIECES = 512
_COMMANDS = {
    Ask.NOTHING: protocol.COMMAND_AUDIO,
    Ask.SNAPSHOT: protocol.COMMAND_SNAPSHOT,
    Ask.FINAL: protocol.COMMAND_FLUSH,
}
_ANSWERS = {
    protocol.KIND_PARTIAL: Ask.NOTHING,
    protocol.KIND_SNAPSHOT: Ask.SNAPSHOT,
    protocol.KIND_FINAL: Ask.FINAL,
}


class TritonRecogniser:
    """A recogniser's stream.

    language: BCP-47 or `auto`. keyterms: words to prefer. engine: one of the model's; empty for its first.
    """

    def __init__(
        self, triton: Triton, model: str, language: str, keyterms: Sequence[str] = (), engine: str = ""
    ) -> None:
        self._wire = triton.stream(model, sequence=True)
        hints = {"keyterms": json.dumps(list(keyterms), ensure_ascii=False)} if keyterms else {}
        # The first request opens the sequence, and shows at once whether Triton is reachable.
        chosen = {"engine": engine} if engine else {}
        self._send((), Ask.NOTHING, {"language": language, **hints, **chosen})

    @property
    def broken(self) -> bool:
        """Whether it accepts no more audio."""
        return self._wire.closed

    def send(self, audio: Sequence[Samples], ask: Ask = Ask.NOTHING) -> str:
        """Queues a request. Returns its id. Raises: EngineError."""
        return self._send(audio, ask, {})

    def _send(self, audio: Sequence[Samples], ask: Ask, more: Inputs) -> str:
        command = np.array([_COMMANDS[ask]], np.int32)
        return self._wire.send({"audio": _scaled(audio), "command": command, **more})

    async def replies(self) -> AsyncIterator[Transcript]:
        """Transcripts until the stream ends. It always ends with an EngineError."""
        async for reply in self._wire.replies():
            if reply.fault is not None:
                raise reply.fault
            if reply.texts:
                yield Transcript(
                    reply.texts["text"].strip(),
                    _ANSWERS[reply.texts["kind"]],
                    reply.request_id,
                    float(reply.arrays["audio_seconds"][0]),
                    reply.texts.get("language", ""),
                )

    def close(self) -> None:
        """Closes the stream. Audio that is not yet recognised is dropped."""
        self._wire.close({"audio": np.empty(0, np.float32), "command": np.array([protocol.COMMAND_DISCARD], np.int32)})


class TritonVoice:
    """A voice in a language (BCP-47). All texts use one stream; the request's id tells which text an answer is for."""

    def __init__(self, triton: Triton, model: str, voice: str, language: str) -> None:
        self._model = model
        self._asked: Inputs = {"voice": voice, "language": language}
        self._wire = triton.stream(model)
        self._spoken: dict[str, Chan[Reply]] = {}
        self._fault: EngineError = Unreachable(f"the stream to {model} is closed")
        self._reader = asyncio.create_task(self._read(), name="voice-replies")

    @property
    def broken(self) -> bool:
        """Whether it accepts no more texts."""
        return self._wire.closed

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yields 16-bit mono PCM at 24 kHz as it is made. Closing the generator stops the work. Raises: EngineError."""
        request_id = self._wire.send({"text": text, **self._asked})
        replies = self._spoken[request_id] = Chan[Reply](_MAX_UNREAD_PIECES)
        over = False
        try:
            async for reply in replies:
                over = reply.final
                if reply.fault is not None:
                    raise reply.fault
                if "audio" in reply.arrays:
                    yield reply.arrays["audio"].tobytes()
                if over:
                    return
            raise self._fault
        finally:
            del self._spoken[request_id]
            if not over:
                with contextlib.suppress(EngineError):
                    self._wire.send({"cancel": request_id})

    def close(self) -> None:
        """Stops all running texts."""
        for request_id in self._spoken:
            with contextlib.suppress(EngineError):
                self._wire.send({"cancel": request_id})
        self._wire.close()
        self._reader.cancel()
        self._end()

    async def _read(self) -> None:
        try:
            async for reply in self._wire.replies():
                if replies := self._spoken.get(reply.request_id):
                    replies.send_nowait(reply)
        except ChanFull:
            self._fault = EngineError(f"nobody plays what {self._model} speaks")
        except EngineError as fault:
            self._fault = fault
        finally:
            self._wire.close()
            self._end()

    def _end(self) -> None:
        for replies in self._spoken.values():
            replies.close()


def _scaled(parts: Sequence[Samples]) -> NDArray[np.float32]:
    scaled = np.empty(sum(part.size for part in parts), np.float32)
    at = 0
    for part in parts:
        np.multiply(part, np.float32(1 / 32768), out=scaled[at : at + part.size])
        at += part.size
    return scaled
