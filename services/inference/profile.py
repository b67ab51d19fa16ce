"""A profile picks engines, threads and limits; the model repository is rendered from it."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field, model_validator

HERE: Final = Path(__file__).parent
PROFILES: Final = HERE / "profiles"
REPOSITORY: Final = HERE / "repository"
MODELS: Final = ("stt", "tts", "denoise", "embed", "voice_match")

Count = Annotated[int, Field(ge=1, le=1024)]
Milliseconds = Annotated[int, Field(ge=0, le=5_000)]
Seconds = Annotated[float, Field(ge=1, le=86_400)]


class Section(BaseModel):
    """What every model has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    instances: Count = 1
    max_batch_size: Count

    def template_values(self) -> dict[str, Any]:
        """What config.pbtxt.j2 refers to; everything the model itself reads is under `parameters`."""
        values = self.model_dump()
        shared = {name: values.pop(name) for name in ("instances", "max_batch_size")}
        if "max_sequences" in values:
            shared["max_sequences"] = values.pop("max_sequences")
            # The model forgets an idle sequence first and says so; the scheduler's slot outlives it by a little.
            shared["idle_microseconds"] = int((values["idle_seconds"] + 10) * 1e6)
        return {**shared, "parameters": values}


class SttSection(Section):
    """Hearing."""

    engine: Literal["moonshine"]
    workers: Count
    threads: Count
    max_sequences: Count
    idle_seconds: Seconds


class TtsSection(Section):
    """Speaking."""

    engines: Annotated[tuple[Literal["hibari", "kokoro", "chatterbox"], ...], Field(min_length=1)]
    """The first comes before the others where two have a voice of one name."""
    voice: str
    """What a text is spoken with that names no voice."""
    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    """BCP-47 tags; each one's dictionaries are loaded at the start."""
    workers: Count
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
    max_streams: Count = 64
    """Texts that may be spoken at once; one more is refused."""
    comma_pause_ms: Milliseconds
    sentence_pause_ms: Milliseconds

    @model_validator(mode="after")
    def _clones_somebody(self) -> Self:
        if "chatterbox" in self.engines and not (self.weights and self.recordings):
            raise ValueError("the engine chatterbox needs `weights` and `recordings`, a folder each")
        return self

    def template_values(self) -> dict[str, Any]:
        """A parameter is a string: lists are joined by commas."""
        values = super().template_values()
        joined = {name: ",".join(getattr(self, name)) for name in ("engines", "languages")}
        return {**values, "parameters": {**values["parameters"], **joined}}


class DenoiseSection(Section):
    """Noise suppression."""

    engine: Literal["deepfilternet"]
    threads: Count
    spare: Count
    max_sequences: Count
    idle_seconds: Seconds


class EmbedSection(Section):
    """Sentence embedding."""

    engine: Literal["minilm"]
    threads: Count
    max_waiting: Count

    def template_values(self) -> dict[str, Any]:
        """`max_waiting` is Triton's to keep, not the model's."""
        values = super().template_values()
        return {**values, "max_waiting": values["parameters"].pop("max_waiting")}


class VoiceMatchSection(Section):
    """Matching a voice to a recording."""

    engine: Literal["kokoro"]
    workers: Count
    """Mixes that are made at once."""
    threads: Count
    """How many of them work on one mix."""
    seconds: Seconds
    """After which no further mixes are tried."""
    max_waiting: Annotated[int, Field(ge=0, le=64)]
    """Recordings that may wait for the one under way; one more is refused."""


class Profile(BaseModel):
    """The models of one server. A pool that serves some of them alone has the sections of those."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stt: SttSection | None = None
    tts: TtsSection | None = None
    denoise: DenoiseSection | None = None
    embed: EmbedSection | None = None
    voice_match: VoiceMatchSection | None = None

    @model_validator(mode="after")
    def _serves_something(self) -> Self:
        if not self.models:
            raise ValueError(f"has no section; at least one of {', '.join(MODELS)} must be there")
        return self

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that it has sections of."""
        return tuple(name for name in MODELS if getattr(self, name) is not None)


def read_profile(name: str) -> Profile:
    """Read a profile by name, or by path when it ends in .toml.

    Raises ValueError with the known names when there is none, or with the fault when it is not valid.
    """
    path = Path(name) if name.endswith(".toml") else PROFILES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(profile.stem for profile in PROFILES.glob("*.toml")))
        raise ValueError(
            f"there is no profile {name!r}: set CALLBOX_INFERENCE_PROFILE to one of {known}, or to a .toml file"
        )
    return Profile.model_validate(tomllib.loads(path.read_text()))


def render(profile: Profile, target: Path) -> None:
    """Write the model repository of a profile into an empty folder."""
    templates = Environment(  # noqa: S701  (text for Triton, not HTML)
        loader=FileSystemLoader([REPOSITORY]), undefined=StrictUndefined, keep_trailing_newline=True
    )
    for model in profile.models:
        folder = target / model
        (folder / "1").mkdir(parents=True)
        section: Section = getattr(profile, model)
        config = templates.get_template(f"{model}/config.pbtxt.j2").render(section.template_values())
        (folder / "config.pbtxt").write_text(config)
        (folder / "1" / "model.py").write_text(templates.get_template("model.py.j2").render(model=model))
