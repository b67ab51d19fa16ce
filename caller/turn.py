"""One turn of a call: what was said, heard and answered, and its latency by parts."""

from dataclasses import dataclass, field
from typing import Any

from caller.messages import PARTS, Waterfall
from caller.waveform import Segment

UPLINK, DOWNLINK = "uplink", "downlink"


@dataclass(frozen=True)
class Turn:
    """A line and its answer.

    said: the text or the file's name. spoken: the line as sent, in unix time. heard: the agent's transcripts of it, one
    for each turn that the agent divided it into. replies: texts of the agent. answer: the first sound after the line.
    parts: milliseconds.
    """

    said: str
    spoken: Segment
    heard: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()
    answer: Segment | None = None
    waterfall: Waterfall | None = None
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def voice_to_voice_ms(self) -> float | None:
        """From the last audible sample sent to the first audible sample received."""
        return None if self.answer is None else (self.answer.start - self.spoken.end) * 1000.0

    def as_json(self) -> dict[str, Any]:
        """The turn as `--json` prints it."""
        whole = self.voice_to_voice_ms
        return {
            "said": self.said,
            "heard": " ".join(self.heard),
            "reply": " ".join(self.replies),
            "voice_to_voice_ms": None if whole is None else round(whole, 1),
            "parts": {name: round(ms, 1) for name, ms in self.parts.items()},
        }


def parts_of(spoken: Segment, answer: Segment | None, waterfall: Waterfall | None, one_clock: bool) -> dict[str, float]:
    """Parts of a turn's latency in milliseconds, in their order in time.

    one_clock: caller and worker are on one machine. Then uplink and downlink are known, too, and all parts add up to
    voice-to-voice. If something else, such as a filler, was heard before the answer, downlink is left out.
    """
    if waterfall is None:
        return {}
    own = {name: waterfall.parts[name] for name in PARTS}
    if not one_clock or answer is None:
        return own
    there = {UPLINK: (waterfall.speech_end - spoken.end) * 1000.0, **own}
    downlink = (answer.start - waterfall.first_frame) * 1000.0
    return there if downlink < 0 else {**there, DOWNLINK: downlink}
