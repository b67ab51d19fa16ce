"""Which engine hears which language."""

from collections.abc import Sequence

from services.inference.engines.recogniser import AUTO
from services.inference.hearing.workers import Workers


class UnservedLanguage(ValueError):
    """No engine hears the language; the message names those that are heard."""


class Routes:
    """The engines of one server, each behind its threads; the first that hears a language is the one for it."""

    def __init__(self, pools: Sequence[Workers]) -> None:
        self._pools = tuple(pools)

    def of(self, language: str) -> Workers:
        """The threads for a primary tag or AUTO. Raises UnservedLanguage."""
        for pool in self._pools:
            if language in pool.engine.languages or (language == AUTO and pool.engine.can_detect):
                return pool
        served = sorted({tag for pool in self._pools for tag in pool.engine.languages})
        raise UnservedLanguage(f"language {language!r} is not served by this recogniser; served: {', '.join(served)}")

    @property
    def usual(self) -> str:
        """The language of a call that names none: English where it is served."""
        return "en" if self.serves("en") else self._pools[0].engine.languages[0]

    def serves(self, language: str) -> bool:
        """Whether an engine hears a primary tag."""
        return any(language in pool.engine.languages for pool in self._pools)

    def close(self) -> None:
        """Stop the threads and give the engines' memory back."""
        for pool in self._pools:
            pool.close()
            pool.engine.close()
