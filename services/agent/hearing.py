"""Speech recognition on Triton behind livekit-agents' STT.

The recogniser hears only speech: a detector of its own opens the stream with a little of what came before, asks for a
transcript of the whole utterance at the first short pause (so that thinking can start before the turn is confirmed),
and closes it when the turn is flushed. The utterance is kept until its final transcript is in, so that it can be heard
again after Triton was away.
"""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import structlog
import tenacity
from livekit import rtc
from livekit.agents import APIConnectOptions, LanguageCode, stt
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer, shortuuid
from numpy.typing import NDArray

from services.agent.pauses import SAMPLE_RATE_HZ, Mark, PauseDetector
from services.agent.triton import ModelStream, Reply, Triton, TritonError
from services.inference import protocol

# Silence after which the utterance so far is transcribed ahead of time.
_PAUSE_SECONDS = 0.096
_PREROLL_SAMPLES = SAMPLE_RATE_HZ * 4 // 10
_PACKET_SAMPLES = SAMPLE_RATE_HZ // 10
# What is kept for a replay; older audio of the same utterance has been transcribed into partials long since.
_MAX_KEPT_SAMPLES = SAMPLE_RATE_HZ * 30
# A final transcript that does not come in this time is given up as unheard.
_FINAL_SECONDS = 15.0
_log = structlog.get_logger(__name__)

Samples = NDArray[np.int16]


@dataclass
class _Utterance:
    """What the caller said since the last final transcript."""

    kept: deque[Samples] = field(default_factory=deque)
    kept_samples: int = 0
    unsent: list[Samples] = field(default_factory=list)
    open: bool = False
    pause_id: str = ""
    flush_id: str = ""
    told_seconds: float = 0.0

    def add(self, samples: Samples) -> None:
        self.kept.append(samples)
        self.unsent.append(samples)
        self.kept_samples += samples.size
        while self.kept_samples > _MAX_KEPT_SAMPLES:
            self.kept_samples -= self.kept.popleft().size

    def take_unsent(self) -> NDArray[np.float32]:
        packet = np.concatenate(self.unsent) if self.unsent else np.empty(0, np.int16)
        self.unsent.clear()
        return packet.astype(np.float32) / 32768.0

    def rewind(self) -> None:
        """Makes everything kept unsent again."""
        self.unsent = list(self.kept)


class TritonSTT(stt.STT[object]):
    """A recogniser on Triton. language: BCP-47 tag of the call."""

    def __init__(self, triton: Triton, language: str) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=True, interim_results=True, offline_recognize=False, manual_flush=True
            )
        )
        self._triton = triton
        self._language = language

    @property
    def model(self) -> str:
        """Name in metrics and history."""
        return "moonshine-tiny-en"

    @property
    def provider(self) -> str:
        """Name in metrics and history."""
        return "moonshine"

    async def _recognize_impl(
        self, buffer: AudioBuffer, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: APIConnectOptions
    ) -> stt.SpeechEvent:
        raise NotImplementedError("this recogniser only streams")

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> "HearingStream":
        """Starts to hear a call."""
        return HearingStream(self, self._triton, self._language, conn_options)


