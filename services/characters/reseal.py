"""Encrypts every stored secret anew with the first line of the key file, so that the lines below may be dropped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from services.kit.vault import Vault

BATCH = 200


class Sealed(Protocol):
    """Where sealed secrets are kept."""

    async def sealed(self, after: tuple[str, int], limit: int) -> list[tuple[str, int, dict[str, str]]]:
        """Character, number and sealed secrets of versions that have some, behind one of them in their order."""
        ...

    async def replace_sealed(
        self, character_id: str, version: int, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        """Replaces the sealed secrets of one version, unless they are no longer what they were."""
        ...


@dataclass
class Report:
    """What came of it, in versions; a secret that no key fits counts by itself."""

    versions: int = 0
    resealed: int = 0
    unreadable: int = 0


async def reseal(store: Sealed, vault: Vault, batch: int = BATCH) -> Report:
    """Goes through all versions, old ones and those of deleted characters too, `batch` at a time.

    It may be interrupted and run again, and the service may go on meanwhile.
    """
    report = Report()
    place = ("", 0)
    while rows := await store.sealed(place, batch):
        for character_id, version, secrets in rows:
            place = (character_id, version)
            report.versions += 1
            anew = {name: vault.resealed(stored) for name, stored in secrets.items()}
            report.unreadable += sum(stored is None for stored in anew.values())
            after = {name: stored or secrets[name] for name, stored in anew.items()}
            if after != secrets:
                await store.replace_sealed(character_id, version, secrets, after)
                report.resealed += 1
    return report
