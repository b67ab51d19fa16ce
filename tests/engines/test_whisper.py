"""Whisper: what it hears in which language, and what it is kept from making up."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from services.inference.engines import weights
from services.inference.engines.recogniser import AUTO, UNDETERMINED, Hypothesis, Speech
from services.inference.engines.whisper import Whisper
from services.inference.recognition.hallucinations import believed
from services.inference.recognition.voice_activity import has_voice
from tests.speech.sound import letter_error_rate, letters, recorded, silence

RATE_HZ: Final = 16_000
# Character errors that each may have: what was heard wrong on processors with and without AVX-512, whose 8-bit products
# round differently, and a little more. Of "El veloz murciélago hindú" it is two words, of the Portuguese count a number
# that was heard twice.
ERRORS: Final = {
    ("es", "pangrama"): 0.15,
    ("fr", "bonjour_monde"): 0.05,
    ("fr", "pangrama"): 0.15,
    ("hi", "namaste_duniya"): 0.25,
    ("it", "ciao_mondo"): 0.05,
    ("it", "pangrama"): 0.15,
    ("ja", "konnichiwa_sekai"): 0.05,
    ("pt", "contagem"): 0.12,
    ("pt", "pangrama"): 0.08,
    ("zh", "nihao_shijie"): 0.05,
}


@pytest.fixture(scope="module")
def whisper() -> Iterator[Whisper]:
    engine = Whisper()
    yield engine
    engine.close()


def heard(engine: Whisper, batch: Sequence[Speech]) -> list[Hypothesis]:
    found = dict(step for step in engine.decode(batch) if step is not None)
    assert sorted(found) == list(range(len(batch)))
    return [found[at] for at in range(len(batch))]


@pytest.fixture(scope="module")
def alone(whisper: Whisper) -> dict[tuple[str, str], Hypothesis]:
    """What is heard in each clip of ERRORS, one clip at a time."""
    return {
        (language, name): heard(whisper, [Speech(recorded(name, language)[0], language)])[0]
        for language, name in ERRORS
    }


@pytest.mark.parametrize(("language", "name"), ERRORS)
def test_a_sentence_of_each_language_is_heard(
    alone: dict[tuple[str, str], Hypothesis], language: str, name: str
) -> None:
    samples, text = recorded(name, language)
    found = alone[language, name]
    assert letter_error_rate(text, found.text) <= ERRORS[language, name], found.text
    assert found.language == language
    assert believed(found, len(samples) / RATE_HZ) == found.text


def test_few_letters_of_all_sentences_are_wrong(alone: dict[tuple[str, str], Hypothesis]) -> None:
    """Each sentence may be a word off on some processor, not all of them. 0.048 and 0.058 of the letters were wrong."""
    errors = [letter_error_rate(recorded(name, tag)[1], found.text) for (tag, name), found in alone.items()]
    assert np.mean(errors) <= 0.07, errors


def test_hindi_is_written_in_its_own_script(whisper: Whisper, alone: dict[tuple[str, str], Hypothesis]) -> None:
    (longer,) = heard(whisper, [Speech(recorded("pangrama", "hi")[0], "hi")])
    for found in (alone["hi", "namaste_duniya"], longer):
        assert all("\u0900" <= letter <= "\u097f" for letter in letters(found.text)), found.text


def test_a_batch_of_languages_gives_what_each_clip_gives_alone(
    whisper: Whisper, alone: dict[tuple[str, str], Hypothesis]
) -> None:
    """Seven clips of one window, which are more than a pass, and one that needs a wider window."""
    clips = dict(ERRORS.keys())
    wide = Speech(np.concatenate([recorded("pangrama", "pt")[0], recorded("contagem", "pt")[0]]), "pt")
    together = heard(whisper, [*(Speech(recorded(name, tag)[0], tag) for tag, name in clips.items()), wide])
    expected = [*(alone[clip] for clip in clips.items()), *heard(whisper, [wide])]
    assert [found.text for found in together] == [found.text for found in expected]
    assert [found.language for found in together] == [*clips, "pt"]


@pytest.mark.parametrize("language", ["en", "es", "fr", "hi", "it", "ja", "pt", "zh"])
def test_a_language_is_detected(whisper: Whisper, language: str) -> None:
    name = {"en": "quick_brown_fox", "es": "conteo"}.get(language, "pangrama")
    (found,) = heard(whisper, [Speech(recorded(name, language)[0], AUTO)])
    assert found.language == language


def test_a_guessed_language_is_said_to_be_none(whisper: Whisper) -> None:
    """Two words of Italian, which the model takes for Romanian, and Polish, which is not served."""
    for name, language in (("ciao_mondo", "it"), ("liczenie", "pl")):
        (found,) = heard(whisper, [Speech(recorded(name, language)[0], AUTO)])
        assert found.language == UNDETERMINED
        assert found.text


def _hum() -> NDArray[np.float64]:
    times = np.arange(3 * RATE_HZ) / RATE_HZ
    return np.asarray(0.2 * np.sin(2 * np.pi * 50 * times) + 0.1 * np.sin(2 * np.pi * 150 * times))


def _hiss() -> NDArray[np.float64]:
    return np.random.default_rng(3).normal(0, 0.03, 3 * RATE_HZ)


def _cough() -> NDArray[np.float64]:
    """Two bursts of noise that rise in 12 ms and die away in a third of a second."""
    sound = np.zeros(3 * RATE_HZ)
    at = np.arange(6_000)
    burst = np.random.default_rng(4).normal(0, 0.4, 6_000) * np.minimum(1, at / 200) * np.exp(-at / 1_500)
    sound[8_000:14_000], sound[16_000:22_000] = burst, burst
    return sound


def _chords() -> NDArray[np.float64]:
    """Four plucked chords of three notes with overtones."""
    at = np.arange(RATE_HZ)
    fade = np.minimum(1, at / 300) * np.exp(-at / 9_000)
    chords = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))
    return np.concatenate(
        [
            fade * sum(np.sin(2 * np.pi * note * over * at / RATE_HZ) * 0.1 / over for note in notes for over in (1, 2))
            for notes in chords
        ]
    )


# Each sound with some languages, so that each language meets two sounds and more.
SOUNDS: Final = {
    "silence": (np.zeros(3 * RATE_HZ), ("de", "en", "ja", "zh", AUTO)),
    "hum": (_hum(), ("es", "hi", "pt", "zh", AUTO)),
    "hiss": (_hiss(), ("en", "fr", "hi", "it", AUTO)),
    "cough": (_cough(), ("de", "ja", "pt", "zh", AUTO)),
    "chords": (_chords(), ("en", "es", "fr", "hi", "it", "ja", AUTO)),
}


@pytest.mark.parametrize("sound", SOUNDS)
def test_what_is_no_speech_is_not_believed(whisper: Whisper, sound: str) -> None:
    """The engine's own word for it, without the look at levels that comes first in a call."""
    sounding, tags = SOUNDS[sound]
    samples = sounding.astype(np.float32)
    for tag, found in zip(tags, heard(whisper, [Speech(samples, tag) for tag in tags]), strict=True):
        assert found.text, f"{tag}: nothing to guard against"
        assert believed(found, len(samples) / RATE_HZ) == "", f"{tag}: {found}"


