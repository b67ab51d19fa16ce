"""Masks: what is shown in place of a secret."""

_DOTS = "••••"
_TAIL_CHARACTERS = 4
# The tail of a shorter secret would give away too much of it.
_SHORTEST_WITH_TAIL = 12


def mask(secret: str) -> str:
    """The mask of a secret: four dots, and its last four characters if it is long enough."""
    return _DOTS + (secret[-_TAIL_CHARACTERS:] if len(secret) >= _SHORTEST_WITH_TAIL else "")


def is_mask(text: str) -> bool:
    """Whether a text is the mask of some secret."""
    return text.startswith(_DOTS) and len(text) in (len(_DOTS), len(_DOTS) + _TAIL_CHARACTERS)
