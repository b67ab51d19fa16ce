"""What every engine of speech recognition is to those who use it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ: Final = 16_000
AUTO: Final = "auto"
# BCP-47's tag for a language that nobody can tell.
UNDETERMINED: Final = "und"


def never() -> bool:
    """For work that nobody stops."""
    return False


@dataclass(frozen=True, slots=True)
class Speech:
    """One clip to be heard.

    samples: float32 [n] mono at 16 kHz in -1..1, at least 1 and at most the engine's `max_seconds`; language: primary
    BCP-47 tag, or AUTO where the engine detects; draft: tokens of an earlier hypothesis of the same clip, () for none;
    keyterms: words to lean towards; timed: whether words with times are wanted, which costs a tenth more; should_stop:
    asked between passes, may be called from the engine's thread only.
    """

    samples: NDArray[np.float32]
    language: str = "en"
    draft: tuple[int, ...] = ()
    keyterms: tuple[str, ...] = ()
    timed: bool = False
    should_stop: Callable[[], bool] = never


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the engine heard in one clip.

    tokens: to be handed back as the next draft; language: primary tag it was heard in, UNDETERMINED where AUTO was
    asked and the clip does not tell; stopped: `should_stop` was true, the text is what there was by then; overran:
    decoding hit its limit of length or runs in a loop; no_speech: probability 0..1 that nobody spoke; confidence: mean
    log-probability of a token, both None where the engine has none; words: (word, start, end) in seconds of the clip.
    """

    text: str
    tokens: tuple[int, ...] = ()
    language: str = "en"
    stopped: bool = False
    overran: bool = False
    no_speech: float | None = None
    confidence: float | None = None
    words: tuple[tuple[str, float, float], ...] = ()


def check_lengths(batch: Sequence[Speech], max_seconds: float) -> None:
    """Raise ValueError for a clip that is empty or too long."""
    for speech in batch:
        if not 0 < len(speech.samples) <= max_seconds * SAMPLE_RATE_HZ:
            raise ValueError(f"a clip must have 1 sample to {max_seconds:.0f} s, got {len(speech.samples)} samples")


class Recogniser(Protocol):
    """An engine that hears clips of different calls at once. `decode` may be called from several threads.

    languages: primary tags served; can_bias: whether keyterms change what is heard; can_detect: whether AUTO is served;
    max_seconds: longest clip; max_batch: most clips of one `decode`.
    """

    name: str
    languages: tuple[str, ...]
    can_bias: bool
    can_detect: bool
    max_seconds: float
    max_batch: int

    def warm_up(self) -> None:
        """Run once, so that the first real clip is not the slow one."""

    def decode(self, batch: Sequence[Speech]) -> Iterator[tuple[int, Hypothesis] | None]:
        """Hear 1 to `max_batch` clips together.

        Yields each clip's place in the batch with its hypothesis, once, as soon as it is done; and None between passes,
        where the caller may do what is more urgent. Raises ValueError for a clip that is empty or too long.
        """

    def close(self) -> None:
        """Give the weights' memory back; the object is of no use afterwards."""
