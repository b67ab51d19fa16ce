"""The chain of stages for the caller's audio. Each stage has a bounded queue before it.

A slow stage cannot delay the audio without limit: when too many frames wait before it, it applies its overload rule
(`overloaded`) to the oldest frame instead of its usual work.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Sequence

from livekit import rtc
from livekit.agents.voice import io

from services.agent.metrics import audio_backlog
from services.kit.tasks import end

Frames = Sequence[rtc.AudioFrame]
# Most frames that wait for the listener, about a second of audio. The listener takes frames at once; while it is
# blocked, the oldest are dropped.
_MAX_READY = 50


class Stage(ABC):
    """One processing step of the caller's audio.

    name: label in metrics. max_waiting: most frames that wait before the stage; beyond it the overload rule applies.
    max_in_flight: most frames that are processed at once. They begin and leave in order. More than one hides the round
    trip of a stage that asks a server.
    """

    name: str
    max_waiting: int
    max_in_flight: int = 1

    @abstractmethod
    async def process(self, frame: rtc.AudioFrame) -> Frames:
        """The frames for the next stage. Must not raise when an engine fails."""

    @abstractmethod
    def overloaded(self, frame: rtc.AudioFrame) -> Frames:
        """The frames for the next stage when too many frames wait. Must return at once."""

    async def close(self) -> None:  # noqa: B027  # most stages have nothing to close
        """Frees what the stage holds."""


class StagedInput(io.AudioInput):
    """The caller's audio after all stages, in the order of the list. `close` ends it."""

    def __init__(self, source: io.AudioInput, stages: Sequence[Stage]) -> None:
        super().__init__(label="Staged", source=source)
        self._stages = stages
        self._queues = [_Queue() for _ in stages]
        self._ready = _Queue(_MAX_READY)
        self._tasks = [asyncio.create_task(_move(source, self._queues[0]), name="audio-source")]
        after = [*self._queues[1:], self._ready]
        for stage, before, behind in zip(stages, self._queues, after, strict=True):
            self._tasks.append(asyncio.create_task(_work(stage, before, behind), name=f"audio-{stage.name}"))

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._ready.__anext__()

    async def close(self) -> None:
        """Closes all stages."""
        await end(*self._tasks)
        for stage in self._stages:
            await stage.close()


class _Queue:
    """Frames between two tasks. max_frames: beyond it the oldest are dropped; None if a stage's rule applies."""

    def __init__(self, max_frames: int | None = None) -> None:
        self._frames: deque[rtc.AudioFrame] = deque(maxlen=max_frames)
        self._news = asyncio.Event()
        self._ended = False

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frames: Frames) -> None:
        self._frames.extend(frames)
        self._news.set()

    def end(self) -> None:
        self._ended = True
        self._news.set()

    def __aiter__(self) -> "_Queue":
        return self

    async def __anext__(self) -> rtc.AudioFrame:
        while not self._frames:
            if self._ended:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._frames.popleft()


async def _move(source: AsyncIterator[rtc.AudioFrame], into: _Queue) -> None:
    try:
        async for frame in source:
            into.put([frame])
    finally:
        into.end()


async def _work(stage: Stage, before: _Queue, behind: _Queue) -> None:
    """Moves frames through a stage."""
    backlog = audio_backlog.labels(stage.name)
    places = asyncio.Semaphore(stage.max_in_flight)
    started: asyncio.Queue[asyncio.Future[Frames] | None] = asyncio.Queue()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_deliver(started, behind), name=f"audio-{stage.name}-delivery")
            async for frame in before:
                # The overload rule does not wait, so the queue exceeds its bound only for a moment.
                if len(before) >= stage.max_waiting:
                    work: asyncio.Future[Frames] = asyncio.get_running_loop().create_future()
                    work.set_result(stage.overloaded(frame))
                else:
                    await places.acquire()
                    work = group.create_task(stage.process(frame), name=f"audio-{stage.name}-frame")
                    work.add_done_callback(lambda _: places.release())
                started.put_nowait(work)
                backlog.set(len(before) + started.qsize())
                # Earlier audio of a client comes all at once and would fill the queues before they are read.
                await asyncio.sleep(0)
            started.put_nowait(None)
    finally:
        behind.end()


async def _deliver(started: "asyncio.Queue[asyncio.Future[Frames] | None]", behind: _Queue) -> None:
    """Hands processed frames on, in the order in which they came."""
    while (work := await started.get()) is not None:
        behind.put(await work)
        await asyncio.sleep(0)
