"""Writes the tables of settings in docs/operations.md from the settings classes: `python -m deploy.local.reference`."""

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from deploy.local.environment import SERVICES, WIRED
from deploy.local.settings import ROOT, LocalSettings
from services.kit.settings import PREFIX

DOCUMENT = ROOT / "docs" / "operations.md"
BEGIN, END = "<!-- settings: written by `make docs` -->", "<!-- end of settings -->"


_ALONE = """### Parts that run alone

`callbox up` sets these itself, and refuses to start if one is set. Set them for a part that you run alone, for example
`python -m services.sessions`, which also reads `CALLBOX_DATA_DIR` and its other settings from the table above. A
variable with two rows has a different default or meaning in each part."""


def table() -> str:
    """Every variable that the operator of one machine may set, and the processes that read it."""
    rows: dict[str, tuple[str, str, list[str]]] = {}
    for process, variable, field in _settings():
        if variable not in WIRED:
            rows.setdefault(variable, (_shown(field.default), field.description or "", []))[2].append(process)
    return _table((variable, *row) for variable, row in sorted(rows.items()))


def wired_table() -> str:
    """Every variable that `callbox up` sets itself, for operators who run a part without it."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for process, variable, field in _settings():
        if variable in WIRED:
            rows.setdefault((variable, _shown(field.default), field.description or ""), []).append(process)
    return _table((*row, readers) for row, readers in sorted(rows.items()))


def written(document: str) -> str:
    """The document with the current tables."""
    head, _, rest = document.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{table()}\n\n{_ALONE}\n\n{wired_table()}\n\n{END}{tail}"


def _table(rows: Iterable[tuple[str, str, str, list[str]]]) -> str:
    lines = ["| variable | default | what it is | read by |", "|---|---|---|---|"]
    lines += [f"| `{variable}` | {default} | {what} | {', '.join(by)} |" for variable, default, what, by in rows]
    return "\n".join(lines)


def _settings() -> Iterator[tuple[str, str, FieldInfo]]:
    for process, kind in _settings_classes():
        for name, field in kind.model_fields.items():
            yield process, PREFIX + name.upper(), field


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
        return "not shown" if default.get_secret_value() else "empty"
    if isinstance(default, Path) and default.is_absolute():
        default = default.relative_to(ROOT)
    return f"`{default}`" if str(default) else "empty"


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text()))
