"""Batches, priorities, guards and keyterms of recognition, on the real engine without Triton."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.inference.engines.moonshine import Moonshine
from services.inference.engines.recogniser import Hypothesis, Speech
from services.inference.protocol import COMMAND_AUDIO, COMMAND_FLUSH, KIND_FINAL, KIND_PARTIAL
from services.inference.recognition.hallucinations import believed
from services.inference.recognition.listener import Listener
from services.inference.recognition.routes import Routes, UnservedLanguage
from services.inference.recognition.transcription import Transcription
from services.inference.recognition.utterance import Utterance
from services.inference.recognition.voicing import is_speech
from services.inference.recognition.workers import Job, Transcript, Workers
from tests.speech.sound import error_rate, recorded, said, silence

_SECONDS = 20.0
_STEP = 800


class Logged(Moonshine):
    """The engine, with a list of how many clips it was given at a time, and a gate before its work."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()

    def decode(self, batch: Sequence[Speech]) -> Iterator[tuple[int, Hypothesis] | None]:
        self.batches.append(len(batch))
        assert self.gate.wait(_SECONDS)
        return super().decode(batch)


@pytest.fixture(scope="module")
def engine() -> Logged:
    return Logged()


@pytest.fixture
def routes(engine: Logged) -> Iterator[Routes]:
    engine.batches.clear()
    workers = Workers(engine, 1)
    yield Routes([workers])
    workers.close()


class Call:
    """One listener and what it answered, in order."""

    def __init__(self, routes: Routes) -> None:
        self.listener = Listener(routes)
        self.answers: list[Transcript] = []
        self.arrived: list[float] = []
        self._final = threading.Event()

    def hear(self, samples: NDArray[np.float32]) -> None:
        for at in range(0, len(samples), _STEP):
            self.listener.accept(samples[at : at + _STEP], COMMAND_AUDIO, self._take)

    def flush(self) -> None:
        self.listener.accept(np.zeros(0, np.float32), COMMAND_FLUSH, self._take)

    def ask_all(self, samples: NDArray[np.float32]) -> None:
        """A whole utterance in one request, without partials."""
        self.listener.accept(samples, COMMAND_FLUSH, self._take)

    def _take(self, transcript: Transcript | None, error: str | None) -> None:
        assert error is None
        if transcript is not None:
            self.answers.append(transcript)
            self.arrived.append(time.monotonic())
            if transcript.kind == KIND_FINAL:
                self._final.set()

    def final(self) -> Transcript:
        assert self._final.wait(_SECONDS)
        return self.answers[-1]


SENTENCES = (
    "What time do you open on Saturday?",
    "Can I send the lamp back if it stops working after two days?",
    "Thank you very much, that is all I wanted to know.",
    "The screen stays dark when I press the button on the left side.",
)


def test_finals_that_wait_together_are_one_batch(routes: Routes, engine: Logged) -> None:
    engine.gate.clear()
    calls = [Call(routes) for _ in (SENTENCES[0], *SENTENCES)]
    for call, sentence in zip(calls, (SENTENCES[0], *SENTENCES), strict=True):
        call.hear(said(sentence))
        call.flush()
    engine.gate.set()
    assert [error_rate(s, c.final().text) <= 0.1 for s, c in zip(SENTENCES, calls[1:], strict=True)] == [True] * 4
    assert max(engine.batches) >= 4


