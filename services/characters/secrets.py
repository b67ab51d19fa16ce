"""Secrets in a definition: stored encrypted beside it, shown masked, and kept when the mask is sent back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.kit.character_definition.masks import is_mask, mask
from services.kit.errors import validation
from services.kit.vault import Vault

_FIELDS = ("llm_api_key", "kb_query_api_key")


@dataclass(frozen=True, slots=True)
class SecretField:
    """A text in a definition that is secret.

    key: what the secret is stored under; made of names, not of positions, so that a list may be reordered. path: what
    a fault of it is reported under. container, name: the object that holds the text, and the name in it.
    """

    key: str
    path: str
    container: dict[str, Any]
    name: str

    @property
    def value(self) -> str:
        """The text."""
        text: str = self.container[self.name]
        return text


def encrypt_secrets(
    definition: dict[str, Any], stored: Mapping[str, str], shown: Mapping[str, Any], vault: Vault
) -> dict[str, str]:
    """Encrypts the secrets of a validated definition and puts masks in their places.

    stored: the encrypted secrets of the version before, by key. shown: its definition, with masks. A mask that equals
    the one shown keeps the stored secret. Returns the encrypted secrets by key.
    Raises: CallboxError `validation_failed` for a mask with nothing stored behind it.
    """
    masks = {secret.key: secret.value for secret in secret_fields(shown)}
    encrypted: dict[str, str] = {}
    faults: dict[str, list[str]] = {}
    for secret in secret_fields(definition):
        kept = stored.get(secret.key)
        if is_mask(secret.value):
            if kept is None or masks.get(secret.key) != secret.value:
                faults[secret.path] = ["is a mask with nothing stored behind it; send the secret itself"]
            else:
                encrypted[secret.key] = kept
        elif secret.value:
            same = kept is not None and vault.holds(kept, secret.value)
            encrypted[secret.key] = kept if same and kept is not None else vault.encrypt(secret.value)
            secret.container[secret.name] = mask(secret.value)
    if faults:
        raise validation(faults)
    return encrypted


def secret_fields(definition: Mapping[str, Any]) -> Iterator[SecretField]:
    """Every text of a definition that can hold a secret, also where it is empty."""
    container = definition if isinstance(definition, dict) else dict(definition)
    for name in _FIELDS:
        if isinstance(container.get(name), str):
            yield SecretField(name, name, container, name)
    for number, tool in enumerate(container.get("tools", ())):
        headers = tool["config"].get("headers", {})
        yield from _headers(f"tools/{tool['name']}", f"tools.{number}.config.headers", headers)
    for number, server in enumerate(container.get("mcp_servers", ())):
        yield from _headers(f"mcp_servers/{server['name']}", f"mcp_servers.{number}.headers", server["headers"])


def _headers(key: str, path: str, headers: Any) -> Iterator[SecretField]:
    # In old versions some tools have something else than an object under `headers`.
    for name, value in list(headers.items()) if isinstance(headers, dict) else ():
        if isinstance(value, str):
            yield SecretField(f"{key}/{name.lower()}", f"{path}.{name}", headers, name)