def _sweep() -> NDArray[np.float32]:
    """A tone that rises and falls: Whisper says one word of it again and again, in any language on any processor."""
    at = np.arange(5 * RATE_HZ) / RATE_HZ
    rise = 200 + 300 * np.sin(2 * np.pi * 1.5 * at)
    return np.asarray(0.3 * np.sin(2 * np.pi * rise * at / 5), np.float32)


def test_a_loop_ends_and_is_cut(whisper: Whisper) -> None:
    tags = ("en", "ja")
    for tag, found in zip(tags, heard(whisper, [Speech(_sweep(), tag) for tag in tags]), strict=True):
        assert found.overran, f"{tag}: {found}"
        assert len(found.tokens) <= 8, f"{tag}: {found}"
    assert not has_voice(_sweep()), "in a call it is not heard at all"


def test_loud_noise_is_not_believed(whisper: Whisper) -> None:
    noise = np.random.default_rng(0).normal(0, 0.2, 5 * RATE_HZ).astype(np.float32)
    (found,) = heard(whisper, [Speech(noise, "ja")])
    assert len(found.tokens) <= 5 * 12 + 8
    assert not believed(found, 5.0)


def test_polish_in_another_language_stays_within_its_length(whisper: Whisper) -> None:
    """Whisper base can talk for seconds about this clip; what it says is no longer than what was said."""
    samples, _ = recorded("pangrama", "pl")
    with pytest.raises(ValueError, match="not served"):
        heard(whisper, [Speech(samples, "pl")])
    for found in heard(whisper, [Speech(samples, tag) for tag in ("es", "hi", AUTO)]):
        assert len(found.tokens) <= len(samples) / RATE_HZ * 20 + 8
        assert len(believed(found, len(samples) / RATE_HZ)) < 100


