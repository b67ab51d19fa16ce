"""Audio from the agent to the caller."""

import time

import numpy as np
from livekit import rtc

from caller.uplink import Tap
from caller.waveform import RATE_HZ, Listener

# The queue only fills up if this machine hangs; then the oldest frame is dropped.
_QUEUE_FRAMES = 500


class Downlink:
    """Receives one remote track.

    A frame counts as played in the 10 ms after it arrived. received: segments of sound. taps: called with each frame
    and the unix time of its first sample.
    """

    def __init__(self) -> None:
        self.received = Listener()
        self.taps: list[Tap] = []

    async def run(self, track: rtc.Track) -> None:
        """Receives until the track ends or the task is cancelled."""
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
