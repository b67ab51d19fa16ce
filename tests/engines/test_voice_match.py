"""The speaker encoder and the search for a mix of voices."""

import itertools
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr

from services.inference import protocol
from services.inference.engines import mix_search
from services.inference.engines.kokoro import Kokoro
from services.inference.engines.kokoro_voices import Styles
from services.inference.engines.speaker import DIMENSIONS, SAMPLE_RATE_HZ, NoSpeech, Speaker
from services.inference.engines.torch_checkpoint import read_tensors
from services.inference.engines.voice_matching import MAX_SECONDS, MIN_SECONDS, CannotMatch, Matcher
from services.inference.engines.voiceprints import ProbeReader, read_prints
from services.inference.settings import InferenceSettings
from tests.speech.voices import Sound, recorded_speaker, sampled, spoken_line, tone

LANGUAGES = ("en-US", "en-GB")
# Voices of which a spoken line is shipped, too.
VOICES = ("bf_emma", "ef_dora", "ff_siwis", "hf_alpha", "if_sara", "jf_alpha", "pf_dora", "zf_xiaoxiao")
# A sentence that the search does not know, and its phonemes. The dictionaries take seconds to load.
UNKNOWN = "My brother has painted the kitchen yellow, and it looks rather cheerful now."
PHONEMES = "mˌI bɹˈʌðə haz pˈAntɪd ðə kˈɪʧɪn jˈɛlQ, and ɪt lˈʊks ɹˈɑːðə ʧˈɪəfʊl nˈW."


class Sentences(ProbeReader):
    """Knows the phonemes of the probes and of UNKNOWN."""

    def read(self, text: str, language: str) -> str:
        return PHONEMES if text == UNKNOWN else super().read(text, language)


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    return Speaker()


@pytest.fixture(scope="module")
def kokoro() -> Iterator[Kokoro]:
    engine = Kokoro(Sentences(), Styles(InferenceSettings().kokoro_voices, LANGUAGES))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def matcher(kokoro: Kokoro) -> Matcher:
    return Matcher(kokoro, workers=2, seconds=1.0)


def test_a_speaker_is_more_like_itself_than_like_others(speaker: Speaker) -> None:
    """Two shipped recordings of each voice, in which it says different sentences."""
    lines, samples = speaker.embed([spoken_line(name) for name in VOICES]), speaker.embed(list(map(sampled, VOICES)))
    likeness = lines @ samples.T
    assert likeness.argmax(axis=1).tolist() == list(range(len(VOICES)))
    assert likeness.diagonal().min() > 0.75
    assert likeness[~np.eye(len(VOICES), dtype=bool)].mean() < 0.7


def test_loudness_pauses_and_company_in_the_batch_change_little(speaker: Speaker) -> None:
    sound, other = sampled("af_heart"), sampled("am_michael")
    silence = np.zeros(2 * SAMPLE_RATE_HZ, np.float32)
    plain, quiet, paused, _ = speaker.embed([sound, sound * 0.1, np.concatenate([silence, sound, silence]), other])
    assert np.linalg.norm(plain) == pytest.approx(1.0, abs=1e-5)
    assert plain @ speaker.embed([sound])[0] == pytest.approx(1.0, abs=1e-5)
    assert plain @ quiet > 0.97
    assert plain @ paused > 0.97


def test_what_is_no_speech_has_no_speaker(speaker: Speaker) -> None:
    noise = np.random.default_rng(1).normal(0.0, 0.1, 5 * SAMPLE_RATE_HZ).astype(np.float32)
    for sound in (np.zeros(5 * SAMPLE_RATE_HZ, np.float32), tone(5.0), noise):
        with pytest.raises(NoSpeech):
            speaker.embed([sound])


def test_a_checkpoint_that_names_more_than_tensors_is_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    path = tmp_path / "trap.pt"
    parts: tuple[object, ...] = (0x1950A86A20F9469CFC6C, 1001, {}, {"model_state": Trap()}, [])
    path.write_bytes(b"".join(pickle.dumps(part, 2) for part in parts))
    with pytest.raises(ValueError, match="which is not a tensor"):
        read_tensors(path, "model_state")
    assert not (tmp_path / "sprung").exists()
    path.write_bytes(b"PK\x03\x04 a newer checkpoint")
    with pytest.raises(ValueError, match="cannot be read"):
        read_tensors(path, "model_state")


