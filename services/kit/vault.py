"""Encryption of secrets at rest."""

from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from services.kit.errors import internal
from services.kit.file_stamp import FileStamp
from services.kit.logs import get_logger
from services.kit.secret_files import ensure_secret

_log = get_logger(__name__)


class Vault:
    """Encrypts with the first of its keys and decrypts with any of them.

    To replace a key, put the new one on a line above the old one in the file. Every process uses it at once, without a
    restart.
    """

    def __init__(self, keys: list[bytes], path: Path | None = None) -> None:
        """path: the file that the keys come from, if any."""
        self._path = path
        self._file_name = "the key file" if path is None else path.name
        self._stamp = None if path is None else FileStamp(path)
        self._use(keys)

    @classmethod
    def open(cls, path: Path) -> Self:
        """A vault with the keys in a file, one on each line. A missing file is made, with a new key.

        Raises: ValueError for a line that is not a key.
        """
        return cls(ensure_secret(path, Fernet.generate_key).split(), path)

    def encrypt(self, secret: str) -> str:
        """The secret encrypted, as it is stored."""
        self._refresh()
        return self._all.encrypt(secret.encode()).decode()

    def decrypt(self, stored: str) -> str:
        """The secret that was stored.

        Raises: CallboxError `internal` if none of the keys decrypts it.
        """
        self._refresh()
        try:
            return self._all.decrypt(stored).decode()
        except InvalidToken:
            _log.error("no key decrypts a stored secret: add the old key as the last line", file=self._file_name)
            raise internal() from None

    def holds(self, stored: str, secret: str) -> bool:
        """Whether this is the secret that was stored; False if none of the keys decrypts it."""
        self._refresh()
        try:
            return self._all.decrypt(stored) == secret.encode()
        except InvalidToken:
            return False

    def resealed(self, stored: str) -> str | None:
        """The secret encrypted with the first key; unchanged if it already is; None if none of the keys decrypts it."""
        self._refresh()
        try:
            self._first.decrypt(stored)
        except InvalidToken:
            try:
                return self._all.rotate(stored).decode()
            except InvalidToken:
                return None
        return stored

    def _refresh(self) -> None:
        if self._path is None or self._stamp is None or not self._stamp.has_changed():
            return
        try:
            self._use(self._path.read_bytes().split())
        except (OSError, ValueError) as fault:
            # The file may be half written. The last good keys stay in use until it can be read.
            self._stamp.try_again()
            _log.warning("the changed key file cannot be read", file=self._file_name, fault=type(fault).__name__)
        else:
            _log.info("the changed key file was read", file=self._file_name)

    def _use(self, keys: list[bytes]) -> None:
        fernets = [Fernet(key) for key in keys]
        self._all = MultiFernet(fernets)
        self._first = fernets[0]
