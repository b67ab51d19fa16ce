"""Voices and recognisers that are installed, by the public names that clients use for them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Engine:
    """One recogniser or voice: its name, other names it answers to, and the BCP-47 ranges it serves."""

    name: str
    aliases: tuple[str, ...]
    languages: tuple[str, ...]
    can_clone: bool = False


RECOGNISERS: tuple[Engine, ...] = (Engine("moonshine-tiny-en", ("whisper-en-large",), ("en",)),)
VOICES: tuple[Engine, ...] = (Engine("hibari-en", ("chatterbox-en-v1",), ("en",)),)


def lookup(tag: str, served: Sequence[str]) -> str | None:
    """The served language that a tag finds by RFC 4647 lookup: the tag itself, else shortened from its end."""
    by_folded = {language.lower(): language for language in served}
    subtags = tag.lower().split("-")
    while subtags:
        if found := by_folded.get("-".join(subtags)):
            return found
        subtags.pop()
        # A single-character subtag introduces what was just cut off.
        if subtags and len(subtags[-1]) == 1:
            subtags.pop()
    return None


def served_languages() -> list[str]:
    """Languages that some voice and some recogniser both serve."""
    heard = {language for engine in RECOGNISERS for language in engine.languages}
    return sorted({language for engine in VOICES for language in engine.languages} & heard)


def find(name: str, engines: Sequence[Engine]) -> Engine | None:
    """The engine of this name or alias."""
    return next((engine for engine in engines if name == engine.name or name in engine.aliases), None)


def for_language(language: str, engines: Sequence[Engine]) -> Engine | None:
    """The first engine that serves a language."""
    return next((engine for engine in engines if language in engine.languages), None)


def names(engines: Sequence[Engine]) -> list[str]:
    """Every name that may be asked for."""
    return [name for engine in engines for name in (engine.name, *engine.aliases)]
