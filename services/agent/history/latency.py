"""Where the time of a turn went."""

from dataclasses import dataclass, field

from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.times import duration

PARTS = ("end_of_turn", "final_transcript", "first_token", "first_audio", "playout")


@dataclass
class Waterfall:
    """Moments of one turn, in seconds since the epoch, by the parts that they end.

    One may lie before the one that it follows in `PARTS`: it was done ahead of time.
    """

    speech_end: float = 0.0
    moments: dict[str, float] = field(default_factory=dict)

    def reached(self, part: str, moment: float) -> None:
        """Notes when a part was done, the first time only."""
        self.moments.setdefault(part, moment)

    def parts(self) -> dict[str, float]:
        """Seconds of each part, from where the one before ended, so that they add up.

        What was done ahead of time counts 0.
        """
        at, result = self.speech_end, {}
        for part in PARTS:
            done = max(at, self.moments.get(part, at))
            result[part], at = done - at, done
        return result

    def message(self) -> pb.LatencyParts:
        """The parts as they stand in the history."""
        return pb.LatencyParts(**{part: duration(seconds) for part, seconds in self.parts().items()})
