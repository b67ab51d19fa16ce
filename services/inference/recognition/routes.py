"""Which engine hears which language."""

from collections.abc import Sequence

from services.inference.engines.recogniser import AUTO
from services.inference.recognition.workers import Workers


class UnservedLanguage(ValueError):
    """No engine, or not the one asked for, hears the language; the message names what would do."""


class Routes:
    """The engines of one server, each behind its threads; the first that hears a language is the one for it."""

    def __init__(self, pools: Sequence[Workers]) -> None:
        self._pools = tuple(pools)

    def of(self, language: str, engine: str = "") -> Workers:
        """The threads for a primary tag or AUTO, of an engine by its name or of the first. Raises UnservedLanguage."""
        asked = [pool for pool in self._pools if engine in ("", pool.engine.name)]
        if not asked:
            names = ", ".join(pool.engine.name for pool in self._pools)
            raise UnservedLanguage(f"engine {engine!r} is not installed; installed: {names}")
        for pool in asked:
            if language in pool.engine.languages or (language == AUTO and pool.engine.can_detect):
                return pool
        served = sorted({tag for pool in asked for tag in pool.engine.languages})
        raise UnservedLanguage(
            f"language {language!r} is not served by {engine or 'this recogniser'}; served: {', '.join(served)}"
        )

    @property
    def usual(self) -> str:
        """The language of a call that names none: English where it is served."""
        return "en" if self.serves("en") else self._pools[0].engine.languages[0]

    def serves(self, language: str, engine: str = "") -> bool:
        """Whether an engine, or the one of that name, hears a primary tag."""
        asked = (pool.engine for pool in self._pools if engine in ("", pool.engine.name))
        return any(language in each.languages for each in asked)

    def close(self) -> None:
        """Stop the threads and give the engines' memory back."""
        for pool in self._pools:
            pool.close()
            pool.engine.close()
