"""The voice catalogue: all voices and recognisers, by the public names that clients use.

The model of the TOML file that `CALLBOX_CATALOGUE` names; `services.kit.catalogue_file` reads it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.kit.languages import LanguageTag, lookup

# Audio formats that browsers play.
SAMPLE_TYPES = {".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".wav": "audio/wav"}


def _endpoint(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError('must be "host:port"')
    return text


def _sample(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or path.suffix not in SAMPLE_TYPES:
        raise ValueError(f"must be a file beside the catalogue, one of *{', *'.join(SAMPLE_TYPES)}")
    return text


# Names are used in URLs and file names.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Words = Annotated[str, Field(min_length=1, max_length=200)]


class Item(BaseModel):
    """Base of all parts of the catalogue: frozen, and unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Pool(Item):
    """Servers that run speech engines.

    endpoints: `host:port`; a Triton pool without any uses the worker's `CALLBOX_TRITON_ADDRESS`.
    metadata_file: lines of `name: value`, such as the authorisation, sent with every request; beside the catalogue.
    function_id: of a function hosted by NVIDIA.
    """

    protocol: Literal["triton", "riva"]
    endpoints: Annotated[tuple[Annotated[str, AfterValidator(_endpoint)], ...], Field(max_length=64)] = ()
    tls: bool = False
    metadata_file: str = ""
    function_id: str = ""


class Entry(Item):
    """Fields that recognisers and voices share.

    model: name of the model on the server. languages: BCP-47 tags, matched by RFC 4647 lookup.
    fallback: name of the entry that serves a call if this one's pool fails.
    """

    name: Name
    aliases: Annotated[tuple[Name, ...], Field(max_length=32)] = ()
    pool: Name
    model: Words
    provider: Name
    languages: Annotated[tuple[LanguageTag, ...], Field(min_length=1, max_length=200)]
    licence: Words
    fallback: str = ""

    def serving(self, tag: str) -> str | None:
        """The language of this entry that matches a tag; None if there is none."""
        return lookup(tag, self.languages)


class Recogniser(Entry):
    """A speech recogniser.

    engine: name of one of the model's engines; empty: the first that supports the language. keyterms: whether it takes
    a list of words to expect.
    """

    engine: Annotated[str, Field(max_length=100)] = ""
    keyterms: bool = False


class Voice(Entry):
    """A voice.

    title: shown to people. voice: its name in the model. can_clone: can imitate a recording. can_match: can mix its
    engine's voices to resemble a recording. sample: file beside the catalogue; empty for none.
    """

    title: Words
    voice: Words
    sample_rate_hz: Annotated[int, Field(ge=8_000, le=48_000)]
    can_clone: bool = False
    can_match: bool = False
    sample: Annotated[str, Field(max_length=200), AfterValidator(lambda text: _sample(text) if text else text)] = ""

    @property
    def takes_recordings(self) -> bool:
        """Whether it uses a reference recording."""
        return self.can_clone or self.can_match


class Default(Item):
    """Names of the voice and recogniser for a language, if a call names none."""

    voice: Name
    recogniser: Name


class Catalogue(Item):
    """All pools, recognisers and voices.

    denoise: the Triton pool that suppresses noise; empty for none. defaults: by language; these are the languages that
    calls may have.
    """

    denoise: str = ""
    pools: dict[Name, Pool]
    recognisers: Annotated[tuple[Recogniser, ...], Field(min_length=1, max_length=1_000)]
    voices: Annotated[tuple[Voice, ...], Field(min_length=1, max_length=1_000)]
    defaults: Annotated[dict[LanguageTag, Default], Field(min_length=1)]

    @cached_property
    def languages(self) -> list[str]:
        """Languages that calls may have."""
        return sorted(self.defaults)

    def default(self, tag: str) -> Default | None:
        """The default voice and recogniser of a language; None if the language is not served."""
        language = lookup(tag, self.defaults)
        return self.defaults[language] if language else None

    def voice(self, name: str) -> Voice | None:
        """The voice with this name or alias."""
        return find(name, self.voices)

    def recogniser(self, name: str) -> Recogniser | None:
        """The recogniser with this name or alias."""
        return find(name, self.recognisers)


