"""Encryption of secrets at rest."""

from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from services.kit.errors import internal
from services.kit.files import ensure_secret
from services.kit.logs import get_logger

_log = get_logger(__name__)


class Vault:
    """Encrypts with the first of its keys and decrypts with any, so that a key is replaced by a new line above it."""

    def __init__(self, keys: list[bytes], file_name: str = "the key file") -> None:
        """file_name: what the keys come from, named to the operator when none of them fits."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._file_name = file_name

    @classmethod
    def open(cls, path: Path) -> Self:
        """A vault with the keys in a file, one a line; makes the file with a new key when there is none.

        Raises: ValueError when a line is no key.
        """
        return cls(ensure_secret(path, Fernet.generate_key).split(), path.name)

    def encrypt(self, secret: str) -> str:
        """The secret as it may be stored."""
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, stored: str) -> str:
        """The secret that was stored.

        Raises: CallboxError `internal` when none of the keys fits.
        """
        try:
            return self._fernet.decrypt(stored).decode()
        except InvalidToken:
            _log.error("no key fits a stored secret: bring the old key back as its last line", file=self._file_name)
            raise internal() from None

    def holds(self, stored: str, secret: str) -> bool:
        """Whether this is the secret that was stored; False when none of the keys fits."""
        try:
            return self._fernet.decrypt(stored) == secret.encode()
        except InvalidToken:
            return False
