"""The worker's own hearing and speaking on real servers, without a call around them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import stt
from numpy.typing import NDArray

from services.agent.call.engines import SpeechEngines
from services.agent.speech.hearing import Hearing, HearingStream
from services.agent.speech.route import Part, Step
from services.agent.speech.speaking import Speaking
from services.kit.catalogue import Catalogue

RATE_HZ = 16_000
FRAME_SAMPLES = RATE_HZ // 50
SILENT_SECONDS = 0.4

# Engines of the `cpu` profile and of the stand-in for Riva, whose model says nothing.
ENGINES = {
    "triton": {"model": "stt", "provider": "moonshine"},
    "riva": {"model": "stand-in", "provider": "riva"},
}


def catalogue_of(*pools: dict[str, Any], keyterms: bool = False) -> Catalogue:
    """A recogniser and a voice for each pool, each the fallback of the one before. `voice` of a pool is its voice."""
    recognisers, voices = [], []
    for number, pool in enumerate(pools):
        following = {"fallback": f"{{}}-{number + 1}"} if number + 1 < len(pools) else {}
        protocol = pool["protocol"]
        common = {"pool": f"pool-{number}", "languages": ["en-US", "en"], "licence": "MIT"}
        recognisers.append(
            common
            | ENGINES[protocol]
            | {"name": f"ear-{number}", "keyterms": keyterms}
            | {key: value.format("ear") for key, value in following.items()}
        )
        voices.append(
            common
            | {"name": f"voice-{number}", "title": "T", "sample_rate_hz": 24_000, "provider": "hibari", "model": "tts"}
            | {"voice": pool.get("voice", "heart")}
            | {key: value.format("voice") for key, value in following.items()}
        )
    return Catalogue.model_validate(
        {
            "pools": {
                f"pool-{number}": {key: value for key, value in pool.items() if key != "voice"}
                for number, pool in enumerate(pools)
            },
            "recognisers": recognisers,
            "voices": voices,
            "defaults": {"en": {"voice": "voice-0", "recogniser": "ear-0"}},
        }
    )


@dataclass
class Engines:
    """A call's hearing and speaking. told: the steps that history would show."""

    speech: SpeechEngines
    hearing: Hearing
    speaking: Speaking
    told: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def ear(self) -> AsyncIterator["Ear"]:
        """Listens until the block is left."""
        stream = self.hearing.stream()
        try:
            yield Ear(stream)
        finally:
            await stream.aclose()


@contextlib.asynccontextmanager
async def engines(
    catalogue: Catalogue, folder: Path = Path(), keyterms: tuple[str, ...] = ()
) -> AsyncIterator[Engines]:
    """Hearing and speaking by a catalogue."""
    told: list[str] = []

    def tell(part: Part, step: Step, _: str) -> None:
        told.append(f"{part}_{step}")

    speech = SpeechEngines(catalogue, folder, "", tell)
    recognition, voice = speech.recognition("en", keyterms=keyterms), speech.voice("en")
    made = Engines(speech, Hearing(recognition, "en"), Speaking(voice), told)
    made.hearing.on("error", lambda event: made.errors.append(event.error))
    try:
        yield made
    finally:
        await speech.close()


class Ear:
    """What a caller says, in and heard. events: all that came."""

    def __init__(self, stream: HearingStream) -> None:
        self._stream = stream
        self.events: list[stt.SpeechEvent] = []

    async def say(self, samples: NDArray[np.float32], at: float = 2.0, do: Callable[[], object] = lambda: None) -> None:
        """Speaks in real time, followed by a pause; does something at a moment of it."""
        whole = np.concatenate([samples, np.zeros(int(SILENT_SECONDS * RATE_HZ), np.float32)])
        pcm = (whole * 32767).astype(np.int16)
        clock = asyncio.get_running_loop().time
        began, done = clock(), False
        for start in range(0, pcm.size - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            if not done and start >= at * RATE_HZ:
                do()
                done = True
            frame = rtc.AudioFrame(pcm[start : start + FRAME_SAMPLES].tobytes(), RATE_HZ, 1, FRAME_SAMPLES)
            self._stream.push_frame(frame)
            await asyncio.sleep(max(0.0, began + start / RATE_HZ - clock()))

    async def final(self) -> tuple[str, float]:
        """Ends the turn; the final transcript and the seconds it took."""
        clock = asyncio.get_running_loop().time
        began = clock()
        self._stream.flush()
        async for event in self._stream:
            self.events.append(event)
            if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                return event.alternatives[0].text, clock() - began
        raise AssertionError("the stream ended")

    @property
    def kinds(self) -> set[stt.SpeechEventType]:
        return {event.type for event in self.events}