E = TypeVar("E", bound=Entry)


def find(name: str, entries: Iterable[E]) -> E | None:
    """The entry with this name or alias."""
    return next((entry for entry in entries if name == entry.name or name in entry.aliases), None)


def speaking(tag: str, entries: Iterable[E]) -> list[E]:
    """The entries that serve a language: the most exact match first, else in the order of the catalogue."""
    return sorted((entry for entry in entries if entry.serving(tag)), key=lambda entry: -len(entry.serving(tag) or ""))


def fallbacks(entry: E, entries: Sequence[E]) -> Iterator[E]:
    """The fallbacks of an entry, in order. Expects a catalogue without circular fallbacks."""
    while following := find(entry.fallback, entries):
        yield following
        entry = following


def faults(catalogue: Catalogue) -> Iterator[str]:
    """Inconsistencies between entries, each as a sentence that names the entry and what to do."""
    for name, pool in catalogue.pools.items():
        if pool.protocol == "riva" and not pool.endpoints:
            yield f"[pools.{name}] has no endpoints; list at least one host:port of Riva."
    if catalogue.denoise and getattr(catalogue.pools.get(catalogue.denoise), "protocol", "") != "triton":
        yield f'denoise "{catalogue.denoise}" is no pool of protocol "triton" in [pools]; name one or leave it out.'
    for kind, entries in (("recognisers", catalogue.recognisers), ("voices", catalogue.voices)):
        yield from _name_faults(kind, entries)
        for entry in entries:
            yield from _entry_faults(kind, entry, entries, catalogue)
    for tag, default in catalogue.defaults.items():
        yield from _default_faults(f"[defaults.{tag}] voice", tag, default.voice, catalogue.voices)
        yield from _default_faults(f"[defaults.{tag}] recogniser", tag, default.recogniser, catalogue.recognisers)
    for voice in catalogue.voices:
        for tag in voice.languages:
            if catalogue.default(tag) is None:
                yield (
                    f'[[voices]] "{voice.name}" speaks {tag}, which has no default; add [defaults.{tag}] '
                    "with a voice and a recogniser."
                )


def _name_faults(kind: str, entries: Sequence[Entry]) -> Iterator[str]:
    counted = Counter(name for entry in entries for name in (entry.name, *entry.aliases))
    for name, times in counted.items():
        if times > 1:
            owners = ", ".join(f'"{entry.name}"' for entry in entries if name in (entry.name, *entry.aliases))
            yield f'[[{kind}]] "{name}" is a name or alias {times} times (of {owners}); keep one of them.'


def _entry_faults(kind: str, entry: Entry, entries: Sequence[Entry], catalogue: Catalogue) -> Iterator[str]:
    here = f'[[{kind}]] "{entry.name}"'
    if entry.pool not in catalogue.pools:
        yield f'{here}: pool "{entry.pool}" is unknown; name one of {", ".join(catalogue.pools)}, or add it to [pools].'
    if not entry.fallback:
        return
    following = next((other for other in entries if other.name == entry.fallback), None)
    if following is None:
        yield f'{here}: fallback "{entry.fallback}" is the name of none of [[{kind}]]; correct it or leave it out.'
        return
    if not any(following.serving(tag) for tag in entry.languages):
        yield f'{here}: fallback "{entry.fallback}" shares no language with it; choose another or leave it out.'
    passed = [entry.name]
    while following is not None and following.name not in passed:
        passed.append(following.name)
        name = following.fallback
        following = next((other for other in entries if name and other.name == name), None)
    if following is not None and following.name == entry.name:
        yield f"{here}: fallbacks run in a circle ({' → '.join([*passed, entry.name])}); leave one of them out."


def _default_faults(here: str, tag: str, name: str, entries: Sequence[Entry]) -> Iterator[str]:
    entry = next((entry for entry in entries if entry.name == name), None)
    if entry is None:
        yield f'{here}: "{name}" is the name of none; name one of the catalogue, not by an alias.'
    elif entry.serving(tag) is None:
        yield f'{here}: "{name}" does not serve {tag}, only {", ".join(entry.languages)}; name one that does.'
