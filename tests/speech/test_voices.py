"""The tts model's voices: many, by name or mixed, each in its languages, all as loud as each other."""

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.grpc.aio import InferenceServerClient

from bench.loudness import lufs
from services.inference.protocol import EXHAUSTED, TTS_MAX_CHARACTERS
from tests.speech.client import Ear, Stream, TritonFault, connected, speech, tensor
from tests.speech.server import Server
from tests.speech.sound import at_16k, error_rate, silence

pytestmark = pytest.mark.asyncio

SENTENCE = "The train to the airport leaves from platform seven."
MIX = "af_heart*0.6+af_bella*0.4"
# Of forty pieces: those that were under way, or on their way here, when the cancellation came.
UNDER_WAY = 4
QUIET_SECONDS = 1.0
_sentences: dict[tuple[str, float], NDArray[np.int16]] = {}
GREETINGS = {
    "bm_george": "Good morning, how can I help you?",
    "ef_dora": "Hola, ¿en qué puedo ayudarle?",
    "ff_siwis": "Bonjour, comment puis-je vous aider ?",
    "hf_alpha": "नमस्ते, मैं आपकी क्या मदद कर सकती हूँ?",
    "if_sara": "Buongiorno, come posso aiutarla?",
    "jf_alpha": "お電話ありがとうございます。",
    "pf_dora": "Olá, como posso ajudar?",
    "zf_xiaobei": "您好，请问有什么可以帮您？",
}


async def _heard(server: Server, pcm: NDArray[np.int16]) -> str:
    async with connected(server.url) as client, Ear(client) as ear:
        await ear.stream(np.concatenate([silence(0.3), at_16k(pcm, 24_000), silence(0.2)]))
        return (await ear.flush()).text


async def _sentence(client: InferenceServerClient, voice: str, speed: float = 1.0) -> NDArray[np.int16]:
    """The sentence as a voice says it; made once for all tests, since the machine takes a second for two of speech."""
    if (voice, speed) not in _sentences:
        _sentences[voice, speed] = await speech(client, SENTENCE, voice=voice, speed=speed)
    return _sentences[voice, speed]


@pytest.mark.parametrize("voice", ["af_heart", "am_michael", "bf_emma", MIX])
async def test_an_english_voice_says_what_was_written(server: Server, voice: str) -> None:
    async with connected(server.url) as client:
        pcm = await _sentence(client, voice)
    heard = await _heard(server, pcm)
    assert error_rate(SENTENCE.replace("seven", "7"), heard.replace("seven", "7")) <= 0.3, heard


@pytest.mark.parametrize(("voice", "text"), GREETINGS.items())
async def test_every_language_is_spoken(server: Server, voice: str, text: str) -> None:
    async with connected(server.url) as client:
        seconds = len(await speech(client, text, voice=voice)) / 24_000
    assert 1.0 < seconds < 6.0


async def test_voices_are_as_loud_as_each_other(server: Server) -> None:
    """Slow: five voices say two sentences each; shorter ones are too short to measure."""
    async with connected(server.url) as client:
        levels = {
            voice: lufs(await speech(client, f"{SENTENCE} Please bring your receipt.", voice=voice) / 32_768)
            for voice in ("heart", "af_heart", "am_onyx", "bf_alice", "am_santa")
        }
    assert max(levels.values()) - min(levels.values()) <= 1.5, levels


async def test_a_mix_is_a_voice_of_its_own(server: Server) -> None:
    async with connected(server.url) as client:
        mixed, first = [await _sentence(client, voice) for voice in (MIX, "af_heart")]
    assert len(mixed) != len(first) or not np.array_equal(mixed, first)


@pytest.mark.parametrize("speed", [0.5, 2.0])
async def test_kokoro_speaks_slower_and_faster(server: Server, speed: float) -> None:
    async with connected(server.url) as client:
        usual, changed = [len(await _sentence(client, "af_heart", factor)) for factor in (1.0, speed)]
    assert 0.75 < changed * speed / usual < 1.25


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"voice": "nobody"}, "installed: heart, af_"),
        ({"voice": "heart", "language": "fr"}, "speaks en-US, not 'fr'; these do: ff_siwis"),
        ({"voice": "ef_dora", "language": "de-DE"}, "speaks es, not 'de-DE'; no installed voice does"),
        ({"voice": "af_heart*0.6+af_bella*0.6"}, "must sum to 1"),
        ({"voice": "af_heart*0.6+nobody"}, "not a voice mix"),
        ({"voice": "af_heart*0.6+af_nobody*0.4"}, "'af_nobody' is not installed"),
        ({"voice": "+".join(f"af_{name}*0.2" for name in ("sky", "bella", "heart", "nova", "sarah"))}, "up to 4"),
        ({"voice": "af_heart", "speed": 0.1}, "`speed` must be 0.5 to 2.0"),
        ({"voice": "af_heart", "speed": float("nan")}, "`speed` must be one finite number"),
    ],
)
async def test_what_cannot_be_spoken_is_refused_with_a_sentence(
    server: Server, options: dict[str, float | str], problem: str
) -> None:
    async with connected(server.url) as client:
        with pytest.raises(TritonFault) as refusal:
            await speech(client, "Hello.", **options)
        assert problem in str(refusal.value)
        assert str(refusal.value).startswith("invalid_input:")


