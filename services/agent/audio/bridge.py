"""Plays audio while a reply is still being made."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from livekit import rtc
from livekit.agents.voice import io


class BridgeOutput(io.AudioOutput):
    """The first output stage. livekit-agents speaks one thing after the other, so it cannot do this itself."""

    def __init__(self, next_in_chain: io.AudioOutput) -> None:
        super().__init__(
            label="Bridge",
            next_in_chain=next_in_chain,
            sample_rate=next_in_chain.sample_rate,
            capabilities=io.AudioOutputCapabilities(pause=True),
        )
        self._playing = False
        self._bridging = False
        self._free = asyncio.Event()
        self._free.set()

    async def bridge(self, frames: AsyncIterator[rtc.AudioFrame]) -> bool:
        """Plays `frames` before a reply that has not begun; the reply then waits until they end.

        Returns False, and plays nothing, when something is already playing.
        """
        if self._playing or self._bridging:
            return False
        self._bridging = True
        self._free.clear()
        try:
            async for frame in frames:
                await self._after.capture_frame(frame)
            self._after.flush()
            await self._after.wait_for_playout()
        finally:
            self._bridging = False
            self._free.set()
        return True

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Forwards a frame of a reply."""
        await self._free.wait()
        self._playing = True
        await super().capture_frame(frame)
        await self._after.capture_frame(frame)

    def flush(self) -> None:
        """Ends a reply."""
        super().flush()
        self._after.flush()

    def clear_buffer(self) -> None:
        """Drops the audio that has not been played."""
        self._after.clear_buffer()

    def on_playback_started(self, *, created_at: float) -> None:
        """Forwards that a reply has begun to play."""
        if not self._bridging:
            super().on_playback_started(created_at=created_at)

    def on_playback_finished(self, **finished: Any) -> None:
        """Forwards that a reply has ended."""
        if not self._bridging:
            self._playing = False
            super().on_playback_finished(**finished)

    @property
    def _after(self) -> io.AudioOutput:
        assert self.next_in_chain is not None
        return self.next_in_chain
