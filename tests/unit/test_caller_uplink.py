"""What a caller's microphone does when its process was stopped, or when LiveKit takes no more audio."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from livekit import rtc

from caller import uplink
from caller.uplink import Uplink
from caller.waveform import RATE_HZ

LINE = np.full(RATE_HZ // 5, 8_000, np.int16)


@asynccontextmanager
async def microphone() -> AsyncIterator[tuple[Uplink, asyncio.Task[None]]]:
    made = Uplink()
    running = asyncio.create_task(made.run())
    try:
        yield made, running
    finally:
        running.cancel()
        await asyncio.wait([running])
        await made.source.aclose()


async def test_a_line_after_the_audio_has_failed_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: rtc.AudioFrame) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(uplink, "_CAPTURE_SECONDS", 0.05)
    async with microphone() as (made, running):
        monkeypatch.setattr(made.source, "capture_frame", never)
        with pytest.raises(TimeoutError, match="took no audio"):
            await running
        assert made.say(LINE).cancelled()


async def test_after_a_stop_a_line_is_sent_at_the_pace_of_speech() -> None:
    async with microphone() as (made, running):
        await asyncio.sleep(0.05)
        time.sleep(2 * uplink._MOST_LATE_SECONDS)
        spoken = await made.say(LINE)
        assert spoken.end - spoken.start >= 0.9 * LINE.size / RATE_HZ
        assert not running.done()


async def test_a_stop_longer_than_the_time_for_a_frame_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uplink, "_CAPTURE_SECONDS", 0.2)
    async with microphone() as (made, running):
        taken = made.source.capture_frame
        stops = iter([0.3])

        async def stopped(frame: rtc.AudioFrame) -> None:
            if (seconds := next(stops, None)) is not None:
                await asyncio.sleep(0)
                time.sleep(seconds)
                await asyncio.sleep(0)
            await taken(frame)

        monkeypatch.setattr(made.source, "capture_frame", stopped)
        await made.say(LINE)
        assert not running.done()
