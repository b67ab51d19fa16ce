"""Encrypts every stored secret anew with the first key of the key file, so that the other keys can be removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from services.kit.vault import Vault

BATCH = 200


class SecretStore(Protocol):
    """Where encrypted secrets are kept."""

    async def encrypted_secrets(self, after: tuple[str, int], limit: int) -> list[tuple[str, int, dict[str, str]]]:
        """Versions that have secrets, in order, after one of them: character, number, encrypted secrets."""
        ...

    async def replace_secrets(
        self, character_id: str, version: int, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        """Replaces the encrypted secrets of one version, unless they have changed since they were read."""
        ...


@dataclass
class Report:
    """versions: all that were read. resealed: those with a newly encrypted secret. unreadable: secrets no key fits."""

    versions: int = 0
    resealed: int = 0
    unreadable: int = 0


async def reseal(store: SecretStore, vault: Vault, batch: int = BATCH) -> Report:
    """Goes through all versions, old ones and those of deleted characters too, `batch` at a time.

    May be interrupted and run again, and may run beside the service.
    """
    report = Report()
    last = ("", 0)
    while rows := await store.encrypted_secrets(last, batch):
        for character_id, version, secrets in rows:
            last = (character_id, version)
            report.versions += 1
            resealed = {name: vault.resealed(stored) for name, stored in secrets.items()}
            report.unreadable += sum(stored is None for stored in resealed.values())
            after = {name: stored or secrets[name] for name, stored in resealed.items()}
            if after != secrets:
                await store.replace_secrets(character_id, version, secrets, after)
                report.resealed += 1
    return report
