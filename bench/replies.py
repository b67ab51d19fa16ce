"""Texts for the benches to speak: replies of one to three sentences, as an agent gives them."""

import random
from collections.abc import Iterator

from bench.sentences import ENGLISH

_MAX_SENTENCES = 3


def replies(seed: int) -> Iterator[str]:
    """Yields replies without end; the same for the same seed."""
    chance = random.Random(seed)
    while True:
        yield " ".join(chance.sample(ENGLISH, chance.randint(1, _MAX_SENTENCES)))
