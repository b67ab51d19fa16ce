"""Builds the recognisers, voices and noise suppressor of one call from the catalogue."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

from services.agent.audio.denoise import Denoiser
from services.agent.speech.engine import RecogniserStream, VoiceStream
from services.agent.speech.pool import Pool
from services.agent.speech.route import Candidate, Part, Route, Stream, Tell
from services.agent.speech.wire.channel import access_of
from services.agent.speech.wire.riva import Riva, RivaRecogniser, RivaVoice
from services.agent.speech.wire.triton import Triton
from services.agent.speech.wire.triton_speech import TritonRecogniser, TritonVoice
from services.kit.catalogue import Catalogue, Entry, Recogniser, Voice, fallbacks

# Most engines that are tried for one part of a call: the requested one and its fallbacks.
_MAX_ENGINES = 3
E = TypeVar("E", bound=Entry)
S = TypeVar("S", bound=Stream)


class SpeechEngines:
    """The engines of one call, with a client for each endpoint that it uses.

    folder: of the catalogue's files. own: the endpoint of pools that name none. away: endpoints that do not answer now.
    Raises: CatalogueError.
    """

    def __init__(self, catalogue: Catalogue, folder: Path, own: str, tell: Tell, away: Collection[str] = ()) -> None:
        self._catalogue = catalogue
        self._tell = tell
        self._access = {name: access_of(pool, folder) for name, pool in catalogue.pools.items()}
        self._pools = {name: Pool(pool.endpoints or (own,)) for name, pool in catalogue.pools.items()}
        for pool in self._pools.values():
            for address in away:
                pool.failed(address, lost=True)
        self._routes: list[Route[Any]] = []
        self._tritons: dict[tuple[str, str], Triton] = {}
        self._rivas: dict[tuple[str, str], Riva] = {}
        self._matched: dict[str, str] = {}

    def recognition(self, language: str, name: str = "", keyterms: Sequence[str] = ()) -> Route[RecogniserStream]:
        """The route to a recogniser. language: BCP-47. name: public name; empty for the language's default."""
        found = self._catalogue.recogniser(name) or self._default_recogniser(language)
        entries = _with_fallbacks(found, self._catalogue.recognisers, language)
        candidates = [
            Candidate(entry, self._pools[entry.pool], partial(self._open_recogniser, entry, language, keyterms))
            for entry in entries
        ]
        return self._tracked(Route(Part.STT, candidates, self._tell))

    def voice(self, language: str, name: str = "", *, alone: bool = False) -> Route[VoiceStream]:
        """The route to a voice. language: BCP-47. name: public name; empty for the language's default.

        alone: without its fallbacks.
        """
        found = self._catalogue.voice(name) or self._default_voice(language)
        entries = [found] if alone else _with_fallbacks(found, self._catalogue.voices, language)
        candidates = [
            Candidate(entry, self._pools[entry.pool], partial(self._open_voice, entry, language)) for entry in entries
        ]
        return self._tracked(Route(Part.TTS, candidates, self._tell))

    def plain_voice(self, language: str, name: str = "") -> tuple[Voice, Triton] | None:
        """The call's voice, and the client that matches voices to a recording; None if its pool cannot match."""
        found = self._catalogue.voice(name) or self._default_voice(language)
        if not found.can_match or self._catalogue.pools[found.pool].protocol != "triton":
            return None
        address = self._pools[found.pool].pick(ejected_too=True)
        return (found, self._triton(found.pool, address)) if address else None

    def speak_as(self, voice: Voice, mix: str) -> None:
        """Uses the engine's voice `mix` for this voice of the catalogue, from the next stream on."""
        self._matched[voice.name] = mix

    def denoiser(self) -> Denoiser | None:
        """The noise suppressor; None when the catalogue has none."""
        name = self._catalogue.denoise
        return Denoiser(self._pools[name], partial(self._triton, name), self._tell) if name else None

    async def close(self) -> None:
        """Ends all streams and closes the channels."""
        for route in self._routes:
            route.close()
        clients: list[Triton | Riva] = [*self._tritons.values(), *self._rivas.values()]
        await asyncio.gather(*(client.close() for client in clients))

    def _tracked(self, route: Route[S]) -> Route[S]:
        self._routes.append(route)
        return route

    def _default_recogniser(self, language: str) -> Recogniser:
        default = self._catalogue.default(language) or next(iter(self._catalogue.defaults.values()))
        return self._catalogue.recogniser(default.recogniser) or self._catalogue.recognisers[0]

    def _default_voice(self, language: str) -> Voice:
        default = self._catalogue.default(language) or next(iter(self._catalogue.defaults.values()))
        return self._catalogue.voice(default.voice) or self._catalogue.voices[0]

    def _open_recogniser(
        self, entry: Recogniser, language: str, keyterms: Sequence[str], address: str
    ) -> RecogniserStream:
        hints = keyterms if entry.keyterms else ()
        if self._catalogue.pools[entry.pool].protocol == "triton":
            return TritonRecogniser(self._triton(entry.pool, address), entry.model, language, hints, entry.engine)
        return RivaRecogniser(self._riva(entry.pool, address), entry.model, _engines_tag(entry, language), hints)

    def _open_voice(self, entry: Voice, language: str, address: str) -> VoiceStream:
        if self._catalogue.pools[entry.pool].protocol == "triton":
            return TritonVoice(
                self._triton(entry.pool, address), entry.model, self._matched.get(entry.name, entry.voice), language
            )
        return RivaVoice(self._riva(entry.pool, address), entry.voice, _engines_tag(entry, language))

    def _triton(self, pool: str, address: str) -> Triton:
        key = pool, address
        if key not in self._tritons:
            self._tritons[key] = Triton(address, self._access[pool])
        return self._tritons[key]

    def _riva(self, pool: str, address: str) -> Riva:
        key = pool, address
        if key not in self._rivas:
            self._rivas[key] = Riva(address, self._access[pool])
        return self._rivas[key]


def _engine_of(entry: Entry) -> str:
    """The engine or voice within the model that an entry asks for; may be empty."""
    if isinstance(entry, Voice):
        return entry.voice
    return entry.engine if isinstance(entry, Recogniser) else ""


def _with_fallbacks(first: E, entries: Sequence[E], language: str) -> list[E]:
    """An entry and its fallbacks for the language, without entries that use the same engine."""

    def candidates() -> Iterator[E]:
        asked = set()
        for entry in chain((first,), fallbacks(first, entries)):
            what = entry.pool, entry.model, _engine_of(entry)
            if entry is first or (what not in asked and entry.serving(language)):
                asked.add(what)
                yield entry

    return list(islice(candidates(), _MAX_ENGINES))


def _engines_tag(entry: Entry, language: str) -> str:
    """The engine's tag for a language: the first of its tags that equals the call's or is more specific."""
    served = entry.serving(language) or entry.languages[0]
    return next(tag for tag in entry.languages if tag == served or tag.startswith(f"{served}-"))
