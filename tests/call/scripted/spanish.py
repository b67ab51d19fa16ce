"""A call that is handed over to a character of another language, which hears and speaks it."""

import asyncio
import time

import numpy as np
import soxr

from caller.caller import Caller
from caller.speech import Line
from caller.waveform import RATE_HZ, Samples, trimmed
from services.inference.protocol import TTS_RATE_HZ
from tests.fixtures.listener import transcribe
from tests.fixtures.sessions import until
from tests.fixtures.stack import StackThread
from tests.speech.client import connected, speech
from tests.speech.sound import letter_error_rate

WISH = "Can we speak Spanish?"
GOODBYE = "I pass you on."
GREETING = "Hola, esta es la tienda de lámparas."
QUESTION = "¿A qué hora abren ustedes el sábado?"
# Not the voice of the agent, which is ef_dora.
CALLER_VOICE = "em_alex"
ANSWER = "Claro, el sábado abrimos por la mañana."
# Share of letters. Between two of these sentences it is 0.78 at least.
FEW = 0.3
SECONDS = 20.0


def make_spanish(callbox: StackThread) -> str:
    """Makes a character that speaks Spanish and names no voice and no recogniser, and one that hands over to it.

    Returns the slug of the latter.
    """
    spanish = callbox.make_character("tienda", name="Lumen", language="es", greeting=GREETING)
    return callbox.make_character("front", name="Front", greeting="", handoff_targets=[{"slug": spanish}])


async def asks_in_spanish(callbox: StackThread, front: str) -> None:
    """Asks for Spanish, and then a question in Spanish; it is heard, answered and written down.

    front: slug of the character that speaks English.
    """
    triton = f"127.0.0.1:{callbox.stack.settings.triton_grpc_port}"
    question = await _spoken(triton, QUESTION)
    heard: list[tuple[float, Samples]] = []
    async with callbox.sessions() as sessions:
        grant = await sessions.start(front)
        caller = Caller(grant)
        caller.downlink.taps.append(lambda samples, at: heard.append((at, samples)))
        async with caller:
            await caller.greeting()
            await caller.type(WISH)
            await _said(caller, GOODBYE)
            handed_over = time.time()
            await _said(caller, GREETING)
            turn = await caller.say(question)
        await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)

    async def between(start: float, end: float) -> str:
        sound = np.concatenate([samples for at, samples in heard if start <= at < end])
        return await asyncio.to_thread(transcribe, triton, sound, "es")

    asked = " ".join(turn.heard)
    assert letter_error_rate(QUESTION, asked) <= FEW, asked
    assert turn.replies == (ANSWER,)
    greeting, answer = await between(handed_over, turn.spoken.start), await between(turn.spoken.end, float("inf"))
    assert letter_error_rate(GREETING, greeting) <= FEW, greeting
    # On a slow machine the agent asks for a moment first.
    last_words = " ".join(answer.split()[-len(ANSWER.split()) :])
    assert letter_error_rate(ANSWER, last_words) <= FEW, answer
    assert [(each["role"], each["text"]) for each in history["transcript"]] == [
        ("user", WISH),
        ("assistant", GOODBYE),
        ("assistant", GREETING),
        ("user", asked),
        ("assistant", ANSWER),
    ]
    assert (history["stt_provider"], history["tts_provider"]) == ("whisper", "kokoro")
    assert history["end_reason"] == "client_left"


async def _said(caller: Caller, text: str) -> None:
    """Waits until the agent has said a text."""

    async def is_said() -> bool:
        return any(each.text == text and each.final and not each.by_caller for each in caller.said)

    await until(is_said, SECONDS)


async def _spoken(triton: str, text: str) -> Line:
    async with connected(triton) as client:
        pcm = await speech(client, text, voice=CALLER_VOICE, language="es")
    wave = soxr.resample(pcm.astype(np.float32), TTS_RATE_HZ, RATE_HZ)
    return Line(text, trimmed(np.clip(wave, -32768, 32767).astype(np.int16)))
