"""From one version of a character to the next: plain values in, plain values out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.characters.definition.difference import same
from services.characters.definition.field_types import STRICT, Rules
from services.characters.definition.fields import DEFAULTS, validated
from services.characters.definition.merge import merge
from services.characters.secrets import seal
from services.kit.errors import validation
from services.kit.vault import Vault


@dataclass(frozen=True, slots=True)
class Version:
    """What one version consists of.

    definition: whole, with masks. secrets: encrypted, by place. changed: fields that differ from the version before.
    """

    definition: dict[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    changed: tuple[str, ...] = ()


def first(content: dict[str, Any], vault: Vault, rules: Rules = STRICT) -> Version:
    """The first version of a character.

    Raises: CallboxError `validation_failed`.
    """
    definition = validated(content, rules)
    secrets = seal(definition, {}, {}, vault)
    return Version(definition, secrets, tuple(name for name in definition if definition[name] != DEFAULTS[name]))


def following(
    current: Version, content: dict[str, Any], *, replace: bool, vault: Vault, rules: Rules = STRICT
) -> Version | None:
    """The version after an update, None when the update changes nothing.

    content: a merge patch, or with `replace` a whole definition, whose slug may be left out.
    Raises: CallboxError `validation_failed`, also for another slug.
    """
    slug = current.definition["slug"]
    whole = {"slug": slug, **content} if replace else merge(current.definition, content)
    definition = validated(whole, rules)
    if definition["slug"] != slug:
        raise validation({"slug": [f"cannot change; it stays {slug!r}"]})
    return _changed(current, definition, seal(definition, current.secrets, current.definition, vault))


def restored(current: Version, wanted: Version, rules: Rules = STRICT) -> Version | None:
    """The version that has the content of an older one again, None when nothing differs.

    Raises: CallboxError `validation_failed` when the older one breaks rules that were made since.
    """
    return _changed(current, validated(wanted.definition, rules), wanted.secrets)


def _changed(current: Version, definition: dict[str, Any], secrets: Mapping[str, str]) -> Version | None:
    changed = tuple(
        name
        for name in definition
        if not same(definition[name], current.definition.get(name)) or _of(name, secrets) != _of(name, current.secrets)
    )
    return Version(definition, secrets, changed) if changed else None


def _of(name: str, secrets: Mapping[str, str]) -> dict[str, str]:
    return {key: sealed for key, sealed in secrets.items() if key.partition("/")[0] == name}
