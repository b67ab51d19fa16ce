"""Speaks texts with the catalogue's voices, for the recordings that ship with Callbox."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import InferInput
from tritonclient.grpc.aio import InferenceServerClient
from tritonclient.utils import InferenceServerException

from deploy.local.settings import DEFAULT_PROFILE
from deploy.local.triton import own_triton
from services.kit.catalogue import Pool, Voice

_SECONDS = 60.0


@dataclass(frozen=True)
class Job:
    """A recording to make. write: takes the sound as `speak` returns it, writes it and returns the file."""

    name: str
    voice: Voice
    text: str
    language: str
    write: Callable[[NDArray[np.int16]], Path]


async def record(jobs: Iterable[Job], pools: Mapping[str, Pool]) -> list[Job]:
    """Makes recordings and prints what became of each; the jobs that were done. Raises: NotReady."""
    done = []
    async with _speaking_triton() as own:
        for job in jobs:
            address = next(iter(pools[job.voice.pool].endpoints), own)
            try:
                sound = await speak(address, job.voice, job.text, job.language)
            except (InferenceServerException, TimeoutError) as fault:
                sys.stderr.write(f"{job.name}: not recorded ({fault!r})\n")
                continue
            path = job.write(sound)
            seconds, size = len(sound) / job.voice.sample_rate_hz, path.stat().st_size
            sys.stdout.write(f"{path}: {seconds:.1f} s, {size / 1000:.1f} kB\n")
            done.append(job)
    return done


async def speak(address: str, voice: Voice, text: str, language: str) -> NDArray[np.int16]:
    """A text spoken by a voice: int16 [n] at the voice's sample rate.

    address: `host:port` of a Triton with the voice. Raises: InferenceServerException, TimeoutError.
    """
    inputs = [_text("text", text), _text("voice", voice.voice), _text("language", language)]

    async def once() -> AsyncIterator[dict[str, Any]]:
        yield {"model_name": voice.model, "inputs": inputs}

    parts = []
    async with asyncio.timeout(_SECONDS), InferenceServerClient(address) as client:
        async for result, error in client.stream_infer(once()):
            if error is not None:
                raise error
            parts.append(result.as_numpy("audio").reshape(-1))
    return np.concatenate(parts)


@contextlib.asynccontextmanager
async def _speaking_triton() -> AsyncIterator[str]:
    """The Triton at CALLBOX_TRITON_ADDRESS, or one that is started and ends with the block: `host:port`.

    Raises: NotReady.
    """
    if address := os.environ.get("CALLBOX_TRITON_ADDRESS"):
        yield address
        return
    async with own_triton(os.environ.get("CALLBOX_INFERENCE_PROFILE", DEFAULT_PROFILE)) as server:
        yield server.address


def _text(name: str, value: str) -> InferInput:
    made = InferInput(name, [1, 1], "BYTES")
    made.set_data_from_numpy(np.array([[value.encode()]], np.object_))
    return made
