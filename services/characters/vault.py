"""The vault that the secrets of characters are kept in."""

from services.kit.vault import Vault

__all__ = ["Vault"]
