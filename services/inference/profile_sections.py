"""The sections of a profile: the settings of each model."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from services.inference import cores
from services.inference.engines import custom

Count = Annotated[int, Field(ge=1, le=1024)]
# In place of a number of threads: services.inference.cores computes it from the available cores.
AUTO: Final = "auto"
Threads = Count | Literal["auto"]
Milliseconds = Annotated[int, Field(ge=0, le=5_000)]
Seconds = Annotated[float, Field(ge=1, le=86_400)]

_LEAST_SCHEDULER_SLOTS: Final = 1024
_SLOT_OUTLIVES_SECONDS: Final = 10


def _one_of(*names: str) -> Callable[[str], str]:
    """A validator: the name must be one of these, or the path of a custom engine."""

    def check(name: str) -> str:
        if name not in names and not custom.PATH.fullmatch(name):
            raise ValueError(f"must be one of {', '.join(names)}, or an engine of your own as package.module:Class")
        return name

    return check


def _without_engine(options: Iterable[str], engines: Iterable[str]) -> None:
    """Raise ValueError when there are options for an engine that is not in use."""
    if lost := sorted(set(options) - set(engines)):
        raise ValueError(f"has options for {', '.join(lost)}, which `engines` does not name")


class Section(BaseModel):
    """Settings of every model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    instances: Count = 1
    max_batch_size: Count
    max_queue_delay_microseconds: Annotated[int, Field(ge=0, le=100_000)] = 0
    """How long a request may wait for others to join its batch. With 0, a batch is the requests that already wait."""
    hang_seconds: Seconds = 20
    """A step of the engine that takes longer ends the server, so that it is restarted."""

    def on(self, model: str, available: int) -> Self:
        """A copy with a number in place of every `auto`, for a machine with that many cores."""
        automatic = [name for name in ("workers", "threads") if getattr(self, name, None) == AUTO]
        return self.model_copy(update={name: cores.threads(model, available) for name in automatic})

    def template_values(self) -> dict[str, Any]:
        """The variables of config.pbtxt.j2. The model itself reads only those under `parameters`."""
        values = self.model_dump()
        shared = {name: values.pop(name) for name in ("instances", "max_batch_size", "max_queue_delay_microseconds")}
        return {**shared, "on_gpu": _on_gpu(values), "parameters": values}


def _on_gpu(settings: Mapping[str, Any]) -> bool:
    """Whether a section, or an engine's table in it, has `device = "cuda"`."""
    tables = [each for each in settings.values() if isinstance(each, Mapping)]
    return settings.get("device") == "cuda" or any(map(_on_gpu, tables))


class StreamSection(Section):
    """Settings of a model that serves streams of calls."""

    max_streams: Count = 64
    """Most calls at once. A further call is refused with RESOURCE_EXHAUSTED."""


class SequenceSection(StreamSection):
    """Settings of a model that keeps a state for each stream."""

    idle_seconds: Seconds

    def template_values(self) -> dict[str, Any]:
        """Give Triton's scheduler more slots, and a longer idle time, than the model has.

        A stream over the limit then reaches the model, which refuses it with an error; in the scheduler it would wait
        silently. For the same reason an idle sequence ends in the model first.
        """
        return {
            **super().template_values(),
            "max_sequences": max(_LEAST_SCHEDULER_SLOTS, 4 * self.max_streams),
            "idle_microseconds": int((self.idle_seconds + _SLOT_OUTLIVES_SECONDS) * 1e6),
        }


