"""Speech recognition for livekit-agents, with failover between engines.

Only speech is sent to the recogniser. A pause detector opens an utterance with a little of the audio before it, and at
the first short pause asks for a transcript of all of it, so that the answer can start before the end of the turn is
confirmed. The utterance closes when the turn is flushed. Its audio is kept until its final transcript arrives, so that
another endpoint or engine can recognise it if the first one fails.
"""

import asyncio
import contextlib
from collections import deque

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions, LanguageCode, stt
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer, shortuuid

from services.agent.speech.backoff import Backoff
from services.agent.speech.engine import (
    Ask,
    EngineError,
    RecogniserStream,
    Samples,
    StreamExpired,
    Transcript,
    Unreachable,
)
from services.agent.speech.pauses import SAMPLE_RATE_HZ, Mark, PauseDetector
from services.agent.speech.route import Attempts, Connection, Route
from services.agent.speech.utterance import Utterance

# Silence after which the utterance so far is transcribed ahead of time.
_PAUSE_SECONDS = 0.096
_PREROLL_SAMPLES = SAMPLE_RATE_HZ * 4 // 10
_PACKET_SAMPLES = SAMPLE_RATE_HZ // 10
# If a final transcript takes longer than this, another endpoint or engine is asked, if there is one.
_FINAL_SECONDS = 2.0
# After this the caller is asked to repeat. It leaves time for another endpoint and a fallback.
_UNHEARD_SECONDS = 3 * _FINAL_SECONDS
# An utterance that is not flushed this long after its last speech is flushed here. The turn's voice activity detection
# has missed it, and without this its words would come with the next turn. A turn is flushed after 1 s at most.
_UNFLUSHED_SAMPLES = SAMPLE_RATE_HZ * 3
# Pauses before recognisers that refuse a stream are asked again.
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.25, 4.0
# A stream that expires sooner than this after its opening was refused rather than idle.
_SHORT_SECONDS = 1.0
# The event loop's timers may fire early by this much.
_TICK_SECONDS = 0.01


class Hearing(stt.STT[object]):
    """The recognisers of a call. language: BCP-47 tag of the call, or `auto`."""

    def __init__(self, route: Route[RecogniserStream], language: str) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=True, interim_results=True, offline_recognize=False, manual_flush=True
            )
        )
        self._route = route
        self._language = language

    @property
    def model(self) -> str:
        """Name of the engine that served last, for metrics and history."""
        return self._route.serving.name

    @property
    def provider(self) -> str:
        """Provider of the engine that served last, for metrics and history."""
        return self._route.serving.provider

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
        """Starts the recognition for a call."""
        return HearingStream(self, self._route, self._language, conn_options)


