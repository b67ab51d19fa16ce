"""Audio from the caller to the agent: frames at the pace of the clock, silence included."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

import numpy as np
from livekit import rtc

from caller.waveform import RATE_HZ, Listener, Samples, Segment

FRAME_SECONDS = 0.01
FRAME_SAMPLES = RATE_HZ // 100
# A real microphone always has some noise.
_NOISE_DBFS = -72.0
_CAPTURE_SECONDS = 2.0
# After more than this the machine slept or the process was stopped. A microphone records nothing then, so what was due
# meanwhile is not sent in a burst.
_MOST_LATE_SECONDS = 0.5

Tap = Callable[[Samples, float], None]


class Uplink:
    """Sends 10 ms frames at the pace of the clock: the queued lines, and faint noise between them.

    A frame counts as recorded in the 10 ms before it is sent. sent: segments of sound. taps: called with each frame and
    the unix time of its first sample.
    """

    def __init__(self) -> None:
        self.source = rtc.AudioSource(RATE_HZ, 1, queue_size_ms=0)
        self.sent = Listener()
        self.taps: list[Tap] = []
        self._waiting: deque[tuple[Samples, asyncio.Future[Segment]]] = deque()
        self._live: deque[Samples] | None = None
        self._ended = False
        noise = np.random.default_rng(1).normal(0.0, 32768.0 * 10.0 ** (_NOISE_DBFS / 20.0), RATE_HZ)
        self._tone = noise.astype(np.int16).reshape(-1, FRAME_SAMPLES)

    def say(self, samples: Samples) -> asyncio.Future[Segment]:
        """Queues a line. The future's result, at its end: unix times of its first and last audible sample as sent.

        The future is cancelled when nothing is sent any more.
        """
        done: asyncio.Future[Segment] = asyncio.get_running_loop().create_future()
        if self._ended:
            done.cancel()
        else:
            self._waiting.append((samples, done))
        return done

    def hear_from(self, live: deque[Samples]) -> None:
        """Sends frames of a microphone from now on. live: a queue of frames of `FRAME_SAMPLES`."""
        self._live = live

    async def run(self) -> None:
        """Sends until cancelled."""
        due = time.perf_counter()
        tone = 0
        try:
            while True:
                if self._waiting:
                    samples, done = self._waiting[0]
                    began = time.time()
                    for offset in range(0, samples.size, FRAME_SAMPLES):
                        due = await self._send(samples[offset : offset + FRAME_SAMPLES], due)
                    self._waiting.popleft()
                    if not done.done():
                        done.set_result(self._line_since(began))
                    continue
                due = await self._send(self._next_live(tone), due)
                tone += 1
        finally:
            self._ended = True
            while self._waiting:
                self._waiting.popleft()[1].cancel()

    def _line_since(self, began: float) -> Segment:
        now = time.time()
        parts = [each for each in self.sent.segments if each.start >= began - FRAME_SECONDS]
        return Segment(parts[0].start, parts[-1].end) if parts else Segment(now, now)

    def _next_live(self, count: int) -> Samples:
        if self._live:
            return self._live.popleft()
        frame: Samples = self._tone[count % len(self._tone)]
        return frame

    async def _send(self, samples: Samples, due: float) -> float:
        if samples.size < FRAME_SAMPLES:
            samples = np.concatenate([samples, np.zeros(FRAME_SAMPLES - samples.size, np.int16)])
        now = time.perf_counter()
        if now > due + _MOST_LATE_SECONDS:
            due = now
        await asyncio.sleep(max(0.0, due - now))
        at = time.time() - FRAME_SECONDS
        self.sent.feed(samples, at)
        for tap in self.taps:
            tap(samples, at)
        await self._capture(rtc.AudioFrame(samples.tobytes(), RATE_HZ, 1, FRAME_SAMPLES))
        return due + FRAME_SECONDS

    async def _capture(self, frame: rtc.AudioFrame) -> None:
        captured = asyncio.ensure_future(self.source.capture_frame(frame))
        try:
            # The first wait may be over because the process was stopped meanwhile.
            for _ in range(2):
                if (await asyncio.wait([captured], timeout=_CAPTURE_SECONDS))[0]:
                    return await captured
            raise TimeoutError(f"LiveKit took no audio for {2 * _CAPTURE_SECONDS:.0f} s")
        finally:
            captured.cancel()
