"""What the recognition of a call does with its recogniser: flushes, refusals and lost streams, in virtual time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import stt
from numpy.typing import NDArray

from services.agent.audio.activity import VoiceActivity
from services.agent.speech import pauses
from services.agent.speech.engine import Ask, EngineError, RecogniserStream, Refused, Samples, StreamExpired, Transcript
from services.agent.speech.hearing import Hearing, HearingStream
from services.agent.speech.pauses import SAMPLE_RATE_HZ, WINDOW_SECONDS, Mark, PauseDetector
from services.agent.speech.pool import Pool
from services.agent.speech.route import Candidate, Part, Route
from services.kit.catalogue import Entry

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]

WINDOW_SAMPLES = round(WINDOW_SECONDS * SAMPLE_RATE_HZ)


class Scripted:
    """Windows whose probability of speech is the value of their samples, in hundredths."""

    def push(self, samples: NDArray[np.int16]) -> Iterator[float]:
        for start in range(0, samples.size, WINDOW_SAMPLES):
            yield float(samples[start]) / 100

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def scripted_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "Windows", Scripted)
    monkeypatch.setattr("services.agent.audio.activity.Windows", Scripted)


def window(probability: float) -> NDArray[np.int16]:
    return np.full(WINDOW_SAMPLES, round(probability * 100), np.int16)


@dataclass
class Recogniser:
    """A stream to a recogniser that fails with `fault` at its first reply, or answers each flush with `text`.

    late: a partial of the same utterance follows its final.
    """

    fault: EngineError | None = None
    text: str = "hello"
    mute: bool = False
    late: bool = False
    broken: bool = False
    asked: list[tuple[int, Ask]] = field(default_factory=list)
    _replies: asyncio.Queue[Transcript | EngineError] = field(default_factory=asyncio.Queue)

    def send(self, audio: Sequence[Samples], ask: Ask = Ask.NOTHING) -> str:
        self.asked.append((sum(part.size for part in audio), ask))
        number = str(len(self.asked))
        if ask is Ask.FINAL and not self.mute:
            self._replies.put_nowait(Transcript(self.text, ask, number, 1.0))
            if self.late:
                self._replies.put_nowait(Transcript(self.text, Ask.NOTHING, str(len(self.asked) - 1), 1.0))
        if self.mute and len(self.asked) > 1 and self.asked[-2][1] is Ask.FINAL:
            self._replies.put_nowait(StreamExpired("sequence_lost: the server holds no state"))
        return number

    async def replies(self) -> AsyncIterator[Transcript]:
        if self.fault is not None:
            raise self.fault
        while True:
            reply = await self._replies.get()
            if isinstance(reply, EngineError):
                raise reply
            yield reply

    def close(self) -> None:
        self.broken = True


@dataclass
class Scene:
    """A call's recognition. streams: what each opened stream does; after the last one, streams are as it."""

    streams: list[Recogniser]
    opened: list[tuple[float, Recogniser]] = field(default_factory=list)

    def _open(self, _: str) -> Recogniser:
        assert len(self.opened) < 100, "the recogniser is asked without a pause"
        following = self.streams[min(len(self.opened), len(self.streams) - 1)]
        stream = Recogniser(following.fault, following.text, following.mute, following.late)
        self.opened.append((asyncio.get_running_loop().time(), stream))
        return stream

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[HearingStream]:
        entry = Entry(name="ear", pool="p", model="m", provider="own", languages=("en",), licence="MIT")
        candidate: Candidate[RecogniserStream] = Candidate(
            entry, Pool(("a:1",), clock=asyncio.get_running_loop().time), self._open
        )
        hearing = Hearing(Route(Part.STT, [candidate], lambda *_: None), "en")
        stream = hearing.stream()
        try:
            yield stream
        finally:
            await stream.aclose()


async def hear(stream: HearingStream, *probabilities: float) -> None:
    """A window of audio for each probability, in real time."""
    for probability in probabilities:
        samples = window(probability)
        stream.push_frame(rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE_HZ, 1, samples.size))
        await asyncio.sleep(WINDOW_SECONDS)


