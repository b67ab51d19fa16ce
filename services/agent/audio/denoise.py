"""Noise suppression on Triton, before recognition and turn detection.

Input and output are frames of 20 ms at 48 kHz. If a denoised frame is late, the raw frame passes: the suppressor never
silences a caller.
"""

import asyncio
import contextlib
from collections.abc import Callable

import numpy as np
import structlog
from livekit import rtc

from services.agent.audio.stage import Frames, Stage
from services.agent.metrics import denoise_fallbacks
from services.agent.speech.engine import AtCapacity, EngineError, Samples, Unreachable
from services.agent.speech.pool import Pool
from services.agent.speech.route import Part, Step, Tell
from services.agent.speech.wire.triton import ModelStream, Triton
from services.inference import protocol

INPUT_RATE_HZ = protocol.DENOISE_RATE_HZ
FRAME_MS = 20
_FRAME_SAMPLES = INPUT_RATE_HZ * FRAME_MS // 1000
# Longest wait for a denoised frame. The caller's audio is never later than this, and a steady round trip of 40 ms
# leaves room for its jitter.
_FRAME_MS = 60
# After a failure raw audio passes for this long before the suppressor is tried again.
_REST_SECONDS = 1.0
# After a late frame raw audio passes for this long, so that the backlog can clear.
_LATE_REST_SECONDS = 0.2
# After this many delays in a row the endpoint counts as hanging.
_LATE_IN_A_ROW = 5
_log = structlog.get_logger(__name__)


class Denoiser:
    """One call's noise suppressor. client: returns the client of an endpoint. level: attenuation limit in dB."""

    def __init__(
        self, pool: Pool, client: Callable[[str], Triton], tell: Tell, level: float = protocol.DENOISE_DEFAULT_LEVEL_DB
    ) -> None:
        self._pool = pool
        self._client = client
        self._tell = tell
        self._level = np.array([level], np.float32)
        self._wire: ModelStream | None = None
        self._level_sent = False  # on the open stream
        self._address = ""
        self._passed_over: set[str] = set()
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[str, asyncio.Future[Samples]] = {}
        self._late = 0
        self._bypassed = False
        self._rest_until = 0.0

    async def process(self, frame: rtc.AudioFrame) -> rtc.AudioFrame:
        """Denoises a frame of mono audio at 48 kHz. Returns the raw frame if the suppressor is unavailable or late."""
        loop = asyncio.get_running_loop()
        wire: ModelStream | None = None
        # The last frame of a track may be shorter; it has no speech.
        if loop.time() < self._rest_until or frame.samples_per_channel != _FRAME_SAMPLES:
            return frame
        try:
            wire = self._wire or self._open()
            audio = np.multiply(np.frombuffer(frame.data, np.int16), np.float32(1 / 32768), dtype=np.float32)
            request_id = wire.send({"audio": audio} if self._level_sent else {"audio": audio, "level": self._level})
            self._level_sent = True
            future = self._waiting[request_id] = loop.create_future()
            async with asyncio.timeout(_FRAME_MS / 1000):
                clean = await future
        except TimeoutError:
            denoise_fallbacks.labels("late").inc()
            # One delay makes every frame in flight late, and counts once.
            if self._wire is wire and loop.time() >= self._rest_until:
                self._late += 1
                self._rest_until = loop.time() + _LATE_REST_SECONDS
                if self._late >= _LATE_IN_A_ROW:
                    await self._give_up(Unreachable("denoised frames are late"))
        except EngineError as fault:
            denoise_fallbacks.labels("lost").inc()
            # The first frame in flight that fails replaces the stream.
            if self._wire is wire:
                await self._give_up(fault)
        else:
            self._late = 0
            if self._bypassed:
                self._bypassed = False
                self._pool.served(self._address)
            return rtc.AudioFrame(clean.data, frame.sample_rate, frame.num_channels, frame.samples_per_channel)
        return frame

    def _open(self) -> ModelStream:
        address = self._pool.pick(self._passed_over)
        if address is None:
            self._passed_over.clear()
            raise Unreachable("no endpoint is left")
        self._address = address
        self._pool.opened(address)
        self._wire = self._client(address).stream(protocol.DENOISE_MODEL, sequence=True)
        self._level_sent = False
        self._reader = asyncio.create_task(self._read(self._wire), name="denoise-replies")
        return self._wire

    async def _read(self, wire: ModelStream) -> None:
        fault: EngineError = Unreachable("denoise ended")
        try:
            async for reply in wire.replies():
                future = self._waiting.pop(reply.request_id, None)
                if future is None or future.done():
                    continue
                if reply.fault is not None:
                    future.set_exception(reply.fault)
                elif "audio" in reply.arrays:
                    scaled = reply.arrays["audio"] * np.float32(32767)
                    future.set_result(np.clip(scaled, -32768, 32767, out=scaled).astype(np.int16))
        except EngineError as lost:
            fault = lost
        self._fail_waiting(fault)
        wire.close()

    def _fail_waiting(self, fault: EngineError) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(fault)
        self._waiting.clear()

    async def _give_up(self, fault: EngineError) -> None:
        _log.warning("denoise lost, raw audio passes", endpoint=self._address, fault=repr(fault))
        self._rest_until = asyncio.get_running_loop().time() + _REST_SECONDS
        self._late = 0
        if not self._bypassed:
            self._bypassed = True
            self._tell(Part.DENOISE, Step.BYPASS, "Noise suppression did not answer; the audio passes as it comes.")
        if self._wire is not None:
            self._passed_over.add(self._address)
            if not isinstance(fault, AtCapacity):
                self._pool.failed(self._address, lost=isinstance(fault, Unreachable))
        await self._drop()

    async def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close({"audio": np.empty(0, np.float32)})
            self._wire = None
            self._pool.closed(self._address)
            self._fail_waiting(Unreachable("the stream was given up"))
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None

    async def close(self) -> None:
        """Closes the stream."""
        await self._drop()


class DenoiseStage(Stage):
    """Removes noise from the caller's audio at 48 kHz. When the suppressor lags, raw frames pass."""

    name = "denoise"
    max_waiting = max_in_flight = _FRAME_MS // FRAME_MS

    def __init__(self, denoiser: Denoiser) -> None:
        self._denoiser = denoiser

    async def process(self, frame: rtc.AudioFrame) -> Frames:
        """The denoised or the raw frame."""
        return [await self._denoiser.process(frame)]

    def overloaded(self, frame: rtc.AudioFrame) -> Frames:
        """The raw frame."""
        denoise_fallbacks.labels("overloaded").inc()
        return [frame]

    async def close(self) -> None:
        """Closes the suppressor's stream."""
        await self._denoiser.close()
