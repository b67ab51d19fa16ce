"""Brings the caller's audio to the rate that everything after it listens at."""

from livekit import rtc

from services.agent.audio.stage import Frames, Stage


class ResampleStage(Stage):
    """Changes the sample rate. When frames pile up the event loop itself stood still, and the oldest are dropped."""

    name = "resample"
    max_waiting = 50

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._resampler = rtc.AudioResampler(from_hz, to_hz, quality=rtc.AudioResamplerQuality.MEDIUM)

    async def process(self, frame: rtc.AudioFrame) -> Frames:
        """What of the audio is whole at the new rate."""
        return self._resampler.push(frame)

    def overloaded(self, frame: rtc.AudioFrame) -> Frames:
        """Nothing."""
        return []
