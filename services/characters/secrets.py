"""Secrets inside a definition: stored encrypted beside it, shown masked, and kept when the mask comes back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.characters.definition.field_types import DOTS, MASK_TAIL_CHARACTERS, is_mask
from services.kit.errors import validation
from services.kit.vault import Vault

# Of a shorter secret the tail would give away too much.
_SHORTEST_WITH_TAIL = 12
_FIELDS = ("llm_api_key", "kb_query_api_key")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret stands in a definition.

    key: what it is stored under; names, not positions, so that a list may be put in another order. path: what a fault
    of it is reported under. holder, name: the object and the field that hold it.
    """

    key: str
    path: str
    holder: dict[str, Any]
    name: str

    @property
    def value(self) -> str:
        """What stands there now."""
        text: str = self.holder[self.name]
        return text


def mask(secret: str) -> str:
    """What is shown of a secret."""
    return DOTS + (secret[-MASK_TAIL_CHARACTERS:] if len(secret) >= _SHORTEST_WITH_TAIL else "")


def seal(
    definition: dict[str, Any], stored: Mapping[str, str], shown: Mapping[str, Any], vault: Vault
) -> dict[str, str]:
    """Encrypts the secrets of a validated definition and puts masks in their places.

    stored: the secrets of the version before, encrypted, by key. shown: its definition, with masks. A mask that is the
    one shown keeps what is stored. Returns the encrypted secrets by key.
    Raises: CallboxError `validation_failed` for a mask with nothing stored behind it.
    """
    masks = {place.key: place.value for place in places(shown)}
    sealed: dict[str, str] = {}
    faults: dict[str, list[str]] = {}
    for place in places(definition):
        kept = stored.get(place.key)
        if is_mask(place.value):
            if kept is None or masks.get(place.key) != place.value:
                faults[place.path] = ["is a mask with nothing stored behind it; send the secret itself"]
            else:
                sealed[place.key] = kept
        elif place.value:
            same = kept is not None and vault.holds(kept, place.value)
            sealed[place.key] = kept if same and kept is not None else vault.encrypt(place.value)
            place.holder[place.name] = mask(place.value)
    if faults:
        raise validation(faults)
    return sealed


def places(definition: Mapping[str, Any]) -> Iterator[Place]:
    """Every text of a definition that may be a secret, whether or not it is."""
    holder = definition if isinstance(definition, dict) else dict(definition)
    for name in _FIELDS:
        if isinstance(holder.get(name), str):
            yield Place(name, name, holder, name)
    for number, tool in enumerate(holder.get("tools", ())):
        headers = tool["config"].get("headers", {})
        yield from _headers(f"tools/{tool['name']}", f"tools.{number}.config.headers", headers)
    for number, server in enumerate(holder.get("mcp_servers", ())):
        yield from _headers(f"mcp_servers/{server['name']}", f"mcp_servers.{number}.headers", server["headers"])


def _headers(key: str, path: str, headers: Any) -> Iterator[Place]:
    # Kinds of tools that have no headers were stored with whatever was sent under that name.
    for name, value in list(headers.items()) if isinstance(headers, dict) else ():
        if isinstance(value, str):
            yield Place(f"{key}/{name.lower()}", f"{path}.{name}", headers, name)
