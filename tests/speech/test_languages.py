"""Languages other than English on a real server: the right engine hears each call, and no call another's language."""

import asyncio
import json
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from services.inference.protocol import COMMAND_FLUSH
from tests.speech.client import Ear, Heard, TritonFault, connected
from tests.speech.server import Server
from tests.speech.sound import error_rate, letter_error_rate, recorded, silence

# Highest share of wrong characters; Whisper base mishears a rare word of each of these sentences.
SENTENCES: Final = {
    "es": ("pangrama", 0.15),
    "fr": ("bonjour_monde", 0.15),
    "it": ("pangrama", 0.15),
    "pt": ("pangrama", 0.08),
    "ja": ("konnichiwa_sekai", 0.05),
    "zh": ("nihao_shijie", 0.05),
}


def clip(language: str, name: str) -> tuple[NDArray[np.float32], str]:
    samples, text = recorded(name, language)
    return np.concatenate([silence(0.3), samples, silence(0.4)]), text


async def call(ear: Ear, samples: NDArray[np.float32], language: str | None, keyterms: str | None = None) -> Heard:
    """The final of one utterance; the language is sent when the sequence begins."""
    if language is not None:
        await ear.say(None, language=language, keyterms=keyterms)
    await ear.stream(samples)
    return await ear.flush()


async def test_calls_in_other_languages_are_heard_at_once_and_keep_their_languages(polyglot: Server) -> None:
    """Six languages and English at the same moment, each asked for by name and region."""
    clips = {language: clip(language, name) for language, (name, _) in SENTENCES.items()}
    clips["en"] = clip("en", "quick_brown_fox")

    async def one(language: str) -> Heard:
        async with connected(polyglot.url) as client, Ear(client) as ear:
            return await call(ear, clips[language][0], f"{language}-XX")

    finals = dict(zip(clips, await asyncio.gather(*map(one, clips)), strict=True))
    assert {language: final.language for language, final in finals.items()} == {
        language: language for language in clips
    }
    assert {final.kind for final in finals.values()} == {"final"}
    for language, (_, limit) in SENTENCES.items():
        assert letter_error_rate(clips[language][1], finals[language].text) <= limit, finals[language].text
    assert error_rate(clips["en"][1], finals["en"].text) == 0.0


# In English the rest of the call is heard by the other engine. `engines/test_whisper.py` detects the other languages.
@pytest.mark.parametrize("language", ["en", "es", "ja"])
async def test_a_language_that_nobody_named_is_detected(polyglot: Server, language: str) -> None:
    name = "quick_brown_fox" if language == "en" else "pangrama"
    name = {"es": "conteo"}.get(language, name)
    samples, _ = clip(language, name)
    async with connected(polyglot.url) as client, Ear(client) as ear:
        first = await call(ear, samples, "auto")
        second = await call(ear, samples, None)
    assert (first.language, second.language) == (language, language)
    assert second.text


async def test_a_word_that_does_not_tell_leaves_the_language_open(polyglot: Server) -> None:
    short, _ = clip("it", "ciao_mondo")
    longer, _ = clip("it", "conteggio")
    async with connected(polyglot.url) as client, Ear(client) as ear:
        first = await call(ear, short, "auto")
        second = await call(ear, longer, None)
    assert (first.language, second.language) == ("und", "it")


async def test_words_have_their_times_in_the_utterance(polyglot: Server) -> None:
    samples, _ = clip("pt", "pangrama")
    async with connected(polyglot.url) as client, Ear(client) as ear:
        final = await call(ear, samples, "pt")
        empty = await call(ear, silence(1.0), None)
    words = json.loads(final.words)
    assert " ".join(word for word, _, _ in words) == final.text
    spoken = np.flatnonzero(np.abs(samples) > 0.05) / 16_000
    assert words[0][1] == pytest.approx(spoken[0], abs=0.25)
    assert words[-1][2] == pytest.approx(spoken[-1], abs=0.25)
    assert (empty.text, empty.words) == ("", "")


async def test_keyterms_bias_what_whisper_hears(polyglot: Server) -> None:
    samples, _ = clip("es", "pangrama")
    terms = json.dumps(["murciélago", "hindú"])
    async with connected(polyglot.url) as client, Ear(client) as hinted, Ear(client) as plain:
        with_hint = await call(hinted, samples, "es", terms)
        without = await call(plain, samples, "es")
    assert with_hint.biased
    assert not without.biased
    assert "murciélago" in with_hint.text
    assert "murciélago" not in without.text


async def test_an_unserved_language_is_refused_with_those_that_would_do(polyglot: Server) -> None:
    async with connected(polyglot.url) as client, Ear(client) as ear:
        await ear.say(None, COMMAND_FLUSH, language="pl")
        with pytest.raises(TritonFault, match=r"'pl' is not served.*de, en, es, fr, hi, it, ja, pt, zh"):
            await ear.heard()


async def test_an_engine_that_is_asked_for_hears_what_another_would_hear_by_its_language(polyglot: Server) -> None:
    samples, text = clip("en", "quick_brown_fox")
    async with connected(polyglot.url) as client:
        async with Ear(client) as ear:
            await ear.say(None, language="en", engine="whisper")
            heard = await call(ear, samples, None)
        async with Ear(client) as ear:
            await ear.say(None, language="es", engine="moonshine")
            with pytest.raises(TritonFault, match="'es' is not served by moonshine; served: en"):
                await ear.heard()
        async with Ear(client) as ear:
            await ear.say(None, language="en", engine="parakeet")
            with pytest.raises(TritonFault, match="'parakeet' is not installed; installed: moonshine, whisper"):
                await ear.heard()
    assert error_rate(text, heard.text) <= 0.2
    # Of all finals of an utterance only Whisper's know when each word was said.
    assert heard.words
