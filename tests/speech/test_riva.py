"""The worker's client of Riva's services, against a stand-in that has Callbox's own engines behind it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from livekit.agents import stt

from services.agent.speech.wire.channel import access_of
from services.agent.speech.wire.riva import Riva, RivaVoice
from services.kit.catalogue import Pool
from services.kit.catalogue_file import CatalogueError
from tests.fixtures.certificates import make_certificates
from tests.fixtures.riva_server import RivaStandIn
from tests.speech.engines import catalogue_of, engines
from tests.speech.server import Server
from tests.speech.sound import error_rate, said

pytestmark = pytest.mark.asyncio

SECRET = "nvapi-not-to-be-seen"


@pytest.fixture(scope="module")
def riva(server: Server) -> Iterator[RivaStandIn]:
    with RivaStandIn(server.url) as running:
        yield running


def pool(riva: RivaStandIn, **more: Any) -> dict[str, Any]:
    return {"protocol": "riva", "endpoints": [riva.url], "voice": riva.voice, **more}


async def test_a_call_is_heard_with_partials_a_text_ahead_of_time_and_a_final(riva: RivaStandIn) -> None:
    terms = ("Callbox", "NVIDIA")
    async with engines(catalogue_of(pool(riva), keyterms=True), keyterms=terms) as made, made.ear() as ear:
        for text in ("We open at ten in the morning on Saturday.", "What about the Sunday after that?"):
            await ear.say(said(text))
            heard, _ = await ear.final()
            assert error_rate(text, heard) <= 0.2, heard
        assert {stt.SpeechEventType.INTERIM_TRANSCRIPT, stt.SpeechEventType.PREFLIGHT_TRANSCRIPT} <= ear.kinds
        assert made.told == []
        assert (made.hearing.model, made.hearing.provider) == ("ear-0", "riva")
    config = next(each for each in riva.asked if hasattr(each, "speech_contexts"))
    assert (config.language_code, config.model, config.sample_rate_hertz) == ("en-US", "stand-in", 16_000)
    assert list(config.speech_contexts[0].phrases) == list(terms)


async def test_speech_is_as_the_engine_made_it(riva: RivaStandIn, server: Server) -> None:
    text = "We open at ten in the morning on Saturday, and we close at six."
    async with (
        engines(catalogue_of(pool(riva))) as by_riva,
        engines(catalogue_of({"protocol": "triton", "endpoints": [server.url]})) as by_triton,
    ):
        spoken, asked = await by_riva.speaking.speak(text), await by_triton.speaking.speak(text)
        # The engine does not round the same way each time.
        assert np.corrcoef(np.frombuffer(spoken, np.int16), np.frombuffer(asked, np.int16))[0, 1] > 0.95


async def test_the_service_gets_words_and_nothing_that_is_only_there_to_be_seen(riva: RivaStandIn) -> None:
    client = Riva(riva.url)
    voice = RivaVoice(client, riva.voice, "en-US")
    for text in ("*smiles* That is **$5** 🙂", "🙂 ***"):
        async for _ in voice.speak(text):
            pass
    assert [each.text for each in riva.asked if hasattr(each, "voice_name")][-1] == "That is five dollars"
    voice.close()
    await client.close()


async def test_a_voice_that_is_not_there_is_refused_and_the_fallback_speaks(riva: RivaStandIn, server: Server) -> None:
    triton = {"protocol": "triton", "endpoints": [server.url]}
    async with engines(catalogue_of(pool(riva, voice="Nobody"), triton)) as made:
        assert len(await made.speaking.speak("Yes.")) > 10_000
        assert made.told == ["tts_fallback"]
        assert made.speaking.model == "voice-1"


async def test_leaving_a_text_stops_the_work(riva: RivaStandIn) -> None:
    client = Riva(riva.url)
    voice = RivaVoice(client, riva.voice, "en-US")
    chunks = voice.speak("This is one more sentence that nobody will wait for. " * 40)
    assert await anext(chunks)
    await chunks.aclose()
    voice.close()
    await client.close()


async def test_tls_function_id_and_authorisation_reach_the_server(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_certificates(tmp_path, "localhost")
    certificate = tmp_path / "listener.pem"
    (tmp_path / "nim.txt").write_text(f"# of the operator\nauthorization: Bearer {SECRET}\n")
    with RivaStandIn(server.url, certificate) as riva:
        nim = pool(riva, tls=True, metadata_file="nim.txt", function_id="0149dedb")
        trust = grpc.ssl_channel_credentials(certificate.read_bytes())
        monkeypatch.setattr(grpc, "ssl_channel_credentials", lambda: trust)
        async with engines(catalogue_of(nim), tmp_path) as made, made.ear() as ear:
            assert len(await made.speaking.speak("Yes.")) > 10_000
            await ear.say(said("We open at ten."))
            assert error_rate("We open at ten.", (await ear.final())[0]) <= 0.3
        assert riva.metadata["authorization"] == f"Bearer {SECRET}"
        assert riva.metadata["function-id"] == "0149dedb"
        access = access_of(Pool.model_validate({key: nim[key] for key in nim if key != "voice"}), tmp_path)
        assert SECRET not in repr(access)


@pytest.mark.parametrize("content", ["authorization Bearer", "a b: c", "secret:", ": secret", "näme: x", "x: wört"])
async def test_a_bad_metadata_file_is_named_by_its_line_and_never_quoted(tmp_path: Path, content: str) -> None:
    (tmp_path / "nim.txt").write_text(f"# of the operator\n\n{content}\n")
    with pytest.raises(CatalogueError, match="line 3") as caught:
        access_of(Pool(protocol="riva", endpoints=("h:1",), metadata_file="nim.txt"), tmp_path)
    assert content not in str(caught.value)


async def test_a_metadata_file_that_is_missing_or_too_long_is_named(tmp_path: Path) -> None:
    pool = Pool(protocol="riva", endpoints=("h:1",), metadata_file="nim.txt")
    with pytest.raises(CatalogueError, match=r"nim\.txt cannot be read"):
        access_of(pool, tmp_path)
    (tmp_path / "nim.txt").write_text("a: b\n" * 10_000)
    with pytest.raises(CatalogueError, match=r"longer than 16,384"):
        access_of(pool, tmp_path)
