"""The agent's side of the audio, as it arrives."""

import time

import numpy as np
from livekit import rtc

from caller.uplink import Tap
from caller.waveform import RATE_HZ, Listener

# More than this waits only when the caller's own machine hangs; then the oldest frame is dropped.
_QUEUE_FRAMES = 500


class Downlink:
    """Listens to one remote track.

    A frame stands for the 10 ms after it arrived, as with a loudspeaker that plays it at once. taps: each is called
    with each frame and the time of its first sample, unix seconds.
    """

    def __init__(self) -> None:
        self.received = Listener()
        self.taps: list[Tap] = []

    async def run(self, track: rtc.Track) -> None:
        """Listens until the track ends or the task is cancelled."""
        stream = rtc.AudioStream(track, sample_rate=RATE_HZ, num_channels=1, capacity=_QUEUE_FRAMES)
        try:
            async for event in stream:
                at = time.time()
                samples = np.frombuffer(event.frame.data, np.int16).copy()
                self.received.feed(samples, at)
                for tap in self.taps:
                    tap(samples, at)
        finally:
            await stream.aclose()
