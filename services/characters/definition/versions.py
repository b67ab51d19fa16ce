"""Makes the versions of a character: plain values in, plain values out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.characters.definition.difference import same
from services.characters.definition.merge import merge
from services.characters.definition.validation import DEFAULTS, validated
from services.characters.secrets import encrypt_secrets
from services.kit.errors import validation
from services.kit.net.url_policy import Allowances
from services.kit.vault import Vault

_NOTHING_ALLOWED = Allowances()


@dataclass(frozen=True, slots=True)
class Version:
    """The content of one version.

    definition: whole, with masks. secrets: encrypted, by key. changed: fields that differ from the version before.
    """

    definition: dict[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    changed: tuple[str, ...] = ()


def first(content: dict[str, Any], vault: Vault, allowed: Allowances = _NOTHING_ALLOWED) -> Version:
    """The first version of a character.

    Raises: CallboxError `validation_failed`.
    """
    definition = validated(content, allowed)
    secrets = encrypt_secrets(definition, {}, {}, vault)
    return Version(definition, secrets, tuple(name for name in definition if definition[name] != DEFAULTS[name]))


def updated(
    current: Version, content: dict[str, Any], *, replace: bool, vault: Vault, allowed: Allowances = _NOTHING_ALLOWED
) -> Version | None:
    """The version that an update makes, None when the update changes nothing.

    content: a merge patch, or with `replace` a whole definition, whose slug may be left out.
    Raises: CallboxError `validation_failed`, also for another slug.
    """
    slug = current.definition["slug"]
    whole = {"slug": slug, **content} if replace else merge(current.definition, content)
    definition = validated(whole, allowed)
    if definition["slug"] != slug:
        raise validation({"slug": [f"cannot change; it stays {slug!r}"]})
    return _changed(current, definition, encrypt_secrets(definition, current.secrets, current.definition, vault))


def restored(current: Version, wanted: Version, allowed: Allowances = _NOTHING_ALLOWED) -> Version | None:
    """A new version with the content of an older one, None when nothing differs.

    Raises: CallboxError `validation_failed` when the older one breaks a rule that is newer than it.
    """
    return _changed(current, validated(wanted.definition, allowed), wanted.secrets)


def _changed(current: Version, definition: dict[str, Any], secrets: Mapping[str, str]) -> Version | None:
    changed = tuple(
        name
        for name in definition
        if not same(definition[name], current.definition.get(name))
        or _secrets_of(name, secrets) != _secrets_of(name, current.secrets)
    )
    return Version(definition, secrets, changed) if changed else None


def _secrets_of(name: str, secrets: Mapping[str, str]) -> dict[str, str]:
    return {key: secret for key, secret in secrets.items() if key.partition("/")[0] == name}
