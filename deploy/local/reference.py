"""The table of settings in docs/operations.md, from the settings classes: `python -m deploy.local.reference`."""

import importlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from deploy.local.environment import SERVICES, WIRED
from deploy.local.settings import ROOT, LocalSettings
from services.kit.settings import PREFIX

DOCUMENT = ROOT / "docs" / "operations.md"
BEGIN, END = "<!-- settings: written by `make docs` -->", "<!-- end of settings -->"


def table() -> str:
    """Every variable that an operator of one machine may set, and which process reads it."""
    rows: dict[str, tuple[str, str, list[str]]] = {}
    for process, kind in _settings_classes():
        for name, field in kind.model_fields.items():
            variable = PREFIX + name.upper()
            if variable in WIRED:
                continue
            _, _, readers = rows.setdefault(variable, (_shown(field.default), field.description or "", []))
            readers.append(process)
    lines = ["| variable | default | what it is | read by |", "|---|---|---|---|"]
    lines += [
        f"| `{variable}` | {default} | {what} | {', '.join(readers)} |"
        for variable, (default, what, readers) in sorted(rows.items())
    ]
    return "\n".join(lines)


def written(document: str) -> str:
    """The document with the table of now in it."""
    head, _, rest = document.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{table()}\n\n{END}{tail}"


def _settings_classes() -> Iterator[tuple[str, type[BaseModel]]]:
    yield "callbox up", LocalSettings
    for service in SERVICES:
        module = importlib.import_module(f"services.{service}.settings")
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, BaseSettings) and kind.__module__ == module.__name__:
                yield service, kind


def _shown(default: object) -> str:
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, Path) and default.is_absolute():
        default = default.relative_to(ROOT)
    return f"`{default}`" if str(default) else "empty"


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text()))
