"""Contract 14.5: secrets under a new key, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.fernet import Fernet

from services.characters.reseal import reseal
from services.kit.vault import Vault


class Versions:
    """Versions in memory, noting how many are asked for at once."""

    def __init__(self, rows: dict[tuple[str, int], dict[str, str]]) -> None:
        self.rows = rows
        self.asked: list[int] = []

    async def encrypted_secrets(self, after: tuple[str, int], limit: int) -> list[tuple[str, int, dict[str, str]]]:
        self.asked.append(limit)
        return [(*place, self.rows[place]) for place in sorted(self.rows) if place > after][:limit]

    async def replace_secrets(
        self, character_id: str, version: int, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        assert self.rows[character_id, version] == before
        self.rows[character_id, version] = dict(after)


async def test_it_goes_in_bounded_batches_and_says_what_no_key_fits() -> None:
    new_key, old_key, foreign_key = (Fernet.generate_key() for _ in range(3))
    new, old, foreign = Vault([new_key]), Vault([old_key]), Vault([foreign_key])
    rows = {(f"chr_{n % 3}", n): {"a": old.encrypt(str(n))} for n in range(1, 8)}
    rows["chr_9", 1] = {"a": foreign.encrypt("x"), "b": old.encrypt("y")}
    store, vault = Versions(rows), Vault([new_key, old_key])
    report = await reseal(store, vault, batch=3)
    assert (report.versions, report.resealed, report.unreadable) == (8, 8, 1)
    assert store.asked == [3, 3, 3, 3]
    assert all(new.decrypt(rows[f"chr_{n % 3}", n]["a"]) == str(n) for n in range(1, 8))
    assert new.decrypt(rows["chr_9", 1]["b"]) == "y"
    assert foreign.decrypt(rows["chr_9", 1]["a"]) == "x"
    again = await reseal(store, vault, batch=100)
    assert (again.versions, again.resealed, again.unreadable) == (8, 0, 1)


def test_it_is_encrypted_anew_only_when_it_has_to_be() -> None:
    new_key, old_key = Fernet.generate_key(), Fernet.generate_key()
    vault = Vault([new_key, old_key])
    current = vault.encrypt("x")
    assert vault.resealed(current) == current
    assert vault.resealed(Vault([old_key]).encrypt("x")) not in (None, current)
    assert vault.resealed("no token at all") is None
