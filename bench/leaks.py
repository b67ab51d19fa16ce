"""Measures the memory that a speech server does not free after streams have ended."""

import asyncio
import sys
from typing import Annotated

import numpy as np
import psutil
import typer
from rich.console import Console
from rich.table import Table

from deploy.local.part import NotReady
from deploy.local.triton import own_triton
from measure.machine import machine
from services.agent.speech.engine import EngineError
from services.agent.speech.wire.triton import Triton
from services.inference import protocol

AT_ONCE = 6
# Streams before the first measurement: buffers of the allocator and of gRPC grow at first.
WARM_STREAMS = 100
_MODELS = (protocol.STT_MODEL, protocol.TTS_MODEL, protocol.DENOISE_MODEL)
_REPLY_SECONDS = 20.0
EXIT_FAILED = 1


async def short_streams(triton: Triton, count: int) -> None:
    """Opens `count` streams of a few requests each to the models of a call, a few at a time.

    Raises: EngineError, TimeoutError.
    """
    numbers = iter(range(count))

    async def some() -> None:
        for number in numbers:
            await _short_stream(triton, _MODELS[number % len(_MODELS)], number)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


async def _short_stream(triton: Triton, model: str, number: int) -> None:
    speaks = model == protocol.TTS_MODEL
    stream = triton.stream(model, sequence=not speaks)
    noise = np.random.default_rng(number).normal(0, 0.02, 4800).astype(np.float32)
    left = 1 if speaks else 3
    for _ in range(left):
        stream.send({"text": "Yes, please."} if speaks else {"audio": noise})
    async with asyncio.timeout(_REPLY_SECONDS):
        async for reply in stream.replies():
            if reply.fault:
                raise reply.fault
            left -= reply.final
            if not left:
                break
    stream.close(None if speaks else {"audio": np.empty(0, np.float32)})
    async with asyncio.timeout(_REPLY_SECONDS):
        await asyncio.shield(stream.reader)


def resident(pid: int) -> dict[str, int]:
    """Resident bytes of a tritonserver and of each of its model processes, by name."""
    server = psutil.Process(pid)
    models = [each for each in server.children() if each.name().startswith("triton_python_b")]
    return {"server": server.memory_info().rss, **{each.cmdline()[-2]: each.memory_info().rss for each in models}}


async def _measure(count: int, profile: str) -> tuple[dict[str, int], dict[str, int]]:
    async with own_triton(profile) as server:
        triton = Triton(server.address)
        try:
            await short_streams(triton, WARM_STREAMS)
            before = resident(server.pid)
            await short_streams(triton, count)
            return before, resident(server.pid)
        finally:
            await triton.close()


def main(
    streams: Annotated[int, typer.Option(min=1, help="Short streams, one after the other.")] = 2_000,
    profile: Annotated[str, typer.Option(help="Profile of the server.")] = "cpu",
) -> None:
    """Measures what short streams leave in memory. Exit status: 0 fine, 1 it could not be measured."""
    console = Console(highlight=False)
    console.print(", ".join(f"{name} {value}" for name, value in machine().items()), style="dim", soft_wrap=True)
    try:
        before, after = asyncio.run(_measure(streams, profile))
    except (NotReady, EngineError, TimeoutError) as fault:
        print(f"bench: {fault}", file=sys.stderr)
        raise typer.Exit(EXIT_FAILED) from None
    table = Table(title=f"memory before and after {streams} short streams, MB")
    for name in ("process", "before", "after", "bytes a stream"):
        table.add_column(name, justify="left" if name == "process" else "right")
    for name, size in after.items():
        each = (size - before[name]) / streams
        table.add_row(name, f"{before[name] / 1e6:.1f}", f"{size / 1e6:.1f}", f"{each:,.0f}")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
