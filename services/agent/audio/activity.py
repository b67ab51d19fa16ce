"""Voice activity detection for livekit-agents. It uses the same windows of audio as recognition does."""

import numpy as np
from livekit import rtc
from livekit.agents import vad

from services.agent.speech.pauses import (
    SAMPLE_RATE_HZ,
    SPEECH_PROBABILITY,
    SPEECH_WINDOWS,
    WINDOW_SECONDS,
    Windows,
)

# A window below this is silence while the caller speaks.
_SILENCE_PROBABILITY = 0.35
# Half a window less, because the windows are added up as floats.
_MIN_SPEECH_SECONDS = (SPEECH_WINDOWS - 0.5) * WINDOW_SECONDS


class VoiceActivity(vad.VAD):
    """Detects the start and end of speech. min_silence_duration: seconds of silence that end it."""

    def __init__(self, min_silence_duration: float) -> None:
        super().__init__(capabilities=vad.VADCapabilities(update_interval=WINDOW_SECONDS))
        self.min_silence_duration = min_silence_duration

    @property
    def model(self) -> str:
        """Name in metrics."""
        return "livekit-local-inference"

    @property
    def provider(self) -> str:
        """Name in metrics."""
        return "livekit"

    def stream(self) -> "ActivityStream":
        """Starts the detection for a call."""
        return ActivityStream(self)


class ActivityStream(vad.VADStream):
    """The detection for one call: takes mono frames at 16 kHz."""

    def __init__(self, owner: VoiceActivity) -> None:
        super().__init__(owner)
        self._min_silence = owner.min_silence_duration
        self._windows = Windows()
        self._heard = 0.0
        self._forget()

    def _forget(self) -> None:
        self._speaking = False
        self._voiced = self._silent = 0.0
        self._speech = self._silence = 0.0

    async def _main_task(self) -> None:
        try:
            async for item in self._input_ch:
                if isinstance(item, rtc.AudioFrame):
                    for probability in self._windows.push(np.frombuffer(item.data, np.int16)):
                        self._step(probability)
                else:
                    self._windows.reset()
                    self._forget()
        finally:
            self._windows.close()

    def _step(self, probability: float) -> None:
        self._heard += WINDOW_SECONDS
        if self._speaking:
            self._speech += WINDOW_SECONDS
        else:
            self._silence += WINDOW_SECONDS
        if probability >= (_SILENCE_PROBABILITY if self._speaking else SPEECH_PROBABILITY):
            self._voiced, self._silent = self._voiced + WINDOW_SECONDS, 0.0
        else:
            self._voiced, self._silent = 0.0, self._silent + WINDOW_SECONDS
        # livekit-agents expects the result of a window before the start or end of speech in it.
        self._tell(vad.VADEventType.INFERENCE_DONE, probability)
        if not self._speaking and self._voiced >= _MIN_SPEECH_SECONDS:
            self._speaking, self._speech, self._silence = True, self._voiced, 0.0
            self._tell(vad.VADEventType.START_OF_SPEECH)
        elif self._speaking and self._silent >= self._min_silence:
            self._speaking, self._silence = False, self._silent
            self._speech = max(0.0, self._speech - self._silent)
            self._tell(vad.VADEventType.END_OF_SPEECH)
            self._speech = 0.0

    def _tell(self, kind: vad.VADEventType, probability: float = 0.0) -> None:
        self._event_ch.send_nowait(
            vad.VADEvent(
                type=kind,
                samples_index=round(self._heard * SAMPLE_RATE_HZ),
                timestamp=self._heard,
                speech_duration=self._speech,
                silence_duration=self._silence,
                probability=probability,
                speaking=self._speaking,
                raw_accumulated_silence=self._silent,
                raw_accumulated_speech=self._voiced,
            )
        )
