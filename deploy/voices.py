"""Speaks texts with the catalogue's voices, for the recordings that ship with Callbox."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import InferInput
from tritonclient.grpc.aio import InferenceServerClient

from deploy.local.settings import DEFAULT_PROFILE
from deploy.local.triton import own_triton
from services.kit.catalogue import Voice

_SECONDS = 60.0


@contextlib.asynccontextmanager
async def speaking_triton() -> AsyncIterator[str]:
    """The Triton at CALLBOX_TRITON_ADDRESS, or one that is started and ends with the block: `host:port`.

    Raises: NotReady.
    """
    if address := os.environ.get("CALLBOX_TRITON_ADDRESS"):
        yield address
        return
    async with own_triton(os.environ.get("CALLBOX_INFERENCE_PROFILE", DEFAULT_PROFILE)) as server:
        yield server.address


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


def _text(name: str, value: str) -> InferInput:
    made = InferInput(name, [1, 1], "BYTES")
    made.set_data_from_numpy(np.array([[value.encode()]], np.object_))
    return made
