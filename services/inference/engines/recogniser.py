"""The interface of every speech recognition engine."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ: Final = 16_000
AUTO: Final = "auto"
# BCP-47's tag for an undetermined language.
UNDETERMINED: Final = "und"


def never() -> bool:
    """A `should_stop` that never stops the work."""
    return False


@dataclass(frozen=True, slots=True)
class Speech:
    """One clip to recognise.

    samples: float32 [n] mono at 16 kHz in -1..1, at least 1 and at most the engine's `max_seconds`; language: primary
    BCP-47 tag, or AUTO where the engine detects; draft: tokens of an earlier hypothesis of the same clip, () for none;
    keyterms: words to prefer; timed: whether to return words with times, which costs a tenth more; should_stop: asked
    between passes, only from the engine's thread.
    """

    samples: NDArray[np.float32]
    language: str = "en"
    draft: tuple[int, ...] = ()
    keyterms: tuple[str, ...] = ()
    timed: bool = False
    should_stop: Callable[[], bool] = never


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The engine's result for one clip.

    tokens: the next draft of the same clip; language: primary tag of the recognised language, UNDETERMINED when AUTO
    was asked and detection failed; stopped: `should_stop` returned true, the text is incomplete; overran: decoding hit
    its length limit or loops; no_speech: probability 0..1 that nobody spoke; confidence: mean log-probability of a
    token; both are None if the engine does not report them; words: (word, start, end) in seconds of the clip.
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
    """An engine that decodes clips of different calls in one batch. `decode` must be thread-safe.

    languages: primary tags served; can_bias: whether it uses keyterms; can_detect: whether it serves AUTO;
    max_seconds: longest clip; max_batch: most clips of one `decode`.
    """

    name: str
    languages: tuple[str, ...]
    can_bias: bool
    can_detect: bool
    max_seconds: float
    max_batch: int

    def warm_up(self) -> None:
        """Run once, so that the first real clip is not slow."""

    def decode(self, batch: Sequence[Speech]) -> Iterator[tuple[int, Hypothesis] | None]:
        """Recognise 1 to `max_batch` clips together.

        Yields (index in the batch, hypothesis) once for each clip, as soon as it is done; and None between passes, when
        the caller may do more urgent work. Raises ValueError for a clip that is empty or too long.
        """

    def close(self) -> None:
        """Free the weights' memory. The object cannot be used afterwards."""
