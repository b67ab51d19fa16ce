"""The sections of a profile: what each model may be told."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from services.inference import cores
from services.inference.engines import custom

Count = Annotated[int, Field(ge=1, le=1024)]
# A number, or what services.inference.cores makes of the cores that are there.
AUTO: Final = "auto"
Threads = Count | Literal["auto"]
Milliseconds = Annotated[int, Field(ge=0, le=5_000)]
Seconds = Annotated[float, Field(ge=1, le=86_400)]

_LEAST_SCHEDULER_SLOTS: Final = 1024
_SLOT_OUTLIVES_SECONDS: Final = 10


def _one_of(*names: str) -> Callable[[str], str]:
    """A check that a name is one of these, or the path of an operator's own engine."""

    def check(name: str) -> str:
        if name not in names and not custom.PATH.fullmatch(name):
            raise ValueError(f"must be one of {', '.join(names)}, or an engine of your own as package.module:Class")
        return name

    return check


def _without_engine(options: Iterable[str], engines: Iterable[str]) -> None:
    """Raise ValueError where options are for an engine that is not in use."""
    if lost := sorted(set(options) - set(engines)):
        raise ValueError(f"has options for {', '.join(lost)}, which `engines` does not name")


class Section(BaseModel):
    """What every model has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    instances: Count = 1
    max_batch_size: Count
    max_queue_delay_microseconds: Annotated[int, Field(ge=0, le=100_000)] = 0
    """How long a request may wait for others to share its batch; without a wait a batch is what has come meanwhile."""
    hang_seconds: Seconds = 20
    """A step of the engine that takes longer ends the server, so that it is started again."""

    def on(self, model: str, available: int) -> Self:
        """The same with a number in place of every `auto`, for a machine with so many cores."""
        automatic = [name for name in ("workers", "threads") if getattr(self, name, None) == AUTO]
        return self.model_copy(update={name: cores.threads(model, available) for name in automatic})

    def template_values(self) -> dict[str, Any]:
        """What config.pbtxt.j2 refers to; everything the model itself reads is under `parameters`."""
        values = self.model_dump()
        shared = {name: values.pop(name) for name in ("instances", "max_batch_size", "max_queue_delay_microseconds")}
        return {**shared, "on_gpu": _on_gpu(values), "parameters": values}


def _on_gpu(settings: Mapping[str, Any]) -> bool:
    """Whether a section, or the table of an engine in it, says `device = "cuda"`."""
    tables = [each for each in settings.values() if isinstance(each, Mapping)]
    return settings.get("device") == "cuda" or any(map(_on_gpu, tables))


class StreamSection(Section):
    """What a model has that serves calls."""

    max_streams: Count = 64
    """Calls at once; one more is refused as RESOURCE_EXHAUSTED."""


class SequenceSection(StreamSection):
    """What a model has that keeps a state for each of its streams."""

    idle_seconds: Seconds

    def template_values(self) -> dict[str, Any]:
        """A stream too many must reach the model, which says so, instead of waiting in the scheduler without a word.

        The model forgets an idle sequence first and says so, too; the scheduler's slot outlives it by a little.
        """
        return {
            **super().template_values(),
            "max_sequences": max(_LEAST_SCHEDULER_SLOTS, 4 * self.max_streams),
            "idle_microseconds": int((self.idle_seconds + _SLOT_OUTLIVES_SECONDS) * 1e6),
        }


class RecogniserSettings(BaseModel):
    """One engine of the recogniser."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: Threads
    """Threads that take batches; with two, an answer starts while partials are heard."""
    threads: Count = 1
    """Threads inside the engine for each of them."""
    max_batch: Count = 8
    """Most clips of different calls that are heard together."""


class WhisperSettings(RecogniserSettings):
    """Whisper, which runs on a GPU too."""

    device: Literal["cpu", "cuda"] = "cpu"


class OwnRecogniserSettings(BaseModel):
    """An operator's own recogniser; what is not named here goes to its class."""

    model_config = ConfigDict(extra="allow", frozen=True)

    workers: Count = 1
    """Threads that take batches."""


_SttEngine = Annotated[str, AfterValidator(_one_of("moonshine", "whisper"))]


class SttSection(SequenceSection):
    """Hearing. Of `engines` the first that serves a call's language hears it."""

    engines: Annotated[tuple[_SttEngine, ...], Field(min_length=1)]
    moonshine: RecogniserSettings | None = None
    whisper: WhisperSettings | None = None
    options: dict[str, OwnRecogniserSettings] = {}
    """By the path of an engine."""

    @model_validator(mode="after")
    def _engines_have_settings(self) -> Self:
        for name in self._ours():
            if getattr(self, name) is None:
                raise ValueError(f"names the engine {name!r} and has no table [stt.{name}]")
        _without_engine(self.options, self.engines)
        return self

    def _ours(self) -> list[str]:
        return [name for name in self.engines if not custom.PATH.fullmatch(name)]

    def on(self, model: str, available: int) -> Self:
        """Also in the tables of the engines."""
        tables = {name: getattr(self, name) for name in self._ours()}
        number = cores.threads(model, available)
        made: dict[str, Any] = {
            name: table.model_copy(update={"workers": number})
            for name, table in tables.items()
            if table.workers == AUTO
        }
        return super().on(model, available).model_copy(update=made)

    def template_values(self) -> dict[str, Any]:
        """An engine's settings are parameters named after it: `moonshine.workers`."""
        values = super().template_values()
        settings = values["parameters"]
        tables = {name: settings.pop(name) for name in ("moonshine", "whisper")}
        settings["engines"] = ",".join(self.engines)
        settings |= {f"{name}.{key}": value for name in self._ours() for key, value in tables[name].items()}
        settings["options"] = json.dumps(settings["options"])
        return values


_TtsEngine = Annotated[str, AfterValidator(_one_of("hibari", "kokoro", "chatterbox"))]


class TtsSection(StreamSection):
    """Speaking."""

    engines: Annotated[tuple[_TtsEngine, ...], Field(min_length=1)]
    """The first comes before the others where two have a voice of one name."""
    voice: str
    """What a text is spoken with that names no voice."""
    languages: tuple[str, ...] = ()
    """BCP-47 tags that Hibari and Kokoro read; each one's dictionaries are loaded at the start."""
    workers: Threads
    """Threads that each engine makes its pieces with."""
    threads: Count
    """How many of them work on one piece of Kokoro's; Hibari's takes one."""
    device: Literal["cpu", "cuda"] = "cpu"
    """What Kokoro runs on."""
    model: str = ""
    """An ONNX file with Kokoro's weights instead of the int8 ones that are installed."""
    weights: str = ""
    """Folder with Chatterbox's weights, which nobody installs."""
    recordings: str = ""
    """Folder with a WAV of each voice that Chatterbox speaks as."""
    options: dict[str, dict[str, JsonValue]] = {}
    """What an operator's own engine is made with, by its path."""
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
        """A parameter is a string: lists are joined by commas."""
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
        """`max_waiting` is Triton's to keep, not the model's."""
        values = super().template_values()
        return {**values, "max_waiting": values["parameters"].pop("max_waiting")}


class VoiceMatchSection(Section):
    """Matching a voice to a recording."""

    hang_seconds: Seconds = 60
    engine: Literal["kokoro"]
    workers: Count
    """Mixes that are made at once."""
    threads: Threads
    """How many of them work on one mix."""
    seconds: Seconds
    """After which no further mixes are tried."""
    max_waiting: Annotated[int, Field(ge=0, le=64)]
    """Recordings that may wait for the one under way; one more is refused."""
