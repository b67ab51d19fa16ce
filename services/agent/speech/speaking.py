"""Speech synthesis for livekit-agents: each clause is sent to the voice as soon as it is complete."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

from livekit.agents import APIConnectionError, APIConnectOptions, tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.agents.utils import shortuuid
from livekit.agents.voice.io import TimedString

from services.agent.speech.clauses import ClauseSplitter
from services.agent.speech.engine import EngineError, Unreachable, VoiceStream
from services.agent.speech.route import Attempts, Connection, Route
from services.inference import protocol

SAMPLE_RATE_HZ = protocol.TTS_RATE_HZ
_FRAME_MS = 20
# A voice that sends no audio for this long is replaced by another voice or endpoint, if there is one.
_SILENT_SECONDS = 2.0
# Without another one the reply fails after this, and the caller hears that something went wrong.
_LONGEST_SILENT_SECONDS = 3 * _SILENT_SECONDS
# Played for a text without words (an emoji alone), because livekit-agents treats a reply without audio as an error.
_NOTHING = bytes(SAMPLE_RATE_HZ // 100 * 2)


class Speaking(tts.TTS[object]):
    """The voices of a call."""

    def __init__(self, route: Route[VoiceStream]) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=True), sample_rate=SAMPLE_RATE_HZ, num_channels=1)
        self._route = route

    @property
    def model(self) -> str:
        """Name of the voice that spoke last, for metrics and history."""
        return self._route.serving.name

    @property
    def provider(self) -> str:
        """Provider of the voice that spoke last, for metrics and history."""
        return self._route.serving.provider

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        """Speaks one whole text."""
        return self._synthesize_with_stream(text, conn_options=conn_options)

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> "SpeakingStream":
        """Speaks a text that is still being written."""
        return SpeakingStream(self, self._route, conn_options)

    async def speak(self, text: str) -> bytes:
        """The whole text as 16-bit PCM at 24 kHz. Raises: EngineError."""
        return b"".join([chunk async for chunk in _speak(self._route, text, Attempts())])


class SpeakingStream(tts.SynthesizeStream):
    """Speaks one reply."""

    def __init__(self, owner: Speaking, route: Route[VoiceStream], conn_options: APIConnectOptions) -> None:
        super().__init__(tts=owner, conn_options=conn_options)
        self._route = route

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=shortuuid("tts_"),
            sample_rate=SAMPLE_RATE_HZ,
            num_channels=1,
            mime_type="audio/pcm",
            frame_size_ms=_FRAME_MS,
            stream=True,
        )
        output_emitter.start_segment(segment_id=shortuuid("seg_"))
        # Shared by the whole reply, so that its voice does not change back and forth.
        attempts = Attempts()
        sounded = False
        async for clause in self._clauses():
            self._mark_started()
            output_emitter.push_timed_transcript(TimedString(clause))
            try:
                async with contextlib.aclosing(_speak(self._route, clause, attempts)) as chunks:
                    async for chunk in chunks:
                        output_emitter.push(chunk)
                        sounded = True
            except EngineError:
                self._route.gave_up()
                raise APIConnectionError("the answer was not spoken: no voice answered", retryable=False) from None
        if not sounded:
            output_emitter.push(_NOTHING)
        output_emitter.end_segment()

    async def _clauses(self) -> AsyncIterator[str]:
        splitter = ClauseSplitter()
        async for item in self._input_ch:
            for clause in splitter.push(item) if isinstance(item, str) else splitter.flush():
                yield clause
        for clause in splitter.flush():
            yield clause


async def _speak(route: Route[VoiceStream], text: str, attempts: Attempts) -> AsyncGenerator[bytes, None]:
    """PCM of a text from the first engine that answers.

    Raises: EngineError after _LONGEST_SILENT_SECONDS without audio.
    """
    loop = asyncio.get_running_loop()
    patience = loop.time() + _LONGEST_SILENT_SECONDS
    # Bytes that were played, and their candidate. If the same candidate starts again, these bytes are skipped.
    heard, heard_of = 0, -1
    while True:
        try:
            async with asyncio.timeout_at(patience):
                connection = await route.next(attempts)
        except TimeoutError:
            raise attempts.fault or Unreachable("no endpoint") from None
        if heard_of != connection.number:
            heard, heard_of = 0, connection.number
        skipped = heard
        try:
            async with contextlib.aclosing(connection.stream.speak(text)) as chunks:
                while (chunk := await _next(route, connection, chunks, attempts, patience)) is not None:
                    patience = loop.time() + _LONGEST_SILENT_SECONDS
                    new, skipped = chunk[skipped:], max(0, skipped - len(chunk))
                    if new:
                        heard += len(new)
                        yield new
            route.served(connection)
            return
        except EngineError as fault:
            route.failed(connection, fault, attempts)


async def _next(
    route: Route[VoiceStream],
    connection: Connection[VoiceStream],
    chunks: AsyncGenerator[bytes, None],
    attempts: Attempts,
    patience: float,
) -> bytes | None:
    """The next piece of audio; None at the end. Raises: EngineError."""
    limit = patience
    if route.has_other(connection, attempts):
        limit = min(limit, asyncio.get_running_loop().time() + _SILENT_SECONDS)
    try:
        async with asyncio.timeout_at(limit):
            return await anext(chunks, None)
    except TimeoutError:
        raise Unreachable("no audio in time") from None