class HearingStream(stt.RecognizeStream):
    """Hears one call."""

    def __init__(self, owner: TritonSTT, triton: Triton, language: str, conn_options: APIConnectOptions) -> None:
        super().__init__(stt=owner, conn_options=conn_options, sample_rate=SAMPLE_RATE_HZ)
        self._triton = triton
        self._language = language
        self._detector = PauseDetector(_PAUSE_SECONDS)
        self._preroll: deque[Samples] = deque()
        self._preroll_samples = 0
        self._utterance = _Utterance()
        # Flushed, with the final transcript still to come; oldest first. Seldom more than one.
        self._flushed: deque[_Utterance] = deque()
        self._flush_timer: asyncio.TimerHandle | None = None
        self._wire: ModelStream | None = None

    async def _run(self) -> None:
        hear = asyncio.create_task(self._hear(), name="hearing-input")
        listen = asyncio.create_task(self._stay_connected(), name="hearing-replies")
        try:
            await asyncio.wait((hear, listen), return_when=asyncio.FIRST_COMPLETED)
            for task in (hear, listen):
                if task.done():
                    task.result()
        finally:
            for task in (hear, listen):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            if self._flush_timer:
                self._flush_timer.cancel()
            self._detector.close()

    # Caller → Triton

    async def _hear(self) -> None:
        async for item in self._input_ch:
            if isinstance(item, rtc.AudioFrame):
                self._take(np.frombuffer(item.data, np.int16))
            else:
                self._flush()

    def _take(self, samples: Samples) -> None:
        utterance = self._utterance
        if utterance.open:
            utterance.add(samples)
        else:
            self._preroll.append(samples)
            self._preroll_samples += samples.size
            while self._preroll_samples - self._preroll[0].size > _PREROLL_SAMPLES:
                self._preroll_samples -= self._preroll.popleft().size
        for mark in self._detector.push(samples):
            if mark is Mark.SPEECH:
                utterance.pause_id = ""
                self._open()
            elif utterance.open:
                utterance.pause_id = self._send(protocol.COMMAND_SNAPSHOT)
        if sum(part.size for part in utterance.unsent) >= _PACKET_SAMPLES:
            self._send(protocol.COMMAND_AUDIO)

    def _open(self) -> None:
        if self._utterance.open:
            return
        self._utterance.open = True
        for samples in self._preroll:
            self._utterance.add(samples)
        self._preroll.clear()
        self._preroll_samples = 0

    def _flush(self) -> None:
        utterance = self._utterance
        if not utterance.open:
            if not self._flushed:
                self._emit(stt.SpeechEventType.FINAL_TRANSCRIPT, "")
            return
        utterance.flush_id = self._send(protocol.COMMAND_FLUSH)
        self._flushed.append(utterance)
        self._utterance = _Utterance()
        if self._detector.speaking:
            self._open()
        if self._flush_timer is None:
            self._flush_timer = asyncio.get_running_loop().call_later(_FINAL_SECONDS, self._give_up)

    def _give_up(self) -> None:
        _log.warning("final transcript did not come", seconds=_FINAL_SECONDS)
        self._end_utterance("", 0.0)

    def _send(self, command: int, utterance: _Utterance | None = None) -> str:
        """Sends what is unsent with a command; an empty id when Triton is away (the utterance is replayed later)."""
        if self._wire is None:
            return ""
        audio = (utterance or self._utterance).take_unsent()
        try:
            return self._wire.send({"audio": audio, "command": np.array([command], np.int32)})
        except TritonError:
            self._wire.close()
            return ""

    # Triton → session

    async def _stay_connected(self) -> None:
        async for attempt in tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(TritonError),
            wait=tenacity.wait_exponential(multiplier=0.1, max=1.0),
            before_sleep=self._tell_lost,
        ):
            with attempt:
                await self._connect()

    @staticmethod
    def _tell_lost(state: tenacity.RetryCallState) -> None:
        if state.attempt_number == 1 and state.outcome is not None:
            _log.warning("recogniser lost, connecting again", fault=str(state.outcome.exception())[:200])

    async def _connect(self) -> None:
        wire = self._triton.stream(protocol.STT_MODEL, sequence=True)
        self._wire = wire
        try:
            # The first request opens the sequence and shows at once whether Triton is there.
            wire.send(
                {
                    "audio": np.empty(0, np.float32),
                    "command": np.array([protocol.COMMAND_AUDIO], np.int32),
                    "language": self._language,
                }
            )
            for flushed in self._flushed:
                flushed.rewind()
                flushed.flush_id = self._send(protocol.COMMAND_FLUSH, flushed)
            if self._utterance.open:
                self._utterance.rewind()
                if self._detector.speaking:
                    self._send(protocol.COMMAND_AUDIO)
                else:
                    self._utterance.pause_id = self._send(protocol.COMMAND_SNAPSHOT)
            async for reply in wire.replies():
                if reply.texts:
                    self._on_reply(reply)
        finally:
            self._wire = None
            wire.close({"audio": np.empty(0, np.float32), "command": np.array([protocol.COMMAND_DISCARD], np.int32)})

    def _on_reply(self, reply: Reply) -> None:
        text = reply.texts["text"].strip()
        kind = reply.texts["kind"]
        seconds = float(reply.arrays["audio_seconds"][0])
        utterance = self._utterance
        if kind == protocol.KIND_FINAL:
            if self._flushed and reply.request_id == self._flushed[0].flush_id:
                self._end_utterance(text, seconds)
        elif kind == protocol.KIND_SNAPSHOT:
            # Speech after the pause has made the snapshot stale.
            if reply.request_id == utterance.pause_id and text:
                utterance.told_seconds = seconds
                self._emit(stt.SpeechEventType.PREFLIGHT_TRANSCRIPT, text)
        elif text and seconds > utterance.told_seconds and not utterance.pause_id:
            utterance.told_seconds = seconds
            self._emit(stt.SpeechEventType.INTERIM_TRANSCRIPT, text)

    def _end_utterance(self, text: str, seconds: float) -> None:
        self._flushed.popleft()
        if self._flush_timer:
            self._flush_timer.cancel()
            self._flush_timer = None
        if self._flushed:
            self._flush_timer = asyncio.get_running_loop().call_later(_FINAL_SECONDS, self._give_up)
        self._emit(stt.SpeechEventType.FINAL_TRANSCRIPT, text)
        if seconds:
            self._event_ch.send_nowait(
                stt.SpeechEvent(
                    type=stt.SpeechEventType.RECOGNITION_USAGE,
                    recognition_usage=stt.RecognitionUsage(audio_duration=seconds),
                )
            )

    def _emit(self, kind: stt.SpeechEventType, text: str) -> None:
        self._event_ch.send_nowait(
            stt.SpeechEvent(
                type=kind,
                request_id=shortuuid("stt_"),
                alternatives=[stt.SpeechData(language=LanguageCode(self._language), text=text)],
            )
        )
