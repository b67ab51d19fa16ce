"""What a server keeps of streams that are over: nothing. `python -m bench.leaks` does the same with 2,000."""

import pytest

from bench.leaks import WARM_STREAMS, resident, short_streams
from services.agent.speech.wire.triton import Triton
from tests.speech.server import Server

STREAMS = 300
# What a stream kept for good would be 300 times its size; what allocators keep is less than this.
ALLOWED_BYTES = 24e6

pytestmark = pytest.mark.asyncio


async def test_memory_does_not_grow_with_the_streams_that_were(server: Server) -> None:
    triton = Triton(server.url)
    try:
        await short_streams(triton, WARM_STREAMS)
        before = resident(server.process.pid)
        await short_streams(triton, STREAMS)
        grown = {name: size - before[name] for name, size in resident(server.process.pid).items()}
    finally:
        await triton.close()
    assert max(grown.values()) < ALLOWED_BYTES, grown
