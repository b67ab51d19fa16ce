"""Splits the latency of a turn into parts."""

from dataclasses import dataclass, field

from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.times import duration

PARTS = ("end_of_turn", "final_transcript", "first_token", "first_audio", "playout")


@dataclass
class Waterfall:
    """The times at which the parts of one turn ended, in seconds since the epoch.

    A part can end before the part that precedes it in `PARTS`: then it was done ahead of time.
    """

    speech_end: float = 0.0
    moments: dict[str, float] = field(default_factory=dict)

    def reached(self, part: str, moment: float) -> None:
        """Records when a part was done, the first time only."""
        self.moments.setdefault(part, moment)

    def parts(self) -> dict[str, float]:
        """Seconds of each part, from the end of the part before, so that they add up.

        A part that was done ahead of time counts 0.
        """
        at, result = self.speech_end, {}
        for part in PARTS:
            done = max(at, self.moments.get(part, at))
            result[part], at = done - at, done
        return result

    def message(self) -> pb.LatencyParts:
        """The parts as a message for the history."""
        return pb.LatencyParts(**{part: duration(seconds) for part, seconds in self.parts().items()})