def test_every_voice_was_measured(kokoro: Kokoro) -> None:
    prints = read_prints(kokoro.voices)
    assert set(prints) == set(kokoro.voices)
    assert all(each.shape == (DIMENSIONS,) for each in prints.values())
    with pytest.raises(ValueError, match="no print of af_nobody"):
        read_prints(["af_nobody"])


def test_the_search_finds_the_mix_that_a_speaker_was_made_of() -> None:
    random = np.random.default_rng(3)
    directions = np.abs(random.normal(size=(12, 64))).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    shares = np.zeros(12, np.float32)
    shares[[2, 7]] = 0.65, 0.35
    target = shares @ directions
    target /= np.linalg.norm(target)
    known = mix_search.Known(directions)
    best, *others = known.propose(target, [], 3)
    assert best.tolist() == pytest.approx(shares.tolist(), abs=0.051)
    for mix in (best, *others):
        assert mix.sum() == pytest.approx(1.0)
        assert np.count_nonzero(mix) <= mix_search.MAX_VOICES
    for one, other in itertools.combinations((best, *others), 2):
        assert np.abs(one - other).sum() >= 0.2
    assert all(np.abs(mix - best).sum() >= 0.2 for mix in known.propose(target, [best], 5))


def test_a_mix_is_written_as_the_synthesiser_reads_it(kokoro: Kokoro) -> None:
    names = list(kokoro.voices)
    random = np.random.default_rng(5)
    for count in range(1, mix_search.MAX_VOICES + 1):
        shares = np.zeros(len(names), np.float32)
        shares[random.choice(len(names), count, replace=False)] = random.dirichlet(np.full(count, 5.0))
        written = mix_search.written(names, mix_search.rounded(shares))
        voice = kokoro.voice(written)
        assert sum(weight for _, weight in voice.parts) == pytest.approx(1.0)
        assert len(voice.parts) == np.count_nonzero(mix_search.rounded(shares))


def test_a_match_speaks_the_language_and_says_honestly_how_near_it_is(
    kokoro: Kokoro, matcher: Matcher, speaker: Speaker
) -> None:
    """Slow: the search and a sentence that it does not know are synthesised."""
    recording = recorded_speaker("pl")
    match = matcher.match(recording, "en-GB")
    voice = kokoro.voice(match.voice)
    assert all(name.startswith("b") for name, _ in voice.parts)
    sound = np.concatenate(list(kokoro.sounds(UNKNOWN, voice, "en-GB", 1.0)))
    own, target = speaker.embed([soxr.resample(sound, 24_000, SAMPLE_RATE_HZ), recording])
    assert match.similarity == pytest.approx(float(own @ target), abs=0.15)


@pytest.mark.parametrize(
    ("sound", "sentence"),
    [
        (tone(MIN_SECONDS - 0.5), "has 2.5 s: send 3 to 60 s"),
        (tone(MAX_SECONDS + 0.5), "has 60.5 s: send 3 to 60 s"),
        (tone(5.0), "nobody speaks"),
        (np.zeros(5 * SAMPLE_RATE_HZ, np.float32), "nobody speaks"),
        (np.clip(100 * recorded_speaker("en"), -1.0, 1.0), "cut off at its peaks"),
    ],
)
def test_what_cannot_be_matched_is_told(matcher: Matcher, sound: Sound, sentence: str) -> None:
    with pytest.raises(CannotMatch, match=sentence):
        matcher.match(sound, "en")


def test_a_language_without_a_voice_is_told_with_those_that_have_one(matcher: Matcher) -> None:
    with pytest.raises(CannotMatch, match="no voice speaks 'pl'; served: en-GB, en-US"):
        matcher.match(recorded_speaker("pl"), "pl")


def test_the_protocol_says_what_the_engine_does() -> None:
    assert protocol.VOICE_MATCH_RATE_HZ == SAMPLE_RATE_HZ
    assert (protocol.VOICE_MATCH_MIN_SECONDS, protocol.VOICE_MATCH_MAX_SECONDS) == (MIN_SECONDS, MAX_SECONDS)