def test_words_stand_where_they_are_said(whisper: Whisper) -> None:
    """Two recordings with a second between them; each begins and ends where its own level says."""
    first, second = recorded("bonjour_monde", "fr")[0], recorded("pangrama", "fr")[0]
    offset = len(first) / RATE_HZ + 1.0
    (found,) = heard(whisper, [Speech(np.concatenate([first, silence(1.0), second]), "fr", timed=True)])
    assert " ".join(word for word, _, _ in found.words) == found.text
    times = [moment for _, start, end in found.words for moment in (start, end)]
    assert times == sorted(times)
    ends = {word: end for word, _, end in found.words}
    starts = {word: start for word, start, _ in found.words}
    spoken_first, spoken_second = np.flatnonzero(np.abs(first) > 0.05), np.flatnonzero(np.abs(second) > 0.05)
    assert ends["monde."] == pytest.approx(spoken_first[-1] / RATE_HZ, abs=0.2)
    assert starts["Portez"] == pytest.approx(offset + spoken_second[0] / RATE_HZ, abs=0.2)
    assert found.words[-1][2] == pytest.approx(offset + spoken_second[-1] / RATE_HZ, abs=0.2)


def test_words_come_only_where_they_are_asked_for(whisper: Whisper, alone: dict[tuple[str, str], Hypothesis]) -> None:
    (asked,) = heard(whisper, [Speech(recorded("pangrama", "pt")[0], "pt", timed=True)])
    not_asked = alone["pt", "pangrama"]
    assert asked.words
    assert not_asked.words == ()
    assert asked.text == not_asked.text


HINTS: Final = [
    ("es", "pangrama", ("murciélago", "hindú")),
    ("fr", "pangrama", ("whisky",)),
    ("hi", "namaste_duniya", ("दुनिया",)),
    ("it", "pangrama", ("vituperabile",)),
    ("ja", "kazoeru", ("一二三四五六",)),
    ("pt", "pangrama", ("marrom",)),
]


@pytest.fixture(scope="module")
def hinted(whisper: Whisper) -> dict[str, Hypothesis]:
    """What is heard in each clip of HINTS with its hints, by language."""
    batch = [Speech(recorded(name, tag)[0], tag, keyterms=terms) for tag, name, terms in HINTS]
    return dict(zip((tag for tag, _, _ in HINTS), heard(whisper, batch), strict=True))


def test_hints_mend_words(
    whisper: Whisper, alone: dict[tuple[str, str], Hypothesis], hinted: dict[str, Hypothesis]
) -> None:
    """Which word a hint mends hangs on the rounding of the processor; most are mended on each."""
    mended, before, after = [], [], []
    for language, name, terms in HINTS:
        samples, text = recorded(name, language)
        plain = alone.get((language, name)) or heard(whisper, [Speech(samples, language)])[0]
        before.append(letter_error_rate(text, plain.text))
        after.append(letter_error_rate(text, hinted[language].text))
        if after[-1] < before[-1] and all(term in hinted[language].text for term in terms):
            mended.append(language)
    assert len(mended) >= 3, mended
    assert {"hi", "ja", "pt"} <= set(mended), mended
    assert sum(after) < sum(before) / 2, (before, after)


@pytest.mark.parametrize(("language", "name", "terms"), HINTS)
def test_a_hint_does_not_end_a_sentence_early(
    hinted: dict[str, Hypothesis], language: str, name: str, terms: tuple[str, ...]
) -> None:
    """With a full stop behind the hints half of the Spanish sentence was lost."""
    _, text = recorded(name, language)
    found = hinted[language].text
    assert len(letters(found)) > 0.85 * len(letters(text)), f"{terms}: {found}"


def test_a_hint_is_not_heard_where_nobody_said_it(whisper: Whisper) -> None:
    hints = {
        "es": ("Zaragoza", "Movistar"),
        "fr": ("Grenoble", "Bouygues"),
        "it": ("Palermo", "Vodafone"),
        "ja": ("大阪", "楽天"),
        "pt": ("Curitiba", "Thiago"),
        "zh": ("上海", "淘宝"),
    }
    clips = list({tag: recorded(name, tag)[0] for tag, name in ERRORS if tag in hints}.items())
    for (tag, _), found in zip(
        clips, heard(whisper, [Speech(samples, tag, keyterms=hints[tag]) for tag, samples in clips]), strict=True
    ):
        assert not any(term in found.text for term in hints[tag]), found.text


def test_a_clip_that_nobody_waits_for_is_answered_with_nothing(whisper: Whisper) -> None:
    samples, text = recorded("pangrama", "pt")
    wanted, unwanted = heard(whisper, [Speech(samples, "pt"), Speech(samples, "pt", should_stop=lambda: True)])
    assert letter_error_rate(text, wanted.text) < 0.1
    assert unwanted.stopped
    assert unwanted.text == ""


@pytest.mark.parametrize("samples", [0, 31 * RATE_HZ])
def test_impossible_clips_are_refused(whisper: Whisper, samples: int) -> None:
    with pytest.raises(ValueError, match="a clip must have"):
        heard(whisper, [Speech(np.zeros(samples, np.float32), "es")])


def test_damaged_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_SHA256", "0" * 64)
    with pytest.raises(RuntimeError, match="damaged: install"):
        Whisper()
