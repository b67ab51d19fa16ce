"""Reads a profile, which sets engines, threads and limits, and renders Triton's model repository from it."""

import json
import tomllib
from pathlib import Path
from typing import Final, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from services.inference import cores
from services.inference.profile_sections import (
    DenoiseSection,
    EmbedSection,
    Section,
    SttSection,
    TtsSection,
    VoiceMatchSection,
)

HERE: Final = Path(__file__).parent
PROFILES: Final = HERE / "profiles"
REPOSITORY: Final = HERE / "repository"
MODELS: Final = ("stt", "tts", "denoise", "embed", "voice_match")


class Profile(BaseModel):
    """The models of one server. A server of some models only has a profile with their sections only."""

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
        """Names of the models that the profile has a section for."""
        return tuple(name for name in MODELS if getattr(self, name) is not None)

    def on(self, available: int) -> Self:
        """A copy with a number in place of every `auto`, for a machine with that many cores."""
        return self.model_copy(update={model: self._section(model).on(model, available) for model in self.models})

    def _section(self, model: str) -> Section:
        section: Section = getattr(self, model)
        return section


def read_profile(name: str, available: int | None = None) -> Profile:
    """Read a profile by name, or by path when it ends in .toml. available: number of cores, default this machine's.

    Raises ValueError: with the known names when there is no such profile, with each error when it is invalid.
    """
    path = Path(name) if name.endswith(".toml") else PROFILES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(profile.stem for profile in PROFILES.glob("*.toml")))
        raise ValueError(
            f"there is no profile {name!r}: set CALLBOX_INFERENCE_PROFILE to one of {known}, or to a .toml file"
        )
    try:
        profile = Profile.model_validate(tomllib.loads(path.read_text()))
    except ValidationError as problem:
        raise ValueError(f"{path}: {'; '.join(_sentence(fault) for fault in problem.errors())}") from problem
    except tomllib.TOMLDecodeError as problem:
        raise ValueError(f"{path} is not TOML: {problem}") from problem
    return profile.on(cores.available() if available is None else available)


def _sentence(fault: ErrorDetails) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"`{place}` is not a setting; remove it or correct its name"
    if fault["type"] == "missing":
        return f"`{place}` is missing"
    message = fault["msg"].removeprefix("Value error, ")
    return f"`{place}` = {fault['input']!r}: {message}" if place else message


def _quoted(value: object) -> str:
    """A string in Protocol Buffers' text format, which accepts JSON's escapes."""
    return json.dumps(str(value), ensure_ascii=False)


def render(profile: Profile, target: Path) -> None:
    """Write the model repository of a profile into an empty folder."""
    templates = Environment(  # noqa: S701  (text for Triton, not HTML)
        loader=FileSystemLoader([REPOSITORY]), undefined=StrictUndefined, keep_trailing_newline=True
    )
    templates.filters["quoted"] = _quoted
    for model in profile.models:
        folder = target / model
        (folder / "1").mkdir(parents=True)
        section: Section = getattr(profile, model)
        config = templates.get_template(f"{model}/config.pbtxt.j2").render(section.template_values())
        (folder / "config.pbtxt").write_text(config)
        (folder / "1" / "model.py").write_text(templates.get_template("model.py.j2").render(model=model))
