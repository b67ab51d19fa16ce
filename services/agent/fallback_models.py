"""The language models that are asked when the first fails, as the setting names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

_MAX_FALLBACKS = 4


@dataclass(frozen=True)
class Fallback:
    """A language model that is asked when those before it fail. url: ends in /v1. key: may be empty."""

    url: str
    model: str
    key: str = ""

    def __repr__(self) -> str:
        return f"Fallback({self.model} at {self.url})"

    @classmethod
    def parse(cls, entries: str) -> tuple[Self, ...]:
        """Reads `URL MODEL` or `URL MODEL KEY`, separated by commas. Raises: ValueError."""
        fallbacks = []
        for entry in filter(None, map(str.strip, entries.split(","))):
            url, model, key = (*entry.split(), "", "", "")[:3]
            if not model or len(entry.split()) > 3 or not url.startswith(("http://", "https://")):
                # The entry may contain a key, so it is not shown.
                raise ValueError("each fallback model must be `URL MODEL` or `URL MODEL KEY`, with commas between them")
            fallbacks.append(cls(url.rstrip("/"), model, key))
        if len(fallbacks) > _MAX_FALLBACKS:
            raise ValueError(f"at most {_MAX_FALLBACKS} fallback models are possible")
        return tuple(fallbacks)


def chosen(names: Sequence[str], configured: Sequence[Fallback]) -> tuple[Fallback, ...]:
    """The configured models of these names, in the order of the names. A name that is not configured has none."""
    return tuple(model for name in dict.fromkeys(names) for model in configured if model.model == name)
