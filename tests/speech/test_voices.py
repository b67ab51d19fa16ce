"""The tts model's voices: many, by name or mixed, each in its languages, all as loud as each other."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.grpc.aio import InferenceServerClient

from bench.loudness import lufs
from services.agent.call.engines import SpeechEngines
from services.agent.speech import speaking
from services.agent.speech.speaking import Speaking
from services.inference.protocol import EXHAUSTED, TTS_MAX_CHARACTERS
from services.kit.catalogue_file import read
from tests.speech.client import ANSWER_SECONDS, Ear, Stream, TritonFault, connected, speech, tensor
from tests.speech.server import Server, served, serving_text
from tests.speech.sound import at_16k, error_rate, silence

pytestmark = pytest.mark.asyncio

ROOT = Path(__file__).parents[2]
MIX = "af_heart*0.6+af_bella*0.4"
SENTENCE = "The train to the airport leaves from platform seven."
# Of forty pieces: those that were under way, or on their way here, when the cancellation came.
UNDER_WAY = 4
QUIET_SECONDS = 1.0
_sentences: dict[str, NDArray[np.int16]] = {}
GREETINGS = {
    "bm_george": "Good morning, madam.",
    "ef_dora": "Hola, buenos días.",
    "ff_siwis": "Bonjour, madame.",
    "hf_alpha": "नमस्ते, धन्यवाद।",
    "if_sara": "Buongiorno, signora.",
    "jf_alpha": "お電話ありがとう。",
    "pf_dora": "Olá, bom dia.",
    "zf_xiaobei": "您好，早上好。",
}


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that speaks with every voice, and does nothing else."""
    with serving_text(tmp_path_factory.mktemp("voices"), served("tts")) as running:
        yield running


async def _heard(server: Server, pcm: NDArray[np.int16]) -> str:
    async with connected(server.url) as client, Ear(client) as ear:
        await ear.stream(np.concatenate([silence(0.3), at_16k(pcm, 24_000), silence(0.2)]))
        return (await ear.flush()).text


async def _sentence(client: InferenceServerClient, voice: str) -> NDArray[np.int16]:
    """The sentence as a voice says it; made once for all tests, since the machine takes a second for two of speech."""
    if voice not in _sentences:
        _sentences[voice] = await speech(client, SENTENCE, voice=voice)
    return _sentences[voice]


def _is_the_sentence(heard: str) -> bool:
    return error_rate(SENTENCE.replace("seven", "7"), heard.replace("seven", "7")) <= 0.3


@pytest.mark.parametrize("voice", ["af_heart", "bf_emma"])
async def test_an_english_voice_says_what_was_written(server: Server, voices: Server, voice: str) -> None:
    async with connected(voices.url) as client:
        pcm = await _sentence(client, voice)
    heard = await _heard(server, pcm)
    assert _is_the_sentence(heard), heard