class RecogniserSettings(BaseModel):
    """Settings of one recognition engine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: Threads
    """Threads that take batches. With two, an answer can start while partials are decoded."""
    threads: Count = 1
    """Threads inside the engine for each worker."""
    max_batch: Count = 8
    """Most clips of different calls in one batch."""
    max_partial_batch: Count = 1
    """Most clips in a batch of partials. Answers may wait for one pass over such a batch."""


class WhisperSettings(RecogniserSettings):
    """Settings of Whisper, which can also run on a GPU."""

    device: Literal["cpu", "cuda"] = "cpu"


class OwnRecogniserSettings(BaseModel):
    """Settings of a custom recogniser. Other keys are passed to its class."""

    model_config = ConfigDict(extra="allow", frozen=True)

    workers: Count = 1
    """Threads that take batches."""
    max_partial_batch: Count = 1
    """Most clips in a batch of partials."""


_SttEngine = Annotated[str, AfterValidator(_one_of("moonshine", "whisper"))]


class SttSection(SequenceSection):
    """Speech recognition. The first of `engines` that serves a call's language is used."""

    engines: Annotated[tuple[_SttEngine, ...], Field(min_length=1)]
    moonshine: RecogniserSettings | None = None
    whisper: WhisperSettings | None = None
    options: dict[str, OwnRecogniserSettings] = {}
    """Settings of custom engines, by path."""

    @model_validator(mode="after")
    def _engines_have_settings(self) -> Self:
        for name in self._ours():
            if getattr(self, name) is None:
                raise ValueError(f"names the engine {name!r} but has no table [stt.{name}]")
        _without_engine(self.options, self.engines)
        return self

    def _ours(self) -> list[str]:
        return [name for name in self.engines if not custom.PATH.fullmatch(name)]

    def on(self, model: str, available: int) -> Self:
        """A copy with a number in place of every `auto`, also in the engines' tables."""
        tables = {name: getattr(self, name) for name in self._ours()}
        number = cores.threads(model, available)
        made: dict[str, Any] = {
            name: table.model_copy(update={"workers": number})
            for name, table in tables.items()
            if table.workers == AUTO
        }
        return super().on(model, available).model_copy(update=made)

    def template_values(self) -> dict[str, Any]:
        """An engine's settings become parameters with its name as prefix: `moonshine.workers`."""
        values = super().template_values()
        settings = values["parameters"]
        tables = {name: settings.pop(name) for name in ("moonshine", "whisper")}
        settings["engines"] = ",".join(self.engines)
        settings |= {f"{name}.{key}": value for name in self._ours() for key, value in tables[name].items()}
        settings["options"] = json.dumps(settings["options"])
        return values


_TtsEngine = Annotated[str, AfterValidator(_one_of("hibari", "kokoro", "chatterbox"))]


class TtsSection(StreamSection):
    """Speech synthesis."""

    engines: Annotated[tuple[_TtsEngine, ...], Field(min_length=1)]
    """If two engines have a voice of the same name, the earlier engine is used."""
    voice: str
    """The voice of a text that names no voice."""
    languages: tuple[str, ...] = ()
    """BCP-47 tags that Hibari and Kokoro read. Their dictionaries are loaded at the start."""
    workers: Threads
    """Threads for each engine."""
    threads: Count
    """Of these, the threads that work on one piece of Kokoro. Hibari uses one for a piece."""
    device: Literal["cpu", "cuda"] = "cpu"
    """The device that Kokoro and Chatterbox run on."""
    model: str = ""
    """An ONNX file with Kokoro's weights, instead of the installed int8 ones."""
    weights: str = ""
    """Folder with Chatterbox's weights, which the setup does not install."""
    recordings: str = ""
    """Folder with one WAV file for each voice of Chatterbox."""
    options: dict[str, dict[str, JsonValue]] = {}
    """Options of custom engines, by path."""
    comma_pause_ms: Milliseconds
    sentence_pause_ms: Milliseconds

    @model_validator(mode="after")
    def _clones_somebody(self) -> Self:
        if "chatterbox" in self.engines and not (self.weights and self.recordings):
            raise ValueError("the engine chatterbox needs `weights` and `recordings`, a folder each")
        return self

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if not self.languages and {"hibari", "kokoro"} & set(self.engines):
            raise ValueError("the engines hibari and kokoro need `languages`")
        _without_engine(self.options, self.engines)
        return self

    def template_values(self) -> dict[str, Any]:
        """Parameters are strings: lists are joined with commas."""
        values = super().template_values()
        joined = {name: ",".join(getattr(self, name)) for name in ("engines", "languages")}
        return {**values, "parameters": {**values["parameters"], **joined, "options": json.dumps(self.options)}}


class DenoiseSection(SequenceSection):
    """Noise suppression."""

    engine: Literal["deepfilternet"]


class EmbedSection(Section):
    """Sentence embedding."""

    engine: Literal["minilm"]
    threads: Threads
    max_waiting: Count

    def template_values(self) -> dict[str, Any]:
        """Triton enforces `max_waiting`, so it is not passed to the model."""
        values = super().template_values()
        return {**values, "max_waiting": values["parameters"].pop("max_waiting")}


class VoiceMatchSection(Section):
    """Voice matching: finds the voice most like a recording."""

    hang_seconds: Seconds = 60
    engine: Literal["kokoro"]
    workers: Count
    """Most mixes synthesised at once."""
    threads: Threads
    """Threads that work on one mix."""
    seconds: Seconds
    """Time after which no further mixes are tried."""
    max_waiting: Annotated[int, Field(ge=0, le=64)]
    """Most recordings that wait while one is being matched. A further recording is refused."""