class HearingStream(stt.RecognizeStream):
    """The recognition for one call."""

    def __init__(
        self, owner: Hearing, route: Route[RecogniserStream], language: str, conn_options: APIConnectOptions
    ) -> None:
        super().__init__(stt=owner, conn_options=conn_options, sample_rate=SAMPLE_RATE_HZ)
        self._route = route
        self._language = language
        self._detector = PauseDetector(_PAUSE_SECONDS)
        self._preroll: deque[Samples] = deque()
        self._preroll_samples = 0
        self._utterance = Utterance()
        # Utterances that wait for their final transcript, oldest first. Seldom more than one.
        self._flushed: deque[Utterance] = deque()
        self._attempts = Attempts()
        self._refusals = Backoff(_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
        self._connection: Connection[RecogniserStream] | None = None
        self._late = ""
        self._timer: asyncio.TimerHandle | None = None

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
            if self._timer:
                self._timer.cancel()
            self._detector.close()

    # Caller → recogniser

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
                utterance.pause_id = self._send(utterance, Ask.SNAPSHOT)
        if utterance.unsent_samples >= _PACKET_SAMPLES:
            self._send(utterance, Ask.NOTHING)
        utterance.quiet_samples = 0 if self._detector.speaking else utterance.quiet_samples + samples.size
        if utterance.open and utterance.quiet_samples >= _UNFLUSHED_SAMPLES:
            self._flush()

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
        if not utterance.failed:
            utterance.flush_id = self._send(utterance, Ask.FINAL)
        utterance.flushed_at = asyncio.get_running_loop().time()
        self._flushed.append(utterance)
        self._utterance = Utterance()
        if self._detector.speaking:
            self._open()
        if len(self._flushed) == 1:
            self._watch()
            if utterance.failed:
                self._give_up()

    def _send(self, utterance: Utterance, ask: Ask) -> str:
        """Sends the unsent audio. Returns the request's id; empty without a connection, then it is sent later."""
        if self._connection is None:
            return ""
        try:
            request_id = self._connection.stream.send(utterance.take_unsent(), ask)
        except EngineError:
            self._connection.stream.close()
            return ""
        utterance.request_ids.append(request_id)
        return request_id

    # A final transcript that is late

    def _watch(self) -> None:
        """Sets the timer for the oldest final transcript, within the time left until the caller is asked to repeat."""
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if self._flushed:
            seconds = min(_FINAL_SECONDS, max(0.0, self._patience()))
            self._timer = asyncio.get_running_loop().call_later(seconds, self._on_late)

    def _patience(self) -> float:
        """Seconds until the caller is asked to repeat."""
        return self._flushed[0].flushed_at + _UNHEARD_SECONDS - asyncio.get_running_loop().time()

    def _on_late(self) -> None:
        over = self._patience() <= _TICK_SECONDS
        if self._connection and (over or self._route.has_other(self._connection, self._attempts)):
            self._late = f"no final transcript within {_FINAL_SECONDS:g} s"
            self._connection.stream.close()
        else:
            # A recogniser that has lost the stream answers this with an error, and gets the audio again.
            self._send(self._utterance, Ask.NOTHING)
        if over:
            self._give_up()
        else:
            self._watch()

    def _give_up(self) -> None:
        """Reports to the session that no engine recognised the utterance; the caller is then asked to repeat."""
        self._route.gave_up()
        fault = APIConnectionError("the caller was not understood: no recogniser answered", retryable=False)
        self._emit_error(fault, recoverable=False)
        self._end_utterance("", 0.0)

    # Recogniser → session

    async def _stay_connected(self) -> None:
        while True:
            try:
                connection = await self._route.next(self._attempts)
            except EngineError:
                # Audio that every engine failed on is not sent again. What the caller says next is sent.
                self._utterance.failed = self._utterance.open
                self._utterance.forget()
                if self._flushed:
                    self._give_up()
                self._attempts = Attempts()
                await asyncio.sleep(self._refusals.next_seconds())
                continue
            opened = asyncio.get_running_loop().time()
            expired = False
            try:
                await self._listen(connection)
            except EngineError as fault:
                late, self._late = self._late, ""
                self._route.failed(connection, Unreachable(late) if late else fault, self._attempts)
                expired = isinstance(fault, StreamExpired)
            finally:
                self._connection = None
                self._route.leave(connection)
            if expired and asyncio.get_running_loop().time() - opened < _SHORT_SECONDS:
                await asyncio.sleep(self._refusals.next_seconds())

    async def _listen(self, connection: Connection[RecogniserStream]) -> None:
        self._connection = connection
        for flushed in self._flushed:
            flushed.rewind()
            flushed.flush_id = self._send(flushed, Ask.FINAL)
        if self._flushed:
            self._watch()
        if self._utterance.open:
            self._utterance.rewind()
            if self._detector.speaking:
                self._send(self._utterance, Ask.NOTHING)
            else:
                self._utterance.pause_id = self._send(self._utterance, Ask.SNAPSHOT)
        async for heard in connection.stream.replies():
            self._on_heard(connection, heard)

    def _on_heard(self, connection: Connection[RecogniserStream], heard: Transcript) -> None:
        self._refusals.reset()
        utterance = self._utterance
        if heard.answers is Ask.FINAL:
            if self._flushed and heard.request_id == self._flushed[0].flush_id:
                self._route.served(connection)
                self._attempts = Attempts()
                self._end_utterance(heard.text, heard.seconds, heard.language)
        elif heard.answers is Ask.SNAPSHOT:
            # A snapshot is stale if speech has followed the pause.
            if heard.request_id == utterance.pause_id and heard.text:
                utterance.told_seconds = heard.seconds
                self._emit(stt.SpeechEventType.PREFLIGHT_TRANSCRIPT, heard.text, heard.language)
        elif heard.request_id not in utterance.request_ids:
            # A partial of an utterance that was flushed. The session would take it for the start of another turn.
            return
        elif heard.text and heard.seconds > utterance.told_seconds and not utterance.pause_id:
            utterance.told_seconds = heard.seconds
            self._emit(stt.SpeechEventType.INTERIM_TRANSCRIPT, heard.text, heard.language)

    def _end_utterance(self, text: str, seconds: float, language: str = "") -> None:
        self._flushed.popleft()
        self._watch()
        self._emit(stt.SpeechEventType.FINAL_TRANSCRIPT, text, language)
        if seconds:
            self._event_ch.send_nowait(
                stt.SpeechEvent(
                    type=stt.SpeechEventType.RECOGNITION_USAGE,
                    recognition_usage=stt.RecognitionUsage(audio_duration=seconds),
                )
            )

    def _emit(self, kind: stt.SpeechEventType, text: str, language: str = "") -> None:
        self._event_ch.send_nowait(
            stt.SpeechEvent(
                type=kind,
                request_id=shortuuid("stt_"),
                alternatives=[stt.SpeechData(language=LanguageCode(language or self._language), text=text)],
            )
        )
