"""A call in a language other than English, from spoken audio to spoken answer."""

import asyncio

import numpy as np
import soxr

from caller.caller import Caller
from caller.speech import Line
from caller.waveform import RATE_HZ, Samples, trimmed
from services.inference.protocol import TTS_RATE_HZ
from tests.fixtures.listener import transcribe
from tests.fixtures.stack import StackThread
from tests.speech.client import connected, speech
from tests.speech.sound import letter_error_rate

GREETING = "Hola, esta es la tienda de lámparas."
QUESTION = "¿A qué hora abren ustedes el sábado?"
# Not the voice of the agent, which is ef_dora.
CALLER_VOICE = "em_alex"
ANSWER = "Claro, el sábado abrimos por la mañana."
# Share of letters. Between two of these sentences it is 0.78 at least.
FEW = 0.3


def make_spanish(callbox: StackThread) -> str:
    """Makes a character that speaks Spanish and names no voice and no recogniser; returns its slug."""
    return callbox.make_character("tienda", name="Lumen", language="es", greeting=GREETING)


async def asks_in_spanish(callbox: StackThread, spanish: str) -> None:
    """Asks a question in Spanish; it is heard, answered and written down. spanish: slug of the character."""
    triton = f"127.0.0.1:{callbox.stack.settings.triton_grpc_port}"
    question = await _spoken(triton, QUESTION)
    heard: list[tuple[float, Samples]] = []
    async with callbox.sessions() as sessions:
        grant = await sessions.start(spanish)
        caller = Caller(grant)
        caller.downlink.taps.append(lambda samples, at: heard.append((at, samples)))
        async with caller:
            await caller.greeting()
            turn = await caller.say(question)
        await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)

    async def between(start: float, end: float) -> str:
        sound = np.concatenate([samples for at, samples in heard if start <= at < end])
        return await asyncio.to_thread(transcribe, triton, sound, "es")

    asked = " ".join(turn.heard)
    assert letter_error_rate(QUESTION, asked) <= FEW, asked
    assert turn.replies == (ANSWER,)
    greeting, answer = await between(0.0, turn.spoken.start), await between(turn.spoken.end, float("inf"))
    assert letter_error_rate(GREETING, greeting) <= FEW, greeting
    # On a slow machine the agent asks for a moment first.
    last_words = " ".join(answer.split()[-len(ANSWER.split()) :])
    assert letter_error_rate(ANSWER, last_words) <= FEW, answer
    assert [(each["role"], each["text"]) for each in history["transcript"]] == [
        ("assistant", GREETING),
        ("user", asked),
        ("assistant", ANSWER),
    ]
    assert (history["stt_provider"], history["tts_provider"]) == ("whisper", "kokoro")
    assert history["end_reason"] == "client_left"


async def _spoken(triton: str, text: str) -> Line:
    async with connected(triton) as client:
        pcm = await speech(client, text, voice=CALLER_VOICE, language="es")
    wave = soxr.resample(pcm.astype(np.float32), TTS_RATE_HZ, RATE_HZ)
    return Line(text, trimmed(np.clip(wave, -32768, 32767).astype(np.int16)))
