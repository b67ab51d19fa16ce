"""Converts the caller's audio to the sample rate of the later stages."""

from livekit import rtc

from services.agent.audio.stage import Frames, Stage


class ResampleStage(Stage):
    """Changes the sample rate. Frames pile up only if the event loop was blocked; then the oldest are dropped."""

    name = "resample"
    max_waiting = 50

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._resampler = rtc.AudioResampler(from_hz, to_hz, quality=rtc.AudioResamplerQuality.MEDIUM)

    async def process(self, frame: rtc.AudioFrame) -> Frames:
        """The complete frames at the new rate."""
        return self._resampler.push(frame)

    def overloaded(self, frame: rtc.AudioFrame) -> Frames:
        """Nothing."""
        return []
