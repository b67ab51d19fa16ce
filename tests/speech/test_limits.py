"""Callers that ask too much, say nothing, never pause or vanish."""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from services.inference.protocol import DENOISE_MAX_FRAMES, EXHAUSTED
from tests.speech.client import Ear, Stream, TritonFault, connected, speech, tensor
from tests.speech.server import Server, serving_text, small
from tests.speech.sound import said, silence

LIMIT = 64
CALLERS = 200
IDLE_SECONDS = 3
FRAME = np.zeros(480)
_VANISHES = """
import asyncio, sys
from tests.speech.client import Ear, Stream, connected, tensor
from tests.speech.sound import said

async def main():
    async with connected(sys.argv[1]) as client, Ear(client) as ear, Stream(client, "tts") as mouth:
        await mouth.send([tensor("text", [b"This is one more sentence that nobody will wait for. " * 60], "BYTES")])
        await mouth.next()
        print("speaks", flush=True)
        while True:
            await ear.stream(said("I would like to know when you open."), pace=1.0)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: every place is free, and soon again when a caller is silent."""
    profile = re.sub(r"idle_seconds = \d+", f"idle_seconds = {IDLE_SECONDS}", small("stt", "tts", "denoise"))
    with serving_text(tmp_path_factory.mktemp("limited"), profile) as running:
        yield running


@pytest.mark.parametrize("model", ["denoise", "stt"])
async def test_of_200_callers_at_once_64_are_served_and_the_others_are_told(limited: Server, model: str) -> None:
    async with connected(limited.url) as client, Stream(client, model) as stream, Stream(client, model) as later:
        for number in range(CALLERS):
            await _send_first(stream, 10_000 + number)
        refusals = [refusal for _ in range(CALLERS) if (refusal := await _refusal(stream))]
        assert len(refusals) == CALLERS - LIMIT
        assert all(f"{EXHAUSTED} {model} carries {LIMIT} streams, all are taken" in each for each in refusals)
        for number in range(CALLERS):
            last = [tensor("audio", [], "FP32")]
            await stream.send(last, sequence_id=10_000 + number, sequence_end=True)
        await asyncio.sleep(0.5)
        await _send_first(later, 20_000)
        assert not await _refusal(later)
        await later.send([tensor("audio", [], "FP32")], sequence_id=20_000, sequence_end=True)


async def _send_first(stream: Stream, sequence: int) -> None:
    """A first request that is answered once by either model: a frame, and for stt the wish for a snapshot."""
    inputs = [tensor("audio", FRAME, "FP32")]
    if stream.model == "stt":
        inputs.append(tensor("command", [1], "INT32"))
    await stream.send(inputs, sequence_id=sequence, sequence_start=True)


async def _refusal(stream: Stream) -> str:
    """The sentence that a request was refused with; empty when it was not."""
    try:
        await stream.next()
    except TritonFault as fault:
        return str(fault)
    return ""


async def test_streams_that_open_and_say_nothing_take_no_place(limited: Server) -> None:
    async with connected(limited.url) as client:
        silent = [Stream(client, model) for model in ("stt", "tts", "denoise") for _ in range(LIMIT)]
        for stream in silent:
            await stream.__aenter__()
        try:
            async with Ear(client) as ear:
                await ear.stream(np.concatenate([said("Yes, please."), silence(0.2)]))
                assert (await ear.flush()).text.startswith("Yes")
                await ear.say(None, end=True)
        finally:
            await asyncio.gather(*(stream.__aexit__(None, None, None) for stream in silent))


