"""The appearance that a page is shown: a character's overrides merged over the defaults (contract 4)."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from services.kit.character_definition.appearance import AppearanceOverrides
from services.kit.forms.definition import completed

DEFAULTS: dict[str, Any] = AppearanceOverrides().model_dump(mode="json")


def effective(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The whole appearance: stored overrides merged over the defaults at every depth."""
    whole = _merged(deepcopy(DEFAULTS), overrides)
    languages = [{"label": "", "native_label": "", **_without_nulls(language)} for language in whole["languages"]]
    return whole | {"languages": languages, "forms": [completed(form) for form in whole["forms"]]}


def _merged(defaults: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with overrides in them. `null` stands for the default where there is one; elsewhere it is kept."""
    whole = dict(defaults)
    for name, value in overrides.items():
        default = defaults.get(name)
        if isinstance(value, dict) and isinstance(default, dict):
            whole[name] = _merged(default, value)
        elif value is not None or name not in defaults:
            whole[name] = value
    return whole


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
