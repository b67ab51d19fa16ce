"""The audio of a caller between two final transcripts, kept until it is recognised."""

from collections import deque
from dataclasses import dataclass, field

from services.agent.speech.engine import Samples
from services.agent.speech.pauses import SAMPLE_RATE_HZ

# Longest audio kept for sending again. Older audio of the same utterance is in the partial transcripts.
_MAX_KEPT_SAMPLES = SAMPLE_RATE_HZ * 30
# Requests of about 10 s. A partial transcript that comes later is not used.
_MAX_REQUESTS = 100


@dataclass(eq=False)
class Utterance:
    """The caller's audio since the last final transcript.

    request_ids: of the newest requests. flushed_at: loop time; 0 while the utterance continues. quiet_samples: since
    the last speech. failed: every engine failed on it.
    """

    kept: deque[Samples] = field(default_factory=deque)
    kept_samples: int = 0
    unsent: list[Samples] = field(default_factory=list)
    unsent_samples: int = 0
    open: bool = False
    request_ids: deque[str] = field(default_factory=lambda: deque(maxlen=_MAX_REQUESTS))
    pause_id: str = ""
    flush_id: str = ""
    flushed_at: float = 0.0
    told_seconds: float = 0.0
    quiet_samples: int = 0
    failed: bool = False

    def add(self, samples: Samples) -> None:
        """Appends audio."""
        self.kept.append(samples)
        self.unsent.append(samples)
        self.kept_samples += samples.size
        self.unsent_samples += samples.size
        while self.kept_samples > _MAX_KEPT_SAMPLES:
            self.kept_samples -= self.kept.popleft().size

    def take_unsent(self) -> list[Samples]:
        """Returns the unsent audio and marks it as sent."""
        packet, self.unsent, self.unsent_samples = self.unsent, [], 0
        return packet

    def forget(self) -> None:
        """Drops the audio so far."""
        self.kept.clear()
        self.kept_samples = 0
        self.take_unsent()

    def rewind(self) -> None:
        """Marks all kept audio as unsent."""
        self.unsent, self.unsent_samples = list(self.kept), self.kept_samples