async def test_a_caller_who_never_flushes_or_pauses_for_ten_minutes_holds_nobody_up(limited: Server) -> None:
    """Sent as fast as it is taken: what cannot be heard in time is left out, memory and the answers of others stay."""
    talk = np.concatenate(
        [said("And then I went on to the next shop because they had no lamps at all there.")[4800:]] * 2
    )
    talk = np.tile(talk, int(600 * 16_000 / len(talk)) + 1)[: 600 * 16_000]
    process = limited.model_process("stt")
    async with connected(limited.url) as client, Ear(client) as endless, Ear(client) as other:
        before = process.memory_info().rss
        talking = asyncio.create_task(endless.stream(talk, step=32_000, pace=0.005))
        await other.stream(np.concatenate([said("Yes, please."), silence(0.2)]))
        assert (await other.flush()).text.startswith("Yes")
        await talking
        final = await endless.flush()
        assert final.text
        assert final.audio_seconds > 5.0
        assert process.memory_info().rss - before < 200e6
        await other.say(None, end=True)
        await endless.say(None, end=True)


async def test_a_client_that_vanishes_leaves_its_place_and_harms_nobody(limited: Server) -> None:
    client_process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _VANISHES, limited.url, stdout=subprocess.PIPE
    )
    assert client_process.stdout is not None
    assert await asyncio.wait_for(client_process.stdout.readline(), 30) == b"speaks\n"
    client_process.send_signal(signal.SIGKILL)
    await client_process.wait()
    async with connected(limited.url) as client:
        assert len(await speech(client, "Yes.")) > 0
        async with Ear(client) as ear:
            await ear.stream(np.concatenate([said("Yes, please."), silence(0.2)]))
            assert (await ear.flush()).text.startswith("Yes")
            await ear.say(None, end=True)
    assert limited.process.poll() is None


@pytest.mark.parametrize(
    ("model", "wrong", "sentence"),
    [
        ("denoise", [("audio", FRAME, "INT16")], "expects 'FP32'"),
        ("denoise", [("audio", FRAME, "FP32"), ("level", [1.0, 2.0], "FP32")], "shape"),
        ("denoise", [("sound", FRAME, "FP32")], "sound"),
        ("denoise", [("audio", np.full(480, np.nan), "FP32")], "NaN or infinity"),
        ("denoise", [("audio", np.full(480, np.inf), "FP32")], "NaN or infinity"),
        ("denoise", [("audio", FRAME, "FP32"), ("level", [np.nan], "FP32")], "`level` must be one finite number"),
        ("denoise", [("audio", np.zeros(320), "FP32")], "frames of 480"),
        ("tts", [("text", [1.0], "FP32")], "expects 'BYTES'"),
        ("tts", [("text", [b"a", b"b"], "BYTES")], "shape"),
        ("tts", [("text", [b"\xff\xfe"], "BYTES")], "not UTF-8"),
        ("tts", [("text", [b"Yes."], "BYTES"), ("speed", [np.nan], "FP32")], "`speed` must be one finite number"),
    ],
)
async def test_wrong_tensors_are_named_and_the_stream_stays_usable(
    server: Server, model: str, wrong: list[tuple[str, object, str]], sentence: str
) -> None:
    sequence = {"sequence_id": 777} if model == "denoise" else {}
    good = tensor("audio", FRAME, "FP32") if model == "denoise" else tensor("text", [b"Yes."], "BYTES")
    async with connected(server.url) as client, Stream(client, model) as stream:
        await stream.send([good], **sequence, sequence_start=bool(sequence))
        await stream.next()
        await stream.send([tensor(*each) for each in wrong], **sequence)
        with pytest.raises(TritonFault, match=sentence):
            await stream.next()
        await stream.send([good], **sequence, sequence_end=bool(sequence))
        await stream.next()


async def test_clipped_audio_is_denoised_like_any_other(server: Server) -> None:
    loud = np.clip(3.0 * np.sin(np.arange(480 * DENOISE_MAX_FRAMES) / 20), -2.0, 2.0)
    async with connected(server.url) as client, Stream(client, "denoise") as stream:
        for number in range(5):
            start, end = number == 0, number == 4
            await stream.send([tensor("audio", loud, "FP32")], sequence_id=778, sequence_start=start, sequence_end=end)
            answer = (await stream.next()).as_numpy("audio")
            assert np.isfinite(answer).all()
            assert np.abs(answer).max() <= 1.5
