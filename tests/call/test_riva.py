"""A whole call whose recogniser and voice are reached by Riva's protocol."""

import pytest

from bench.words import word_error_rate
from tests.call.command import callbox_call
from tests.call.question import QUESTION
from tests.fixtures.riva_server import RivaStandIn
from tests.fixtures.stack import StackThread

pytestmark = pytest.mark.timeout(180)

GREETING = "Hello, this is Lumen Lamps by Riva."


async def test_a_question_is_heard_and_answered_by_rivas_protocol(callbox: StackThread, riva: RivaStandIn) -> None:
    """Slow: caller and agent speak in real time."""
    callbox.make_character(
        "riva-bot",
        name="Lumen Lamps",
        language="en",
        greeting=GREETING,
        system_prompt="You answer in one short sentence. We open at ten on Saturday.",
        stt_model="riva-ear",
        tts_model="riva-voice",
        keyterms=["Saturday"],
    )
    run = callbox_call(callbox, "riva-bot", "--say", QUESTION, "--json")
    assert run.status == 0, run.err
    (turn,) = run.json["turns"]
    assert word_error_rate(QUESTION, turn["heard"]) <= 0.2, turn["heard"]
    assert turn["reply"]
    async with callbox.sessions() as sessions:
        history = await sessions.history(run.json["session_id"])
    assert (history["stt_provider"], history["tts_provider"]) == ("nvidia", "nvidia")
    assert history["stt_audio_seconds"] > 0.5
    spoken = " ".join(each.text for each in riva.asked if hasattr(each, "voice_name"))
    assert GREETING in spoken
    assert turn["reply"].split()[0] in spoken