def test_no_partial_follows_its_final(routes: Routes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flush comes when a thread is about to answer with a partial that covers all that was said."""
    told: list[str] = []
    listener, transcript_of = Listener(routes), Workers._transcript

    def take(transcript: Transcript | None, error: str | None) -> None:
        assert error is None
        told.append("nothing" if transcript is None else transcript.kind)

    def flush_first(workers: Workers, job: Job, *others: Any) -> Transcript:
        if job.kind == KIND_PARTIAL:
            listener.accept(np.zeros(0, np.float32), COMMAND_FLUSH, take)
        return transcript_of(workers, job, *others)

    monkeypatch.setattr(Workers, "_transcript", flush_first)
    listener.accept(np.concatenate([said(SENTENCES[0]), silence(0.5)]), COMMAND_AUDIO, take)
    until = time.monotonic() + _SECONDS
    while len(told) < 2:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert told == [KIND_FINAL, "nothing"]


def test_a_final_is_heard_before_the_partials_that_came_first(routes: Routes, engine: Logged) -> None:
    engine.gate.clear()
    talkers = [Call(routes) for _ in range(8)]
    for talker in talkers:
        talker.hear(said(SENTENCES[1]))
    hurried = Call(routes)
    hurried.hear(said("Yes, please."))
    hurried.flush()
    engine.gate.set()
    assert hurried.final().text.startswith("Yes")
    assert all(at > hurried.arrived[-1] for talker in talkers for at in talker.arrived)
    for talker in talkers:
        talker.flush()
        assert error_rate(SENTENCES[1], talker.final().text) <= 0.1
    assert {answer.kind for talker in talkers for answer in talker.answers} <= {KIND_PARTIAL, KIND_FINAL}


class Passes:
    """An engine whose passes cannot be stopped: each needs a permit. It lists the lengths of its passes in clips."""

    name = "passes"
    languages: tuple[str, ...] = ("en",)
    can_bias = can_detect = False
    max_seconds = 30.0
    max_batch = 4

    def __init__(self) -> None:
        self.permits = threading.Semaphore(0)
        self.passes: list[int] = []

    def warm_up(self) -> None:
        pass

    def decode(self, batch: Sequence[Speech]) -> Iterator[tuple[int, Hypothesis] | None]:
        yield None
        self.passes.append(len(batch))
        assert self.permits.acquire(timeout=_SECONDS)
        for index, _ in enumerate(batch):
            yield index, Hypothesis("yes", (1,))

    def close(self) -> None:
        pass


def test_a_final_waits_for_one_clip_of_a_partial_at_most() -> None:
    """The only thread works on a final while partials of four calls begin to wait, and then on partials."""
    engine = Passes()
    workers = Workers(engine, 1, max_partial_batch=1)
    try:
        first, hurried, *talkers = [Call(Routes([workers])) for _ in range(6)]
        first.ask_all(said("Yes, please."))
        _until(lambda: len(engine.passes) == 1)
        for talker in talkers:
            talker.hear(said("Yes, please."))
        engine.permits.release()
        _until(lambda: len(engine.passes) == 2)
        hurried.ask_all(said("Yes, please."))
        engine.permits.release(2)
        assert hurried.final().text == "yes"
        assert engine.passes[:3] == [1, 1, 1], "a final, one partial, a final"
    finally:
        engine.permits.release(100)
        workers.close()


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_batch_that_fails_is_heard_one_by_one(engine: Logged) -> None:
    class Choking(Logged):
        def decode(self, batch: Sequence[Speech]) -> Iterator[tuple[int, Hypothesis] | None]:
            if any(len(speech.samples) > 5 * 16_000 for speech in batch):
                raise RuntimeError("too much for me")
            return super().decode(batch)

    workers = Workers(Choking(), 1)
    given: dict[str, tuple[Transcript | None, str | None]] = {}
    answered = threading.Semaphore(0)
    try:
        for name, samples in (("blocks", SENTENCES[1]), ("long", SENTENCES[1] * 2), ("short", "Yes, please.")):
            listener = Listener(Routes([workers]))

            def answer(transcript: Transcript | None, error: str | None, name: str = name) -> None:
                given[name] = (transcript, error)
                answered.release()

            listener.accept(said(samples), COMMAND_FLUSH, answer)
        for _ in range(3):
            assert answered.acquire(timeout=_SECONDS)
    finally:
        workers.close()
    assert given["long"] == (None, "the recogniser failed on this utterance: too much for me")
    short = given["short"][0]
    assert short is not None
    assert short.text.startswith("Yes")


def _sounds() -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(11)
    seconds = np.arange(4 * 16_000) / 16_000
    cough = np.zeros(64_000)
    for at in (16_000, 24_000):
        cough[at : at + 4_800] = np.diff(random.standard_normal(4_801)) * np.exp(-np.arange(4_800) / 1_200) * 0.3
    notes = [262, 330, 392, 523]
    chord = sum(0.05 * np.sin(2 * np.pi * note * seconds) for note in notes)
    return {
        "silence": np.zeros(64_000, np.float32),
        "hum": (0.1 * np.sin(2 * np.pi * 50 * seconds) + 0.05 * np.sin(2 * np.pi * 150 * seconds)).astype(np.float32),
        "a cough": cough.astype(np.float32),
        "music on hold, one chord": np.asarray(chord, np.float32),
    }


@pytest.mark.parametrize("sound", _sounds())
def test_what_is_no_speech_never_reaches_the_engine(routes: Routes, engine: Logged, sound: str) -> None:
    call = Call(routes)
    call.hear(_sounds()[sound])
    call.flush()
    assert call.final().text == ""
    assert engine.batches == []


def _melody(seconds: float, overtones: int, pitch: float, plucked: bool, noise: float) -> NDArray[np.float32]:
    """Notes one after the other, each swelling like a sung vowel or plucked: their level is that of speech."""
    at = np.arange(int(seconds * 16_000)) / 16_000
    shape = np.minimum(1, at * 100) * np.exp(-4 * at) if plucked else np.hanning(len(at))
    notes = [
        sum(np.sin(2 * np.pi * pitch * note * part * at) / part for part in range(1, overtones + 1)) * shape
        for note in (262, 294, 330, 349, 392, 440, 494, 523) * 2
    ]
    sound = np.concatenate(notes) * 0.15
    return np.asarray(sound + np.random.default_rng(1).normal(0, noise, len(sound)), np.float32)


MELODIES = {
    "sung": _melody(0.35, 4, 1.0, plucked=False, noise=0.0),
    "sung over noise": _melody(0.35, 4, 1.0, plucked=False, noise=0.01),
    "plucked": _melody(0.35, 3, 1.0, plucked=True, noise=0.0),
    "low": _melody(0.35, 6, 0.5, plucked=False, noise=0.0),
    "high": _melody(0.4, 2, 1.5, plucked=False, noise=0.0),
    "slow": _melody(0.7, 4, 1.0, plucked=False, noise=0.0),
    "fast": _melody(0.18, 4, 1.0, plucked=False, noise=0.0),
}


@pytest.mark.parametrize("melody", MELODIES)
def test_a_melody_gives_no_words(routes: Routes, engine: Logged, melody: str) -> None:
    """The recogniser makes sentences of most of these, so it is not asked: no voice is found in them."""
    utterance = Utterance(0)
    utterance.append(MELODIES[melody])
    clip = utterance.clip()
    assert is_speech(clip.samples, clip.levels, clip.voiced), "the level alone would tell"
    call = Call(routes)
    call.hear(MELODIES[melody])
    call.flush()
    assert {answer.text for answer in [*call.answers, call.final()]} == {""}
    assert engine.batches == []


@pytest.mark.parametrize("melody", MELODIES)
def test_speech_over_a_melody_is_heard(routes: Routes, melody: str) -> None:
    speech = said(SENTENCES[0])
    call = Call(routes)
    call.hear(speech + 0.2 * np.resize(MELODIES[melody], len(speech)))
    call.flush()
    assert error_rate(SENTENCES[0], call.final().text) <= 0.2


CREDITS = (
    "© transcript Emily Beynon",
    "Subtitles by the Amara.org community",
    "Transcription by CastingWords",
    "Untertitel der Amara.org-Community",
    "Untertitel im Auftrag des ZDF für funk, 2017",
    "Sous-titrage Société Radio-Canada",
    "Sous-titres réalisés par la communauté d'Amara.org",
    "Subtítulos por la comunidad de Amara.org",
    "Sottotitoli e revisione a cura di QTSS",
    "Legendas pela comunidade Amara.org",
    "字幕由Amara.org社区提供",
    "字幕志愿者 杨茜茜",
    "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
)


@pytest.mark.parametrize("line", CREDITS)
def test_credits_are_no_words_of_a_caller(line: str) -> None:
    assert believed(Hypothesis(line, no_speech=0.0, confidence=-0.1), 3.0) == ""
    assert believed(Hypothesis(f"Good morning. {line}.", no_speech=0.0, confidence=-0.1), 3.0) == "Good morning."


@pytest.mark.parametrize(
    "line",
    [
        "The subtitles by your player are too small.",
        "Transcripts from last year are missing.",
        "Captions by email, please.",
        "My address is www.lumen.com",
        "Untertitel der Sendung fehlen.",
        "¿Tiene subtítulos por defecto?",
        "字幕はありますか。",
        "Thank you for watching my dog.",
    ],
)
def test_what_callers_say_of_subtitles_and_thanks_is_kept(line: str) -> None:
    assert believed(Hypothesis(line, no_speech=0.25, confidence=-0.4), 3.0) == line


@pytest.mark.parametrize(
    "line",
    [
        "Thank you for watching!",
        "Vielen Dank fürs Zuschauen.",
        "Merci d'avoir regardé cette vidéo !",
        "¡Gracias por ver el video!",
        "Grazie per la visione.",
        "Obrigado por assistir.",
        "ご視聴ありがとうございました",
        "感谢观看",
        "देखने के लिए धन्यवाद।",
    ],
)
def test_the_end_of_a_video_is_believed_only_without_doubt(line: str) -> None:
    assert believed(Hypothesis(line, no_speech=0.25, confidence=-0.4), 3.0) == ""
    assert believed(Hypothesis(line, no_speech=0.02, confidence=-0.2), 3.0) == line


@pytest.mark.parametrize(
    ("hypothesis", "voiced_seconds", "text"),
    [
        (Hypothesis("Thank you for watching.", no_speech=0.9), 1.0, ""),
        (Hypothesis("Thank you for watching.", no_speech=0.1), 1.0, "Thank you for watching."),
        (Hypothesis("Yes.", no_speech=None), 0.2, "Yes."),
        (Hypothesis("I would like to tell you everything about my week."), 0.2, ""),
        (Hypothesis("I see. " * 12), 9.0, "I see."),
        (Hypothesis("so so so so so", overran=True), 2.0, "so"),
        (Hypothesis("♪ [MUSIC] ♪"), 3.0, ""),
    ],
)
def test_what_cannot_have_been_said_is_taken_back(hypothesis: Hypothesis, voiced_seconds: float, text: str) -> None:
    assert believed(hypothesis, voiced_seconds) == text


def test_after_its_time_limit_a_reading_is_what_was_heard_by_then(engine: Logged) -> None:
    utterance = Utterance(0)
    utterance.append(said(SENTENCES[1]))
    reading = Transcription(utterance, lambda: False, limit_seconds=0.0)
    speech = reading.speech()
    assert speech is not None
    (hypothesis,) = [each[1] for each in engine.decode([speech]) if each is not None]
    reading.take(hypothesis)
    assert hypothesis.stopped
    assert reading.over
    assert reading.reading is not None
    assert len(reading.reading.text) < len(SENTENCES[1]) / 2


TERMS = ("Callbox", "Grafana", "Aerothane", "Lumiflex", "Okonkwo", "Voltarix", "Ellsworth", "Delacroix", "Penhaligon")


@pytest.mark.parametrize(
    ("sentence", "term"),
    [
        ("I bought it from Callbox last year.", "Callbox"),
        ("We use Kubernetes and Grafana at work.", "Grafana"),
        ("The Aerothane jacket is too small.", "Aerothane"),
    ],
)
def test_a_name_that_is_misheard_is_heard_with_the_hint(routes: Routes, sentence: str, term: str) -> None:
    without, hinted = Call(routes), Call(routes)
    hinted.listener.expect("en", TERMS)
    for call in (without, hinted):
        call.hear(np.concatenate([said(sentence), silence(0.2)]))
        call.flush()
    assert term not in without.final().text
    assert term in hinted.final().text
    assert len(hinted.final().text.split()) == len(sentence.split())
    assert (without.final().biased, hinted.final().biased) == (False, True)


@pytest.mark.parametrize(
    "sentence",
    [
        *SENTENCES,
        "We called the box office and they said the cabaret is full.",
        "My neighbour went to see your grandfather.",
        "Give me a full box of flexible lamps.",
    ],
)
def test_no_hint_makes_words_that_were_not_said(engine: Logged, sentence: str) -> None:
    clip = said(sentence)
    texts = [
        hypothesis.text
        for terms in ((), TERMS)
        for _, hypothesis in [each for each in engine.decode([Speech(clip, keyterms=terms)]) if each is not None]
    ]
    assert texts[0] == texts[1]


def test_a_language_that_nobody_hears_is_named(routes: Routes) -> None:
    listener = Listener(routes)
    for language in ("es", "auto"):
        with pytest.raises(UnservedLanguage, match="served: en"):
            listener.expect(language)


class Elsewhere(Logged):
    """A stand-in for an engine of other languages: it hears English, and says that it was what it is told to."""

    name = "elsewhere"
    languages: tuple[str, ...] = ("es", "en")
    can_detect = True
    can_bias = False

    def __init__(self) -> None:
        super().__init__()
        self.detects = "en"

    def decode(self, batch: Sequence[Speech]) -> Iterator[tuple[int, Hypothesis] | None]:
        for each in super().decode(batch):
            if each is None:
                yield None
            else:
                yield each[0], Hypothesis(each[1].text, language=self.detects, words=(("word", 0.5, 1.0),))


@pytest.mark.parametrize(("detects", "then"), [("en", "moonshine"), ("es", "elsewhere"), ("xx", "elsewhere")])
def test_what_is_detected_decides_who_hears_the_rest(engine: Logged, detects: str, then: str) -> None:
    detector = Elsewhere()
    detector.detects = detects
    pools = [Workers(engine, 1), Workers(detector, 1)]
    try:
        call = Call(Routes(pools))
        call.listener.expect("auto")
        engine.batches.clear()
        for number, sentence in enumerate(SENTENCES[:2]):
            call.hear(np.concatenate([said(sentence), silence(0.2)]))
            call.flush()
            deadline = time.monotonic() + _SECONDS
            while sum(each.kind == KIND_FINAL for each in call.answers) <= number:
                assert time.monotonic() < deadline
                time.sleep(0.01)
    finally:
        for pool in pools:
            pool.close()
    finals = [each for each in call.answers if each.kind == KIND_FINAL]
    assert finals[0].language == detects
    assert bool(engine.batches) == (then == "moonshine")
    # Words have the seconds of the utterance: the clip begins 0.2 s before the first sound.
    assert json.loads(json.dumps(finals[0].words))[0][0] == "word"
    assert 0.5 <= finals[0].words[0][1] <= 0.9


def test_recorded_speech_is_heard_right_through_it_all(routes: Routes) -> None:
    samples, text = recorded("quick_brown_fox")
    call = Call(routes)
    call.hear(samples)
    call.flush()
    assert error_rate(text, call.final().text) <= 0.1
