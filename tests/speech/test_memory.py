"""What a server keeps of streams that are over: nothing."""

import asyncio

import numpy as np
import psutil
import pytest

from services.agent.triton import Triton
from services.inference import protocol
from tests.speech.server import Server

pytestmark = pytest.mark.asyncio

STREAMS = 300
AT_ONCE = 6
# Buffers of the allocator and of gRPC grow at first; what a stream kept for good would be 300 times its size on top.
WARM_STREAMS = 100
ALLOWED_BYTES = 24e6


async def short_stream(triton: Triton, number: int) -> None:
    """A few requests to one of the models that serve calls, each answered, and the end."""
    model = (protocol.STT_MODEL, protocol.TTS_MODEL, protocol.DENOISE_MODEL)[number % 3]
    stream = triton.stream(model, sequence=model != protocol.TTS_MODEL)
    noise = np.random.default_rng(number).normal(0, 0.02, 4800).astype(np.float32)
    asked = 1 if model == protocol.TTS_MODEL else 3
    for _ in range(asked):
        stream.send({"text": "Yes, please."} if model == protocol.TTS_MODEL else {"audio": noise})
    async with asyncio.timeout(20):
        async for reply in stream.replies():
            asked -= reply.final
            if not asked:
                break
    stream.close(None if model == protocol.TTS_MODEL else {"audio": np.empty(0, np.float32)})
    await asyncio.wait_for(asyncio.shield(stream.reader), 10)


async def many(triton: Triton, count: int) -> None:
    """So many streams, a few at a time."""
    numbers = iter(range(count))

    async def some() -> None:
        for number in numbers:
            await short_stream(triton, number)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


def resident(server: Server) -> dict[str, int]:
    """Bytes of the server and of each model process, by name."""
    sizes = {each.cmdline()[-2]: each.memory_info().rss for each in server.model_processes()}
    return {**sizes, "server": psutil.Process(server.process.pid).memory_info().rss}


async def test_memory_does_not_grow_with_the_streams_that_were(server: Server) -> None:
    triton = Triton(server.url)
    try:
        await many(triton, WARM_STREAMS)
        before = resident(server)
        await many(triton, STREAMS)
        grown = {name: size - before[name] for name, size in resident(server).items()}
    finally:
        await triton.close()
    assert max(grown.values()) < ALLOWED_BYTES, grown
