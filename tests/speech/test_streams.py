"""The worker's own streams: many, short, given up at any moment, without harm to the server or to each other."""

import asyncio
import random

import numpy as np
import pytest

from services.agent.speech.engine import EngineError
from services.agent.speech.wire.triton import Inputs, ModelStream, Triton
from services.inference import protocol
from services.inference.profile import MODELS, PROFILES, read_profile, render
from tests.speech.server import Server

pytestmark = pytest.mark.asyncio

_TEXTS = ("Yes.", "We open at ten.", "We open at ten in the morning on Saturday, and we close at six in the evening.")
_LONG_TEXT = "This is one more sentence that nobody will wait for. " * 40
# How often each model is left, and the longest it may take.
_GIVEN_UP = 100
_MIXED_SECONDS = 45.0


def _sound(samples: int, chance: random.Random) -> Inputs:
    return {"audio": np.random.default_rng(chance.randrange(1 << 30)).normal(0, 0.1, samples).astype(np.float32)}


async def _read(stream: ModelStream, requests: int) -> list[str]:
    """Ids of all replies until as many requests are done."""
    ids = []
    async for reply in stream.replies():
        ids.append(reply.request_id)
        requests -= reply.final
        if not requests:
            return ids
    raise AssertionError("the stream ended")


async def _give_up(triton: Triton, model: str, chance: random.Random) -> None:
    """Asks, listens for some time, and leaves."""
    stream = triton.stream(model, sequence=model != protocol.TTS_MODEL)
    asked = ""
    requests = 1 if model == protocol.TTS_MODEL else chance.randint(1, 20)
    for _ in range(requests):
        if model == protocol.TTS_MODEL:
            asked = stream.send({"text": chance.choice(_TEXTS)})
        else:
            asked = stream.send(_sound(480 if model == protocol.DENOISE_MODEL else 1600, chance))
    last: Inputs = {"cancel": asked} if model == protocol.TTS_MODEL else {"audio": np.empty(0, np.float32)}
    try:
        async with asyncio.timeout(chance.uniform(0, 0.1)):
            await _read(stream, requests)
    except TimeoutError:
        pass
    stream.close(last)
    await asyncio.wait_for(asyncio.shield(stream.reader), 10)
    assert not stream.reader.exception()


async def test_streams_of_all_models_given_up_at_any_moment_leave_the_server_alive(server: Server) -> None:
    """Slow: hundreds of streams are opened and left."""
    triton = Triton(server.url)
    models = (protocol.TTS_MODEL, protocol.TTS_MODEL, protocol.STT_MODEL, protocol.DENOISE_MODEL)
    left = dict.fromkeys(models, _GIVEN_UP)

    async def again_and_again(model: str, seed: int) -> None:
        """Goes on until every model was left often enough, so that all of them are busy to the end."""
        chance = random.Random(seed)
        while max(left.values()) > 0:
            await _give_up(triton, model, chance)
            left[model] -= 1

    try:
        async with asyncio.timeout(_MIXED_SECONDS):
            await asyncio.gather(*(again_and_again(model, seed) for seed, model in enumerate(models)))
    finally:
        await triton.close()
    assert server.process.poll() is None


async def test_a_text_that_is_cancelled_is_spoken_no_further(server: Server) -> None:
    triton = Triton(server.url)
    try:
        whole = triton.stream(protocol.TTS_MODEL)
        whole.send({"text": _LONG_TEXT})
        pieces = len(await _read(whole, 1))
        stream = triton.stream(protocol.TTS_MODEL)
        unwanted = stream.send({"text": _LONG_TEXT})
        replies = stream.replies()
        assert (await anext(replies)).request_id == unwanted
        stream.send({"cancel": unwanted})
        more = len(await _read(stream, 2))
        assert more < pieces // 4
        wanted = stream.send({"text": "Yes."})
        assert wanted in await _read(stream, 1)
    finally:
        await triton.close()


async def test_closing_ends_the_sequence_so_that_its_place_is_free(server: Server) -> None:
    """More sequences one after the other than there is room for at once."""
    triton = Triton(server.url)
    denoise = read_profile(str(PROFILES / "cpu.toml")).denoise
    assert denoise is not None
    room = denoise.max_streams
    try:
        for model, samples in ((protocol.STT_MODEL, 1600), (protocol.DENOISE_MODEL, 480)):
            for number in range(room + 20):
                stream = triton.stream(model, sequence=True)
                stream.send(_sound(samples, random.Random(number)))
                await asyncio.wait_for(_read(stream, 1), 5)
                stream.close({"audio": np.empty(0, np.float32)})
    finally:
        await triton.close()


async def test_a_closed_stream_takes_nothing_and_says_so(server: Server) -> None:
    triton = Triton(server.url)
    stream = triton.stream(protocol.TTS_MODEL)
    await triton.close()
    with pytest.raises(EngineError, match="closed"):
        stream.send({"text": "Yes."})
    with pytest.raises(EngineError, match="closed"):
        await anext(stream.replies())


async def test_every_model_is_decoupled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """tritonserver dies sooner or later when models of both kinds are served over gRPC streams."""
    models = tmp_path_factory.mktemp("repository")
    render(read_profile("cpu"), models / "models")
    configs = list(models.rglob("config.pbtxt"))
    assert len(configs) == len(MODELS)
    for config in configs:
        assert "model_transaction_policy { decoupled: true }" in config.read_text(), config