async def test_a_mix_that_is_added_to_the_catalogue_says_what_was_written(
    server: Server, voices: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker speaks with the mix that docs/speech.md shows."""
    # Longer than on a call: other tests may need the cores.
    monkeypatch.setattr(speaking, "_SILENT_SECONDS", ANSWER_SECONDS)
    monkeypatch.setattr(speaking, "_LONGEST_SILENT_SECONDS", ANSWER_SECONDS)
    parts = [ROOT / "deploy" / "catalogue.toml", ROOT / "examples" / "voices" / "june.toml"]
    path = tmp_path / "catalogue.toml"
    path.write_text("\n".join(part.read_text() for part in parts))
    calls = SpeechEngines(read(path, with_samples=False), tmp_path, voices.url, lambda *told: pytest.fail(str(told)))
    route = calls.voice("en", "june")
    try:
        mixed = np.frombuffer(await Speaking(route).speak(SENTENCE), np.int16)
    finally:
        route.close()
        await calls.close()
    heard = await _heard(server, mixed)
    assert _is_the_sentence(heard), heard


async def test_a_mix_is_a_voice_of_its_own(voices: Server) -> None:
    async with connected(voices.url) as client:
        mixed, first = [await speech(client, "Yes.", voice=voice) for voice in (MIX, "af_heart")]
    assert len(mixed) != len(first) or not np.array_equal(mixed, first)


@pytest.mark.parametrize(("voice", "text"), GREETINGS.items())
async def test_every_language_is_spoken(voices: Server, voice: str, text: str) -> None:
    async with connected(voices.url) as client:
        seconds = len(await speech(client, text, voice=voice)) / 24_000
    assert 0.6 < seconds < 3.5


async def test_voices_are_as_loud_as_each_other(voices: Server) -> None:
    async with connected(voices.url) as client:
        levels = {voice: lufs(await _sentence(client, voice) / 32_768) for voice in ("heart", "af_heart", "bf_emma")}
    assert max(levels.values()) - min(levels.values()) <= 1.5, levels


async def test_kokoro_speaks_slower_and_faster(voices: Server) -> None:
    text = "Platform seven, please."
    async with connected(voices.url) as client:
        lengths = [len(await speech(client, text, voice="af_heart", speed=speed)) for speed in (0.5, 1.0, 2.0)]
    slow, usual, fast = lengths
    assert 0.75 < slow * 0.5 / usual < 1.25
    assert 0.75 < fast * 2.0 / usual < 1.25


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
    voices: Server, options: dict[str, float | str], problem: str
) -> None:
    async with connected(voices.url) as client:
        with pytest.raises(TritonFault) as refusal:
            await speech(client, "Hello.", **options)
        assert problem in str(refusal.value)
        assert str(refusal.value).startswith("invalid_input:")


@pytest.mark.parametrize("voice", ["heart", "af_heart", "jf_alpha", "zf_xiaobei", "ef_dora", "hf_alpha"])
async def test_what_nobody_can_read_is_silence(voices: Server, voice: str) -> None:
    async with connected(voices.url) as client:
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


# Hibari, and of Kokoro's readers one that asks eSpeak NG and one that does not. `test_phonemes.py` has all readers.
@pytest.mark.parametrize("voice", ["heart", "ef_dora", "zf_xiaobei"])
async def test_odd_texts_harm_nothing(voices: Server, voice: str) -> None:
    async with connected(voices.url) as client:
        for readable in (
            "Hi 世界, привет, नमस्ते, はい!",
            "A\x00B\x07 C.",
            '<speak>One <break time="9s"/> <prosody rate="x">two</prosody>.</speak>',
            "5 + 5 & 1% @ #1",
        ):
            # Fast speech, which is made in half the time.
            made = await speech(client, readable, voice=voice, speed=2.0)
            assert len(made) > 2_400, repr(readable)
        with pytest.raises(TritonFault, match=f"50000 characters, at most {TTS_MAX_CHARACTERS}"):
            await speech(client, "a" * 50_000, voice=voice)
        assert len(await speech(client, "Good." if voice != "zf_xiaobei" else "好。", voice=voice)) > 2_400


# Longer than a piece of text. A Japanese voice reads it letter by letter, which is more than the network takes at once.
_ENDLESS = "no" * 46
_ENDLESS_SECONDS = 100.0


@pytest.mark.timeout(200)
@pytest.mark.parametrize("voice", ["heart", "af_heart", "jf_alpha"])
async def test_a_word_without_an_end_is_spoken(voices: Server, voice: str) -> None:
    async with connected(voices.url) as client:
        assert len(await speech(client, _ENDLESS, _ENDLESS_SECONDS, voice=voice, speed=2.0)) > 24_000


async def _ids(stream: Stream, seconds: float) -> list[str]:
    """Requests that were answered until nothing came for that time."""
    ids: list[str] = []
    try:
        while True:
            ids.append((await stream.next(seconds)).get_response().id)
    except TimeoutError:
        return ids


async def test_a_cancelled_text_stops_within_a_piece(voices: Server) -> None:
    text = "Time flies. " * 40
    voice = tensor("voice", [b"af_heart"], "BYTES")
    ids: list[str] = []
    async with connected(voices.url) as client, Stream(client, "tts") as stream:
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


async def test_a_new_text_does_not_wait_for_long_ones(voices: Server) -> None:
    long = "Time flies. " * 20
    async with connected(voices.url) as client, Stream(client, "tts") as busy, Stream(client, "tts") as quick:
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


async def test_streams_beyond_the_limit_are_refused_and_their_places_come_back(voices: Server) -> None:
    async with connected(voices.url) as client, Stream(client, "tts") as stream:
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