@pytest.mark.parametrize("voice", ["heart", "af_heart", "jf_alpha", "zf_xiaobei", "ef_dora", "hf_alpha"])
async def test_odd_texts_harm_nothing(server: Server, voice: str) -> None:
    """Slow: six texts are spoken, which takes a busy machine two seconds each."""
    async with connected(server.url) as client:
        for unreadable in (
            "",
            " \n\t",
            "😀🎉👍🏽",
            "…",
            "\x00\x01\x1b",
            "<speak></speak>",
            "⠓⠑⠇⠇⠕",
            "\u202e\u200b",
        ):
            assert len(await speech(client, unreadable, voice=voice)) == 0, repr(unreadable)
        for readable in (
            "Hello 世界, привет, नमस्ते, ありがとう!",
            "A\x00B\x07 C.",
            '<speak>One <break time="9s"/> two <prosody rate="x">three</prosody>.</speak>',
            "5 + 5 = 10 & 100% @ #1",
            "no" * 12,
        ):
            # Fast speech, which is made in half the time.
            made = await speech(client, readable, voice=voice, speed=2.0)
            assert len(made) > 2_400, repr(readable)
        with pytest.raises(TritonFault, match=f"50000 characters, at most {TTS_MAX_CHARACTERS}"):
            await speech(client, "a" * 50_000, voice=voice)
        assert len(await speech(client, "Good." if voice != "zf_xiaobei" else "好。", voice=voice)) > 2_400


# A Japanese voice reads "no" 120 times letter by letter, for 24 s; a busy processor takes longer than that to speak it.
_ENDLESS_SECONDS = 150.0


@pytest.mark.timeout(400)
@pytest.mark.parametrize("voice", ["heart", "af_heart", "jf_alpha"])
async def test_a_word_without_an_end_is_spoken(server: Server, voice: str) -> None:
    """Slow: it is spoken for half a minute."""
    async with connected(server.url) as client:
        assert len(await speech(client, "no" * 120, _ENDLESS_SECONDS, voice=voice, speed=2.0)) > 24_000


async def _ids(stream: Stream, seconds: float) -> list[str]:
    """Requests that were answered until nothing came for that time."""
    ids: list[str] = []
    try:
        while True:
            ids.append((await stream.next(seconds)).get_response().id)
    except TimeoutError:
        return ids


async def test_a_cancelled_text_stops_within_a_piece(server: Server) -> None:
    text = "This is one more sentence of a long text that nobody wants to hear. " * 40
    voice = tensor("voice", [b"af_heart"], "BYTES")
    ids: list[str] = []
    async with connected(server.url) as client, Stream(client, "tts") as stream:
        await stream.send([tensor("text", [text.encode()], "BYTES"), voice], request_id="unwanted")
        await stream.next()
        await stream.send([tensor("cancel", [b"unwanted"], "BYTES")], request_id="stop")
        # Two later texts: when both are spoken, every worker was free for another piece of the first.
        for number in range(2):
            wanted = [tensor("text", [b"We open at ten."], "BYTES"), voice]
            await stream.send(wanted, request_id=f"wanted-{number}")
        while not {"wanted-0", "wanted-1"} <= set(ids):
            ids.append((await stream.next()).get_response().id)
        later = await _ids(stream, QUIET_SECONDS)
    assert ids.count("unwanted") <= UNDER_WAY
    assert "unwanted" not in later


async def test_a_new_text_does_not_wait_for_long_ones(server: Server) -> None:
    long = "This is one more sentence of a very long text. " * 20
    async with connected(server.url) as client, Stream(client, "tts") as busy, Stream(client, "tts") as quick:
        for number in range(4):
            inputs = [tensor("text", [long.encode()], "BYTES"), tensor("voice", [b"af_heart"], "BYTES")]
            await busy.send(inputs, request_id=f"long-{number}")
        for _ in range(4):
            await busy.next()
        await quick.send([tensor("text", [b"Yes."], "BYTES"), tensor("voice", [b"af_bella"], "BYTES")])
        await quick.next()
        came_before = busy.responses.qsize()
        for number in range(4):
            await busy.send([tensor("cancel", [f"long-{number}".encode()], "BYTES")], request_id="stop")
    assert came_before <= 4  # with whole texts first there would be dozens


async def test_streams_beyond_the_limit_are_refused_and_their_places_come_back(server: Server) -> None:
    async with connected(server.url) as client, Stream(client, "tts") as stream:
        for number in range(200):
            inputs = [
                tensor("text", [b"A sentence of some length. " * 20], "BYTES"),
                tensor("voice", [b"af_heart"], "BYTES"),
            ]
            await stream.send(inputs, request_id=f"many-{number}")
        refused: list[str] = []
        while len(refused) < 200 - 64:
            try:
                await stream.next()
            except TritonFault as fault:
                refused.append(str(fault))
        assert all(sentence.startswith(EXHAUSTED) for sentence in refused)
        for number in range(200):
            await stream.send([tensor("cancel", [f"many-{number}".encode()], "BYTES")], request_id="stop")
        async with asyncio.timeout(10):
            while True:
                try:
                    if len(await speech(client, "Hello again.")) > 0:
                        break
                except TritonFault:
                    await asyncio.sleep(0.1)