async def final(stream: HearingStream) -> str:
    async with asyncio.timeout(10):
        async for event in stream:
            if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                return event.alternatives[0].text
    raise AssertionError("the stream ended")


@pytest.mark.parametrize(
    ("probabilities", "opens"),
    [
        ((0.9, 0.9), True),
        ((0.5, 0.5), True),
        ((0.9, 0.4, 0.9, 0.4), False),
        ((0.9, 0.1, 0.9, 0.1), False),
        ((0.47, 0.47), False),
    ],
)
async def test_an_utterance_opens_where_the_voice_activity_detection_starts_a_turn(
    probabilities: tuple[float, ...], opens: bool
) -> None:
    detector = PauseDetector(0.096)
    marks = [mark for each in probabilities for mark in detector.push(window(each))]
    activity = VoiceActivity(0.28).stream()
    for each in probabilities:
        activity.push_frame(rtc.AudioFrame(window(each).tobytes(), SAMPLE_RATE_HZ, 1, WINDOW_SAMPLES))
    activity.end_input()
    kinds = [event.type.value async for event in activity]
    await activity.aclose()
    assert (Mark.SPEECH in marks, "start_of_speech" in kinds) == (opens, opens)


async def test_an_utterance_that_the_turn_does_not_flush_is_flushed_after_three_seconds() -> None:
    scene = Scene([Recogniser(text="yes")])
    async with scene.listening() as stream:
        await hear(stream, 0.9, 0.9, *[0.0] * round(2.9 / WINDOW_SECONDS))
        ((_, recogniser),) = scene.opened
        assert Ask.FINAL not in [ask for _, ask in recogniser.asked]
        await hear(stream, *[0.0] * round(0.4 / WINDOW_SECONDS))
        assert await final(stream) == "yes"
        assert [ask for _, ask in recogniser.asked].count(Ask.FINAL) == 1


@pytest.mark.parametrize("fault", [Refused("no such model"), EngineError("raised"), StreamExpired("sequence_lost:")])
async def test_a_recogniser_that_refuses_its_first_request_is_asked_again_with_pauses(fault: EngineError) -> None:
    scene = Scene([Recogniser(fault)])
    async with scene.listening() as stream:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 60)
        times = [at for at, _ in scene.opened]
        gaps = np.diff(times)
        assert len(times) <= 24, "0.25, 0.5, 1 and 2 s, then 4 s, each up to a quarter shorter"
        assert gaps.max() <= 6.0, "at most 5 s, and a pause of the route"
        assert len({round(gap, 3) for gap in gaps[-4:]}) > 1, "the pauses have a random part"


async def test_a_final_that_the_recogniser_has_lost_is_asked_for_again() -> None:
    """The recogniser's process was restarted: it never answers the flush, and does not know the next request."""
    scene = Scene([Recogniser(mute=True), Recogniser(text="hello")])
    async with scene.listening() as stream:
        await hear(stream, 0.9, 0.9, 0.0, 0.0, 0.0)
        began = asyncio.get_running_loop().time()
        stream.flush()
        assert await final(stream) == "hello"
        assert asyncio.get_running_loop().time() - began < 3.0
        assert sum(size for size, _ in scene.opened[1][1].asked) == 5 * WINDOW_SAMPLES, "the whole utterance"


async def test_a_partial_that_follows_its_final_is_not_the_start_of_another_turn() -> None:
    """Such a partial once stood in the history as a turn that nobody had said, at the end of the call."""
    scene = Scene([Recogniser(text="hello", late=True)])
    async with scene.listening() as stream:
        await hear(stream, 0.9, 0.9, 0.0, 0.0, 0.0)
        stream.flush()
        assert await final(stream) == "hello"
        assert (await anext(stream)).type is stt.SpeechEventType.RECOGNITION_USAGE
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 1.0)
