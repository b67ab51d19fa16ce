"""Noise suppression on Triton, before anything listens: a stage in the chain of audio inputs.

Audio comes at 48 kHz in frames of 20 ms and leaves at 16 kHz, which is what everything after it wants. A frame that is
not back in time passes as it came: a caller is never silenced by the suppressor.
"""

import asyncio
import contextlib

import numpy as np
import structlog
from livekit import rtc
from livekit.agents.voice import io

from services.agent.metrics import denoise_fallbacks
from services.agent.pauses import SAMPLE_RATE_HZ as OUTPUT_RATE_HZ
from services.agent.triton import ModelStream, Triton, TritonError
from services.inference import protocol

INPUT_RATE_HZ = protocol.DENOISE_RATE_HZ
FRAME_MS = 20
_FRAME_BYTES = INPUT_RATE_HZ * FRAME_MS // 1000 * 2
# A frame waits this long for its denoised form; twice its length, so that a hiccup does not add up.
_FRAME_SECONDS = 0.04
# After a fault raw audio passes for this long before the suppressor is tried again.
_REST_SECONDS = 1.0
# After a late frame raw audio passes for this long, so that what has piled up is caught up with.
_LATE_REST_SECONDS = 0.2
_log = structlog.get_logger(__name__)


class Denoiser:
    """One call's suppressor. level: attenuation limit in dB."""

    def __init__(self, triton: Triton, level: float = 100.0) -> None:
        self._triton = triton
        self._level = np.array([level], np.float32)
        self._wire: ModelStream | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        self._rest_until = 0.0

    async def process(self, samples: bytes) -> bytes:
        """One frame of 16-bit mono PCM at 48 kHz, denoised, or as it came when the suppressor is away or late."""
        loop = asyncio.get_running_loop()
        # A track that ends gives what is left of it in one piece of another length; nobody speaks in it any more.
        if loop.time() < self._rest_until or len(samples) != _FRAME_BYTES:
            return samples
        try:
            if self._wire is None:
                self._open()
            assert self._wire is not None
            audio = np.frombuffer(samples, np.int16).astype(np.float32) / 32768.0
            request_id = self._wire.send({"audio": audio, "level": self._level})
            future: asyncio.Future[bytes] = loop.create_future()
            self._waiting[request_id] = future
            async with asyncio.timeout(_FRAME_SECONDS):
                return await future
        except TimeoutError:
            denoise_fallbacks.labels("late").inc()
            self._rest_until = loop.time() + _LATE_REST_SECONDS
            return samples
        except TritonError as fault:
            denoise_fallbacks.labels("lost").inc()
            _log.warning("denoise lost, raw audio passes", fault=str(fault)[:200])
            self._rest_until = loop.time() + _REST_SECONDS
            await self._drop()
            return samples

    def _open(self) -> None:
        self._wire = self._triton.stream(protocol.DENOISE_MODEL, sequence=True)
        self._reader = asyncio.create_task(self._read(self._wire), name="denoise-replies")

    async def _read(self, wire: ModelStream) -> None:
        fault: Exception = TritonError("denoise ended")
        try:
            async for reply in wire.replies():
                future = self._waiting.pop(reply.request_id, None)
                if future is not None and not future.done() and "audio" in reply.arrays:
                    scaled = reply.arrays["audio"] * 32767.0
                    future.set_result(np.clip(scaled, -32768, 32767).astype(np.int16).tobytes())
        except TritonError as lost:
            fault = lost
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(fault)
        self._waiting.clear()
        self._wire = None

    async def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close({"audio": np.empty(0, np.float32)})
            self._wire = None
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None
        self._waiting.clear()

    async def close(self) -> None:
        """Ends the stream."""
        await self._drop()


class DenoisedInput(io.AudioInput):
    """The caller's audio, denoised and at 16 kHz."""

    def __init__(self, source: io.AudioInput, denoiser: Denoiser) -> None:
        super().__init__(label="Denoised", source=source)
        self._denoiser = denoiser
        self._resampler = rtc.AudioResampler(INPUT_RATE_HZ, OUTPUT_RATE_HZ, quality=rtc.AudioResamplerQuality.MEDIUM)
        self._ready: list[rtc.AudioFrame] = []

    async def __anext__(self) -> rtc.AudioFrame:
        while not self._ready:
            assert self.source is not None
            frame = await self.source.__anext__()
            clean = await self._denoiser.process(bytes(frame.data))
            self._ready = self._resampler.push(
                rtc.AudioFrame(clean, frame.sample_rate, frame.num_channels, frame.samples_per_channel)
            )
        return self._ready.pop(0)
