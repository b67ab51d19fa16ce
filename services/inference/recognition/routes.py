"""Selects the recognition engine for a language."""

from collections.abc import Sequence

from services.inference.engines.recogniser import AUTO
from services.inference.recognition.workers import Workers


class UnservedLanguage(ValueError):
    """No engine, or not the requested one, serves the language. The message lists what is served."""


class Routes:
    """The engines of one server, each with its worker threads. The first that serves a language is used for it."""

    def __init__(self, pools: Sequence[Workers]) -> None:
        self._pools = tuple(pools)

    def of(self, language: str, engine: str = "") -> Workers:
        """The workers for a primary tag or AUTO: of the named engine, or of the first that serves it.

        Raises UnservedLanguage.
        """
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
        """The default language of a call: English if it is served, else the first engine's first language."""
        return "en" if self.serves("en") else self._pools[0].engine.languages[0]

    def serves(self, language: str, engine: str = "") -> bool:
        """Whether any engine, or the named one, serves a primary tag."""
        asked = (pool.engine for pool in self._pools if engine in ("", pool.engine.name))
        return any(language in each.languages for each in asked)

    def close(self) -> None:
        """Stop the threads and free the engines' memory."""
        for pool in self._pools:
            pool.close()
            pool.engine.close()
