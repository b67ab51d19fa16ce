"""Speech synthesis on Triton behind livekit-agents' TTS: each clause leaves as soon as it is whole."""

import asyncio
from collections.abc import AsyncIterator

import tenacity
from livekit.agents import APIConnectionError, APIConnectOptions, APITimeoutError, tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.agents.utils import shortuuid
from livekit.agents.voice.io import TimedString

from services.agent.clauses import ClauseSplitter
from services.agent.triton import ModelStream, Reply, Triton, TritonError
from services.inference import protocol

SAMPLE_RATE_HZ = protocol.TTS_RATE_HZ
_FRAME_MS = 20
# Triton is back within this time after it was killed.
_CLAUSE_SECONDS = 15.0
# Played where a text has nothing to say (an emoji alone), since livekit-agents takes a silent reply for a fault.
_NOTHING = bytes(SAMPLE_RATE_HZ // 100 * 2)


class TritonTTS(tts.TTS[object]):
    """A voice on Triton. voice: its name in the engine, empty for the default."""

    def __init__(self, triton: Triton, voice: str = "") -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=True), sample_rate=SAMPLE_RATE_HZ, num_channels=1)
        self._triton = triton
        self._voice = voice

    @property
    def model(self) -> str:
        """Name in metrics and history."""
        return "hibari-en"

    @property
    def provider(self) -> str:
        """Name in metrics and history."""
        return "hibari"

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        """Speaks one whole text."""
        return self._synthesize_with_stream(text, conn_options=conn_options)

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> "SpeakingStream":
        """Speaks a text that is still being written."""
        return SpeakingStream(self, _Voice(self._triton, self._voice), conn_options)

    async def speak(self, text: str) -> bytes:
        """The whole text as 16-bit PCM at 24 kHz. Raises: TritonError, TimeoutError."""
        voice = _Voice(self._triton, self._voice)
        try:
            return b"".join([chunk async for chunk in voice.speak(text)])
        finally:
            voice.close()


class _Voice:
    """One stream to the voice; a clause that fails before it sounded is asked for again on a new stream."""

    def __init__(self, triton: Triton, voice: str) -> None:
        self._triton = triton
        self._voice = voice
        self._wire: ModelStream | None = None
        self._replies: AsyncIterator[Reply] | None = None
        self._asked = ""
        self._sounded = False

    async def speak(self, clause: str) -> AsyncIterator[bytes]:
        """PCM of one clause as it is made. Raises: TritonError, TimeoutError."""
        self._sounded = False
        async with asyncio.timeout(_CLAUSE_SECONDS):
            async for attempt in tenacity.AsyncRetrying(
                retry=tenacity.retry_if_exception(self._may_be_asked_again),
                wait=tenacity.wait_exponential(multiplier=0.1, max=0.5),
                reraise=True,
            ):
                with attempt:
                    async for chunk in self._ask(clause):
                        self._sounded = True
                        yield chunk

    def _may_be_asked_again(self, fault: BaseException) -> bool:
        return isinstance(fault, TritonError) and not self._sounded

    async def _ask(self, clause: str) -> AsyncIterator[bytes]:
        if self._wire is None or self._replies is None:
            self._wire = self._triton.stream(protocol.TTS_MODEL)
            self._replies = self._wire.replies()
        try:
            self._asked = self._wire.send({"text": clause} | ({"voice": self._voice} if self._voice else {}))
            async for reply in self._replies:
                if "audio" in reply.arrays:
                    yield reply.arrays["audio"].tobytes()
                if reply.final:
                    self._asked = ""
                    return
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the stream; the clause under way is made no further."""
        if self._wire is not None:
            self._wire.close({"cancel": self._asked} if self._asked else None)
        self._wire = self._replies = None
        self._asked = ""


class SpeakingStream(tts.SynthesizeStream):
    """Speaks one reply."""

    def __init__(self, owner: TritonTTS, voice: _Voice, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=owner, conn_options=conn_options)
        self._voice = voice

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
        sounded = False
        try:
            async for clause in self._clauses():
                self._mark_started()
                output_emitter.push_timed_transcript(TimedString(clause))
                async for chunk in self._voice.speak(clause):
                    output_emitter.push(chunk)
                    sounded = True
        except TritonError as fault:
            raise APIConnectionError(f"synthesis failed: {fault}", retryable=False) from fault
        except TimeoutError:
            raise APITimeoutError("synthesis took too long", retryable=False) from None
        finally:
            self._voice.close()
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
